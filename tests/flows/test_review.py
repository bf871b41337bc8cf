"""A person decides: once, with a reason, undone with one more decision, never over somebody else's head."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from service.domain.comment import Scores, Status
from service.domain.labels import Action
from service.domain.policy import COLLEAGUE, ESCALATED, SECOND_OPINION
from service.domain.preferences import Preferences
from service.domain.reasons import DEFAULT_REASONS
from service.flows import intake as flow
from service.flows import people, redaction, review
from service.flows.intake import Intake
from service.flows.review import Bulk, CommentGone, DecisionRefused, Pick, Ruling, SomebodyWasFirst
from service.store import comments, lists
from service.store.engine import Database
from service.store.tables import CommentRow, DecisionRow, Origin, SiteRow, UserRow
from tests import cast
from tests.flows.conftest import Receive, decide, person, undo


@pytest.fixture
def held(receive: Receive) -> CommentRow:
    return receive(cast.comment(cast.UNKIND, id="41"))


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("approve", Status.APPROVED),
        ("reject", Status.REJECTED),
        ("spam", Status.SPAM),
        ("hold", Status.HELD),
        ("escalate", Status.HELD),
    ],
)
def test_a_decision_puts_a_comment_where_it_says(
    what: str, status: Status, session: Session, held: CommentRow, moderator: UserRow
) -> None:
    decide(session, held, moderator, what)
    session.expire_all()
    assert held.status is status


def test_a_decision_says_who_decided_and_why(session: Session, held: CommentRow, moderator: UserRow) -> None:
    made = decide(session, held, moderator, "reject", reason="  an insult ", labels=["abusive"])
    assert (made.user, made.origin, made.reason, made.labels) == (moderator, Origin.PERSON, "an insult", ["abusive"])


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_a_reason_of_nothing_is_none(
    reason: str | None, session: Session, held: CommentRow, moderator: UserRow
) -> None:
    assert decide(session, held, moderator, "reject", reason=reason).reason is None


def test_no_corrected_labels_is_not_the_same_as_not_correcting(
    session: Session, held: CommentRow, moderator: UserRow
) -> None:
    assert decide(session, held, moderator, "reject", labels=[]).labels == []


@pytest.mark.parametrize(
    ("decision", "reason", "labels"),
    [
        ("delete", None, None),
        ("", None, None),
        ("held", None, None),
        ("approve", "x" * 2001, None),
        ("approve", None, ["rude"]),
    ],
)
def test_a_decision_that_cannot_be_is_refused(decision: str, reason: str | None, labels: list[str] | None) -> None:
    with pytest.raises(DecisionRefused):
        Ruling(decision, reason, labels)


@pytest.mark.parametrize("comment_id", [0, -1, 2**31 - 1, 2**31, 2**63, 2**70])
def test_a_comment_that_is_not_there_cannot_be_decided(comment_id: int, session: Session, moderator: UserRow) -> None:
    with pytest.raises(CommentGone):
        review.decide(session, comment_id, moderator, Ruling("approve"), now=cast.NOW, undo_seconds=8)


def test_a_withdrawn_comment_cannot_be_decided(session: Session, held: CommentRow, moderator: UserRow) -> None:
    flow.withdraw(session, held, cast.NOW)
    with pytest.raises(CommentGone):
        decide(session, held, moderator, "approve")


@pytest.mark.parametrize("seen", [None, 1])
def test_the_second_of_two_is_told_what_the_first_decided(
    seen: int | None, session: Session, held: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    first = decide(session, held, moderator, "approve", seen=seen)
    with pytest.raises(SomebodyWasFirst) as refused:
        decide(session, held, another, "reject", seen=seen)
    assert refused.value.decision_id == first.id


def test_the_second_of_two_changes_nothing(
    session: Session, held: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    decide(session, held, moderator, "approve")
    with pytest.raises(SomebodyWasFirst):
        decide(session, held, another, "reject")
    assert (held.status, len(held.decisions)) == (Status.APPROVED, 2)


def test_who_saw_the_first_decision_may_change_it(
    session: Session, held: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    first = decide(session, held, moderator, "approve")
    assert decide(session, held, another, "reject", seen=first.number).status is Status.REJECTED


def test_who_saw_a_decision_that_is_not_the_last_is_refused(
    session: Session, held: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    first = decide(session, held, moderator, "approve")
    undo(session, first, moderator)
    with pytest.raises(SomebodyWasFirst):
        decide(session, held, another, "reject", seen=first.number)


def test_what_somebody_holds_is_open_to_the_next(
    session: Session, held: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    decide(session, held, moderator, "hold")
    assert decide(session, held, another, "approve").status is Status.APPROVED


def test_an_edit_opens_a_comment_again(
    session: Session, receive: Receive, held: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    decide(session, held, moderator, "approve")
    receive(cast.comment(cast.UNKIND + " Still.", id="41"))
    assert decide(session, held, another, "reject").status is Status.REJECTED


def test_who_saw_the_comment_before_its_edit_is_refused(
    session: Session, receive: Receive, held: CommentRow, moderator: UserRow
) -> None:
    receive(cast.comment(cast.UNKIND + " Still.", id="41"))
    with pytest.raises(SomebodyWasFirst):
        decide(session, held, moderator, "approve", seen=1)


def test_undoing_puts_a_comment_back(session: Session, held: CommentRow, moderator: UserRow) -> None:
    undo(session, decide(session, held, moderator, "approve"), moderator)
    assert held.status is Status.HELD


def test_undoing_is_one_more_decision(session: Session, held: CommentRow, moderator: UserRow) -> None:
    made = decide(session, held, moderator, "approve")
    undone = undo(session, made, moderator)
    assert (undone.number, undone.undoes_id, held.decisions[-2]) == (3, made.id, made)


def test_undoing_the_undoing_decides_again(session: Session, held: CommentRow, moderator: UserRow) -> None:
    undone = undo(session, decide(session, held, moderator, "approve"), moderator)
    undo(session, undone, moderator)
    assert held.status is Status.APPROVED


def test_another_moderator_may_undo(session: Session, held: CommentRow, moderator: UserRow, another: UserRow) -> None:
    assert undo(session, decide(session, held, moderator, "approve"), another).user is another


def test_a_decision_is_undone_once(session: Session, held: CommentRow, moderator: UserRow, another: UserRow) -> None:
    made = decide(session, held, moderator, "approve")
    undone = undo(session, made, moderator)
    with pytest.raises(SomebodyWasFirst) as refused:
        undo(session, made, another)
    assert refused.value.decision_id == undone.id


def test_one_after_another_is_undone_back_to_the_beginning(
    session: Session, held: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    first = decide(session, held, moderator, "approve")
    second = decide(session, held, another, "reject", seen=first.number)
    assert undo(session, second, moderator).status is Status.APPROVED
    assert undo(session, first, moderator).status is Status.HELD
    assert held.decided_at is None


def test_what_stands_under_another_decision_cannot_be_undone(
    session: Session, held: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    first = decide(session, held, moderator, "approve")
    decide(session, held, another, "reject", seen=first.number)
    with pytest.raises(SomebodyWasFirst):
        undo(session, first, moderator)


def test_what_the_policy_decided_cannot_be_undone(session: Session, held: CommentRow, moderator: UserRow) -> None:
    with pytest.raises(CommentGone):
        undo(session, held.decision, moderator)


@pytest.mark.parametrize("decision_id", [0, -1, 2**31 - 1, 2**31, 2**63, 2**70])
def test_a_decision_that_is_not_there_cannot_be_undone(decision_id: int, session: Session, moderator: UserRow) -> None:
    with pytest.raises(CommentGone):
        review.undo(session, decision_id, moderator, now=cast.NOW, undo_seconds=8)


def test_nothing_of_a_withdrawn_comment_can_be_undone(session: Session, held: CommentRow, moderator: UserRow) -> None:
    made = decide(session, held, moderator, "approve")
    flow.withdraw(session, held, cast.NOW)
    with pytest.raises(CommentGone):
        undo(session, made, moderator)


def at_once(database: Database, intake: Intake) -> list[DecisionRow | SomebodyWasFirst]:
    """Let two people decide about the same comment in the same moment, each in a transaction of their own."""
    with database.writing() as session:
        site, _ = cast.add_site(session)
        comment_id = flow.receive(session, intake, site, cast.comment(cast.UNKIND), cast.NOW).comment.id
        ids = [person(session, name).id for name in (cast.ANA, cast.BEN)]
    ready = threading.Barrier(2)

    def work(user_id: int) -> DecisionRow | SomebodyWasFirst:
        ready.wait()
        try:
            with database.writing() as session:
                who = session.get_one(UserRow, user_id)
                return review.decide(session, comment_id, who, Ruling("approve"), now=cast.NOW, undo_seconds=8)
        except SomebodyWasFirst as first:
            return first

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, ids))


def test_of_two_in_the_same_moment_one_is_first(database: Database, intake: Intake) -> None:
    made = at_once(database, intake)
    assert sorted(type(each).__name__ for each in made) == ["DecisionRow", "SomebodyWasFirst"]


def test_the_second_can_read_the_first_s_decision_when_the_transaction_is_over(
    database: Database, intake: Intake
) -> None:
    first, second = sorted(at_once(database, intake), key=lambda each: type(each).__name__)
    assert isinstance(first, DecisionRow)
    assert isinstance(second, SomebodyWasFirst)
    assert (second.decision_id, second.comment_id) == (first.id, first.comment_id)


# Why it waits


@pytest.mark.parametrize(("what", "held_for"), [("hold", COLLEAGUE), ("escalate", ESCALATED)])
def test_what_a_person_holds_says_why(
    what: str, held_for: str, session: Session, held: CommentRow, moderator: UserRow
) -> None:
    made = decide(session, held, moderator, what, reason="Look at the last line.")
    assert (made.held_for, held.held_for, made.reason) == (held_for, held_for, "Look at the last line.")


@pytest.mark.parametrize("what", ["approve", "reject", "hold", "escalate"])
def test_undoing_restores_why_it_was_held(what: str, session: Session, held: CommentRow, moderator: UserRow) -> None:
    undone = undo(session, decide(session, held, moderator, what), moderator)
    assert (undone.held_for, held.held_for) == ("abusive", "abusive")


def test_undoing_the_approval_of_what_was_escalated_escalates_it_again(
    session: Session, held: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    decide(session, held, moderator, "escalate")
    undo(session, decide(session, held, another, "approve"), another)
    assert (held.status, held.held_for) == (Status.HELD, ESCALATED)


def test_undoing_an_undoing_escalates_it_again(session: Session, held: CommentRow, moderator: UserRow) -> None:
    undone = undo(session, decide(session, held, moderator, "escalate"), moderator)
    undo(session, undone, moderator)
    assert (held.status, held.held_for) == (Status.HELD, ESCALATED)


def test_what_was_undone_was_decided_by_nobody(session: Session, held: CommentRow, moderator: UserRow) -> None:
    undo(session, decide(session, held, moderator, "approve"), moderator)
    assert held.decided_at is None


def test_what_was_undone_twice_was_decided_by_nobody(session: Session, held: CommentRow, moderator: UserRow) -> None:
    undo(session, decide(session, held, moderator, "approve"), moderator)
    undo(session, decide(session, held, moderator, "reject", seen=3), moderator)
    assert (held.status, held.decided_at) == (Status.HELD, None)


def test_what_was_decided_before_an_edit_stays_decided_when_a_later_decision_is_undone(
    session: Session, receive: Receive, held: CommentRow, moderator: UserRow
) -> None:
    decide(session, held, moderator, "approve")
    receive(cast.comment(cast.UNKIND + " Still.", id="41"))
    undo(session, decide(session, held, moderator, "reject"), moderator)
    assert held.decided_at == cast.NOW


# Reasons to choose from


@pytest.mark.parametrize(
    ("typed", "reason"),
    [(None, "Advertising"), ("  ", "Advertising"), (" Cures for sale. ", "Advertising: Cures for sale.")],
)
def test_a_reason_that_was_chosen_is_kept_with_what_was_typed_beside_it(
    typed: str | None, reason: str, session: Session, held: CommentRow, moderator: UserRow
) -> None:
    assert decide(session, held, moderator, "reject", canned=3, reason=typed).reason == reason


def test_the_author_is_sent_the_sentence_of_the_reason(session: Session, held: CommentRow, moderator: UserRow) -> None:
    made = decide(session, held, moderator, "spam", canned=3, reason="Not for the author.")
    assert made.author_message == DEFAULT_REASONS[2].sentence


def test_a_reason_without_a_sentence_sends_the_author_none(
    session: Session, held: CommentRow, moderator: UserRow
) -> None:
    held.site.canned_reasons = [{"name": "Rude", "sentence": ""}]
    made = decide(session, held, moderator, "reject", canned=1)
    assert (made.reason, made.author_message) == ("Rude", None)


@pytest.mark.parametrize("canned", [0, -1, 7, 10**30])
def test_a_reason_that_the_site_has_not_is_refused(
    canned: int, session: Session, held: CommentRow, moderator: UserRow
) -> None:
    with pytest.raises(DecisionRefused, match="There is no reason"):
        decide(session, held, moderator, "reject", canned=canned)
    assert held.decision.number == 1


@pytest.mark.parametrize("what", ["approve", "hold", "escalate"])
def test_a_reason_to_reject_is_not_sent_with_anything_else(
    what: str, session: Session, held: CommentRow, moderator: UserRow
) -> None:
    made = decide(session, held, moderator, what, canned=1)
    assert (made.reason, made.author_message) == (None, None)


# Many at once


@pytest.fixture
def many(receive: Receive) -> list[CommentRow]:
    return [receive(cast.comment(cast.UNKIND, id=str(number))) for number in range(50, 55)]


def decide_all(session: Session, rows: list[CommentRow], who: UserRow, what: str, seen: int = 1) -> Bulk:
    picks = [Pick(row.id, seen) for row in rows]
    return review.decide_all(session, picks, who, Ruling(what), now=cast.NOW, undo_seconds=8)


def undo_all(session: Session, bulk: Bulk, who: UserRow) -> Bulk:
    return review.undo_all(session, bulk.id, who, now=cast.NOW, undo_seconds=8)


def test_many_are_decided_in_one_go(session: Session, many: list[CommentRow], moderator: UserRow) -> None:
    bulk = decide_all(session, many[::-1], moderator, "reject")
    assert [(each.comment_id, each.status, each.bulk_id) for each in bulk.made] == [
        (row.id, Status.REJECTED, bulk.id) for row in many
    ]
    assert bulk.passed_over == []


def test_what_changed_meanwhile_is_passed_over_and_named(
    session: Session, receive: Receive, many: list[CommentRow], moderator: UserRow, another: UserRow
) -> None:
    decided, edited, withdrawn, *rest = many
    decide(session, decided, another, "approve")
    receive(cast.comment(cast.KIND, id=edited.outside_id))
    flow.withdraw(session, withdrawn, cast.NOW)
    bulk = decide_all(session, many, moderator, "spam")
    assert [each.comment_id for each in bulk.made] == [row.id for row in rest]
    assert bulk.passed_over == [decided.id, edited.id, withdrawn.id]


@pytest.mark.parametrize("number", [0, -1, 2**31 - 1, 2**31, 2**70])
def test_what_is_not_there_is_passed_over(
    number: int, session: Session, many: list[CommentRow], moderator: UserRow
) -> None:
    picks = [Pick(number, 1), Pick(many[0].id, 1)]
    bulk = review.decide_all(session, picks, moderator, Ruling("spam"), now=cast.NOW, undo_seconds=8)
    assert ([each.comment_id for each in bulk.made], bulk.passed_over) == ([many[0].id], [number])


def test_what_is_picked_twice_is_decided_once(session: Session, many: list[CommentRow], moderator: UserRow) -> None:
    bulk = decide_all(session, [many[0], many[0]], moderator, "hold")
    assert (len(bulk.made), bulk.passed_over) == (1, [many[0].id])


@pytest.mark.parametrize("count", [0, 501])
def test_none_and_too_many_are_refused(count: int, session: Session, moderator: UserRow) -> None:
    with pytest.raises(DecisionRefused, match=f"{count} comments were chosen"):
        review.decide_all(session, [Pick(1, 1)] * count, moderator, Ruling("spam"), now=cast.NOW, undo_seconds=8)


def test_many_are_undone_in_one_go(session: Session, many: list[CommentRow], moderator: UserRow) -> None:
    bulk = decide_all(session, many, moderator, "escalate")
    undone = undo_all(session, bulk, moderator)
    assert [each.undoes_id for each in undone.made] == [each.id for each in bulk.made]
    assert {(row.status, row.held_for) for row in many} == {(Status.HELD, "abusive")}


def test_what_was_decided_anew_since_is_not_undone_with_the_rest(
    session: Session, many: list[CommentRow], moderator: UserRow, another: UserRow
) -> None:
    bulk = decide_all(session, many, moderator, "reject")
    decide(session, many[1], another, "approve", seen=2)
    flow.withdraw(session, many[2], cast.NOW)
    undo(session, many[3].decision, another)
    undone = undo_all(session, bulk, moderator)
    assert [each.comment_id for each in undone.made] == [many[0].id, many[4].id]
    assert undone.passed_over == [many[1].id, many[2].id, many[3].id]
    assert many[1].status is Status.APPROVED


def test_many_are_undone_once(session: Session, many: list[CommentRow], moderator: UserRow, another: UserRow) -> None:
    bulk = decide_all(session, many, moderator, "reject")
    undo_all(session, bulk, moderator)
    again = undo_all(session, bulk, another)
    assert (again.made, again.passed_over) == ([], [row.id for row in many])


@pytest.mark.parametrize("bulk_id", ["", "x", "0" * 16, "é" * 100])
def test_what_was_never_decided_in_one_go_cannot_be_undone(bulk_id: str, session: Session, moderator: UserRow) -> None:
    with pytest.raises(CommentGone):
        review.undo_all(session, bulk_id, moderator, now=cast.NOW, undo_seconds=8)


# Whom it concerns


@pytest.fixture
def criticism(site: SiteRow, receive: Receive) -> CommentRow:
    """Return criticism of a post by Ana, on a site that holds everything."""
    site.otherwise = Action.HOLD
    row = receive(cast.comment(cast.CRITICAL, id="60", thread_author=cast.ANA))
    scores = comments.scores_of(row.revision)
    assert scores
    assert "critical" in scores.labels
    return row


@pytest.mark.parametrize("what", ["reject", "spam"])
def test_whom_criticism_concerns_cannot_refuse_it_alone(
    what: str, session: Session, criticism: CommentRow, moderator: UserRow
) -> None:
    made = decide(session, criticism, moderator, what, reason="Wrong.", canned=1)
    assert (made.status, made.held_for, criticism.held_for) == (Status.HELD, SECOND_OPINION, SECOND_OPINION)
    assert made.reason == "Attack on a person: Wrong."


@pytest.mark.parametrize("what", ["approve", "hold", "escalate"])
def test_whom_criticism_concerns_may_do_all_else_with_it(
    what: str, session: Session, criticism: CommentRow, moderator: UserRow
) -> None:
    assert decide(session, criticism, moderator, what).held_for != SECOND_OPINION


def test_somebody_else_refuses_it_alone(session: Session, criticism: CommentRow, another: UserRow) -> None:
    assert decide(session, criticism, another, "reject").status is Status.REJECTED


def test_the_second_person_makes_it_final(
    session: Session, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    decide(session, criticism, moderator, "reject")
    assert decide(session, criticism, another, "reject").status is Status.REJECTED


def test_the_second_person_may_think_otherwise(
    session: Session, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    decide(session, criticism, moderator, "reject")
    assert decide(session, criticism, another, "approve").status is Status.APPROVED


@pytest.mark.parametrize("what", ["reject", "spam", "hold", "escalate"])
def test_whom_published_criticism_concerns_does_not_take_it_off_the_blog_alone(
    what: str, session: Session, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    published = decide(session, criticism, another, "approve")
    wanted = decide(session, criticism, moderator, what, seen=published.number)
    assert (criticism.status, wanted.held_for) == (Status.APPROVED, SECOND_OPINION)
    [listed] = lists.page(session, lists.View.REPORTED, lists.Filter(), cast.NOW).rows
    assert listed is criticism, "where the others see it"


def test_the_second_person_takes_it_off_the_blog(
    session: Session, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    published = decide(session, criticism, another, "approve")
    decide(session, criticism, moderator, "reject", seen=published.number)
    assert decide(session, criticism, another, "reject").status is Status.REJECTED


def test_whom_it_concerns_does_not_hide_it_by_undoing_what_somebody_else_approved(
    session: Session, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    published = decide(session, criticism, another, "approve")
    with pytest.raises(DecisionRefused):
        undo(session, published, moderator)
    assert undo(session, published, another).status is Status.HELD


def test_to_take_personal_data_out_is_no_second_opinion(
    session: Session, intake: Intake, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    text = f"{criticism.revision.text} Ask maya@example.org."
    flow.edit(session, intake, criticism, text, cast.NOW)
    decide(session, criticism, moderator, "reject")
    redaction.redact(session, criticism, another, redaction.prepare(intake, criticism), now=cast.NOW, undo_seconds=8)
    assert decide(session, criticism, moderator, "reject", seen=criticism.decision.number).held_for == SECOND_OPINION


def test_who_refused_it_and_thought_again_does_not_count(
    session: Session, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    refused = decide(session, criticism, another, "reject")
    approved = decide(session, criticism, another, "approve", seen=refused.number)
    assert decide(session, criticism, moderator, "reject", seen=approved.number).status is Status.APPROVED


def test_undoing_a_wish_to_refuse_takes_it_off_what_was_reported(
    session: Session, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    published = decide(session, criticism, another, "approve")
    undo(session, decide(session, criticism, moderator, "reject", seen=published.number), moderator)
    assert criticism.reported_at is None


def test_nobody_is_their_own_second_person(session: Session, criticism: CommentRow, moderator: UserRow) -> None:
    decide(session, criticism, moderator, "reject")
    assert decide(session, criticism, moderator, "reject").held_for == SECOND_OPINION


def test_whom_it_concerns_may_be_the_second(
    session: Session, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    decide(session, criticism, another, "reject")
    undone = decide(session, criticism, another, "hold", seen=2)
    assert decide(session, criticism, moderator, "reject", seen=undone.number).status is Status.REJECTED


def test_two_whom_it_concerns_are_two(
    session: Session, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    people.choose(another, Preferences(names=("ana",)))
    first = decide(session, criticism, another, "spam")
    second = decide(session, criticism, moderator, "reject")
    assert (first.held_for, second.status) == (SECOND_OPINION, Status.REJECTED)


def test_a_refusal_that_was_undone_is_no_first_opinion(
    session: Session, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    undo(session, decide(session, criticism, another, "reject"), another)
    assert decide(session, criticism, moderator, "reject", seen=3).held_for == SECOND_OPINION


def test_a_refusal_that_was_undone_and_redone_is_one(
    session: Session, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    undo(session, undo(session, decide(session, criticism, another, "reject"), another), another)
    assert decide(session, criticism, moderator, "spam", seen=4).status is Status.SPAM


def test_a_refusal_of_an_earlier_text_is_no_opinion_on_this_one(
    session: Session, receive: Receive, criticism: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    decide(session, criticism, another, "reject")
    receive(cast.comment(cast.CRITICAL + " Nor do the costs add up.", id="60"))
    assert decide(session, criticism, moderator, "reject").held_for == SECOND_OPINION


def test_a_site_can_do_without_second_opinions(session: Session, criticism: CommentRow, moderator: UserRow) -> None:
    criticism.site.guards_conflicts = False
    assert decide(session, criticism, moderator, "reject").status is Status.REJECTED


def test_what_is_no_criticism_is_refused_alone(session: Session, receive: Receive, moderator: UserRow) -> None:
    praise = receive(cast.comment(cast.KIND, id="61", thread_author=cast.ANA))
    assert decide(session, praise, moderator, "reject").status is Status.REJECTED


@pytest.mark.parametrize("scores", [None, Scores("a-model", {}, language="de")], ids=["none", "withheld"])
def test_what_could_not_be_scored_may_be_criticism(
    scores: Scores | None, session: Session, receive: Receive, moderator: UserRow
) -> None:
    row = receive(cast.comment(cast.KIND, id="62", thread_author=cast.ANA))
    for each in list(row.revision.scores):
        row.revision.scores.remove(each)
        session.delete(each)
    if scores:
        comments.keep_scores(session, row.revision, scores, cast.NOW)
    session.flush()
    assert decide(session, row, moderator, "reject").held_for == SECOND_OPINION


def test_of_many_at_once_those_that_concern_one_wait_for_a_second(
    session: Session, criticism: CommentRow, many: list[CommentRow], moderator: UserRow
) -> None:
    bulk = decide_all(session, [*many, criticism], moderator, "reject")
    assert {each.comment_id for each in bulk.made if each.held_for == SECOND_OPINION} == {criticism.id}
    undo_all(session, bulk, moderator)
    assert criticism.status is Status.HELD
