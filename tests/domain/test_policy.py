"""Rules and the verdict they come to."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.comment import Scores, Status
from service.domain.labels import KINDS, LABELS, Action
from service.domain.policy import (
    AUDIT,
    DEFAULT_RULES,
    OTHER_LANGUAGE,
    UNSCORED,
    Rule,
    RuleRefused,
    Verdict,
    decide,
    held,
    is_in_sample,
    sampled,
    urgency,
)

PROBABILITY = st.floats(0, 1)
ANY_SCORES = st.dictionaries(st.sampled_from(list(LABELS)), PROBABILITY)
ALLOWED = [
    (key, action)
    for key, label in LABELS.items()
    for action in Action
    if action is not Action.APPROVE and action.strictness <= label.strongest.strictness
]
FORBIDDEN = [(key, action) for key in LABELS for action in Action if (key, action) not in ALLOWED]
ANY_RULE = st.builds(
    lambda pair, at_least: Rule(pair[0], at_least, pair[1]),
    st.sampled_from(ALLOWED),
    st.floats(0, 1, exclude_min=True),
)
ANY_RULES = st.lists(ANY_RULE, max_size=8)
DEFAULTS = st.sampled_from([Action.APPROVE, Action.HOLD, Action.SPAM, Action.REJECT])


WITHHELD = Scores("a-model", {}, language="de")
NOTHING = dict.fromkeys(LABELS, 0.0)


def scores(**probabilities: float) -> Scores:
    return Scores("a-model", {**NOTHING, **probabilities})


@given(ANY_SCORES, ANY_RULES, DEFAULTS, st.sampled_from(list(LABELS)), PROBABILITY)
def test_a_higher_score_never_gives_a_milder_verdict(
    probabilities: dict[str, float], rules: list[Rule], otherwise: Action, label: str, more: float
) -> None:
    higher = {**probabilities, label: max(more, probabilities.get(label, 0.0))}
    before, after = (decide(scores(**each), rules, otherwise) for each in (probabilities, higher))
    assert after.action.strictness >= before.action.strictness


@given(ANY_SCORES, ANY_RULES, ANY_RULE, DEFAULTS)
def test_one_more_rule_never_gives_a_milder_verdict(
    probabilities: dict[str, float], rules: list[Rule], another: Rule, otherwise: Action
) -> None:
    before, after = (decide(scores(**probabilities), each, otherwise) for each in (rules, [*rules, another]))
    assert after.action.strictness >= before.action.strictness


@given(ANY_SCORES, ANY_RULES, DEFAULTS)
def test_the_order_of_the_rules_does_not_matter(
    probabilities: dict[str, float], rules: list[Rule], otherwise: Action
) -> None:
    there, back = (decide(scores(**probabilities), each, otherwise) for each in (rules, rules[::-1]))
    assert there.action is back.action


@given(ANY_SCORES, ANY_RULES)
def test_the_strictest_reason_comes_first(probabilities: dict[str, float], rules: list[Rule]) -> None:
    strictness = [reason.action.strictness for reason in decide(scores(**probabilities), rules).reasons]
    assert strictness == sorted(strictness, reverse=True)


@given(ANY_SCORES, ANY_RULES, st.sampled_from([Action.APPROVE, Action.HOLD]))
def test_every_verdict_puts_a_comment_somewhere(
    probabilities: dict[str, float], rules: list[Rule], otherwise: Action
) -> None:
    assert decide(scores(**probabilities), rules, otherwise).status in Status


@given(ANY_SCORES)
def test_out_of_the_box_nothing_is_rejected_or_called_spam_without_a_person(probabilities: dict[str, float]) -> None:
    assert decide(scores(**probabilities), DEFAULT_RULES).action in (Action.APPROVE, Action.HOLD)


@pytest.mark.parametrize("label", ["abusive", "spam"])
def test_out_of_the_box_probable_abuse_and_spam_are_held(label: str) -> None:
    assert decide(scores(**{label: 0.9}), DEFAULT_RULES).status is Status.HELD


@given(st.sampled_from([key for key in LABELS if key not in ("abusive", "spam")]), PROBABILITY)
def test_out_of_the_box_everything_else_is_let_pass(label: str, probability: float) -> None:
    assert decide(scores(**{label: probability}), DEFAULT_RULES).status is Status.APPROVED


@pytest.mark.parametrize("otherwise", [Action.APPROVE, Action.HOLD])
def test_a_comment_that_no_rule_matches_gets_the_site_s_default(otherwise: Action) -> None:
    assert decide(scores(abusive=0.1), [Rule("abusive", 0.5, Action.HOLD)], otherwise).action is otherwise


def test_a_mark_adds_a_reason_and_changes_nothing_else() -> None:
    verdict = decide(scores(critical=0.9), [Rule("critical", 0.5, Action.MARK)])
    assert (verdict.action, [reason.label for reason in verdict.reasons]) == (Action.APPROVE, ["critical"])


@pytest.mark.parametrize(("probability", "matches"), [(0.4999, False), (0.5, True), (1.0, True)])
def test_at_least_means_at_least(probability: float, matches: bool) -> None:
    assert Rule("cost", 0.5, Action.MARK).matches(scores(cost=probability)) is matches


def test_a_label_that_the_model_does_not_score_matches_no_rule() -> None:
    assert not Rule("cost", 0.0001, Action.MARK).matches(Scores("a-model", {"abusive": 1.0}))


@given(ANY_RULES, DEFAULTS)
def test_a_comment_without_scores_is_held_as_unscored(rules: list[Rule], otherwise: Action) -> None:
    verdict = decide(None, rules, otherwise)
    assert (verdict.status, [reason.rule for reason in verdict.reasons]) == (Status.HELD, [UNSCORED])


@given(ANY_RULES, DEFAULTS)
def test_a_comment_in_another_language_is_held_as_that(rules: list[Rule], otherwise: Action) -> None:
    verdict = decide(WITHHELD, rules, otherwise)
    assert (verdict.status, [reason.rule for reason in verdict.reasons]) == (Status.HELD, [OTHER_LANGUAGE])


@given(ANY_SCORES, ANY_RULES, st.dictionaries(st.sampled_from(list(KINDS)), PROBABILITY))
def test_the_kinds_of_abuse_change_no_verdict(
    probabilities: dict[str, float], rules: list[Rule], kinds: dict[str, float]
) -> None:
    before = scores(**probabilities)
    assert decide(before, rules) == decide(replace(before, kinds=kinds), rules)
    assert urgency(before) == urgency(replace(before, kinds=kinds))


@pytest.mark.parametrize("kind", KINDS)
def test_it_refuses_a_rule_on_a_kind_of_abuse(kind: str) -> None:
    with pytest.raises(RuleRefused, match="There is no label"):
        Rule(kind, 0.5, Action.MARK)


@pytest.mark.parametrize(("label", "action"), FORBIDDEN)
def test_it_refuses_a_rule_that_goes_further_than_its_label_allows(label: str, action: Action) -> None:
    with pytest.raises(RuleRefused, match=f"A rule on {LABELS[label].name} "):
        Rule(label, 0.5, action)


def test_it_refuses_a_rule_on_a_label_that_nobody_knows() -> None:
    with pytest.raises(RuleRefused, match="There is no label 'rude'"):
        Rule("rude", 0.5, Action.HOLD)


@pytest.mark.parametrize("at_least", [0.0, -0.1, 1.0001, float("nan"), float("inf")])
def test_it_refuses_a_rule_whose_probability_is_none(at_least: float) -> None:
    with pytest.raises(RuleRefused, match="Write a probability above 0 and up to 1"):
        Rule("cost", at_least, Action.MARK)


@given(st.text(st.characters()))
def test_no_comment_is_in_an_empty_sample(key: str) -> None:
    assert not is_in_sample(key, 0.0)


@given(st.text(st.characters()))
def test_every_comment_is_in_a_sample_of_all(key: str) -> None:
    assert is_in_sample(key, 1.0)


@given(st.text(), PROBABILITY, PROBABILITY)
def test_a_larger_sample_holds_the_smaller_one(key: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert is_in_sample(key, small) <= is_in_sample(key, large)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_the_audit_sample_is_as_large_as_its_share(share: float) -> None:
    found = sum(is_in_sample(f"1:{number}", share) for number in range(20_000))
    assert found / 20_000 == pytest.approx(share, rel=0.1)


def test_a_would_be_approval_in_the_sample_is_held_as_audit() -> None:
    verdict = held(Verdict(Action.APPROVE), AUDIT)
    assert (verdict.status, [reason.rule for reason in verdict.reasons]) == (Status.HELD, [AUDIT])


def test_what_would_be_approved_waits_where_it_is_in_the_sample() -> None:
    assert sampled(Verdict(Action.APPROVE)).held_for == AUDIT


@pytest.mark.parametrize("action", [Action.HOLD, Action.SPAM, Action.REJECT])
def test_what_the_rules_hold_or_refuse_is_only_marked_as_in_the_sample(action: Action) -> None:
    verdict, alone = sampled(Verdict(action)), Verdict(action)
    assert (verdict.action, verdict.held_for) == (alone.action, alone.held_for)
    assert [(each.rule, each.action) for each in verdict.reasons] == [(AUDIT, Action.MARK)]


@pytest.mark.parametrize("action", [Action.HOLD, Action.SPAM, Action.REJECT])
def test_the_audit_leaves_every_other_verdict_alone(action: Action) -> None:
    assert held(Verdict(action), AUDIT) == Verdict(action)


@given(ANY_SCORES)
def test_an_urgency_is_a_share(probabilities: dict[str, float]) -> None:
    assert 0 <= urgency(scores(**probabilities)) <= 1


def test_the_unscored_wait_in_the_middle_of_the_queue() -> None:
    assert urgency(scores(abusive=0.4)) < urgency(None) < urgency(scores(abusive=0.9))


def test_what_is_in_another_language_waits_in_the_middle_of_the_queue() -> None:
    assert urgency(WITHHELD) == urgency(None) == 0.5


def test_a_label_that_nobody_knows_is_not_urgent() -> None:
    assert urgency(scores(rude=1.0)) == 0.0
