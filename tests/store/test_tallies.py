"""Counts for a tone report: what the database groups is what one would count by hand."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from service.domain.comment import Author, Scores, Status
from service.domain.policy import AUDIT
from service.domain.tally import Checked, Stratum, bin_of
from service.store import comments, decisions, sites, tallies
from service.store.counted import Among
from service.store.tables import CommentRow, Origin, SiteRow, UserRow
from service.store.tallies import Tallies
from tests import cast

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
WEEKS = [BEGIN, BEGIN + 7 * DAY, BEGIN + 14 * DAY]
STAFF = Author(id="1", name="Dr Odell", role="Editor")
MARK = {"rule": AUDIT, "action": "mark", "label": None, "score": None}


@pytest.fixture
def site(session: Session) -> SiteRow:
    return cast.add_site(session)[0]


def add(
    session: Session,
    site: SiteRow,
    number: int,
    *,
    spam: float | None = 0.2,
    status: Status = Status.APPROVED,
    held_for: str | None = None,
    at: datetime = BEGIN,
    author: Author = cast.MAYA,
    model: str = "a-model",
    url: str = cast.POST,
    is_in_sample: bool = False,
) -> CommentRow:
    """Add a comment as the policy left it."""
    comment = cast.comment(id=str(number), author=author, created_at=at, thread_url=url)
    row = comments.add(session, site, sites.thread_of(session, site, url, "A post"), comment, at)
    if spam is not None:
        probabilities = {"spam": spam, "cost": 0.0005}
        labels = tuple(key for key, p in probabilities.items() if p >= 0.3)
        comments.keep_scores(session, row.revision, Scores(model, probabilities, labels, {}, "en"), at)
    reasons = [MARK] if is_in_sample else []
    decisions.add(session, row, status, Origin.POLICY, at, reasons=reasons, held_for=held_for)
    return row


def decide(
    session: Session, row: CommentRow, who: UserRow, status: Status, labels: Sequence[str] | None = None, hours: int = 2
) -> None:
    """Let a person decide, some hours after the comment came."""
    moment = row.received_at + timedelta(hours=hours)
    decisions.add(session, row, status, Origin.PERSON, moment, user=who, labels=labels)


def undo(session: Session, row: CommentRow, who: UserRow) -> None:
    last = row.decision
    decisions.add(session, row, Status.HELD, Origin.PERSON, last.decided_at, user=who, undoes=last)


def counted(session: Session, site: SiteRow, **more: object) -> Tallies:
    session.flush()
    return tallies.tallied(session, Among(WEEKS, site.id, **more))  # type: ignore[arg-type]


def findings(session: Session, site: SiteRow, label: str = "spam") -> list[Checked]:
    return [each for each in counted(session, site).checked if each.label == label]


def test_every_score_is_counted_once_in_its_week_and_bin(
    session: Session, site: SiteRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "AT_ONCE", 7)  # several queries add up
    spams = [0.0, 0.001, 0.0009, 0.02, 0.2999, 0.3, 0.5, 0.97, 0.98, 0.99, 1.0] * 2
    for number, spam in enumerate(spams):
        add(session, site, number, spam=spam, at=BEGIN + (0 if number < 11 else 8) * DAY)
    by_hand = Counter((number // 11, bin_of(spam)) for number, spam in enumerate(spams))
    found = [each for each in counted(session, site).scored if each.label == "spam"]
    assert {(each.period, each.bin): each.comments for each in found} == by_hand
    assert sum(each.called for each in found) == sum(spam >= 0.3 for spam in spams)


def test_a_week_begins_and_ends_at_its_moments(session: Session, site: SiteRow) -> None:
    second = timedelta(seconds=1)
    for number, moment in enumerate([WEEKS[0] - second, WEEKS[0], WEEKS[1] - second, WEEKS[1], WEEKS[2]]):
        add(session, site, number, at=moment)
    assert [(each.period, each.comments) for each in counted(session, site).arrived] == [(0, 2), (1, 1)]


def test_what_became_of_comments_is_counted(session: Session, site: SiteRow, ana: UserRow) -> None:
    add(session, site, 1)
    decide(session, add(session, site, 2, status=Status.HELD, held_for="spam"), ana, Status.SPAM)
    decide(session, add(session, site, 3, status=Status.HELD, held_for=AUDIT), ana, Status.REJECTED)
    decide(session, add(session, site, 4, status=Status.SPAM), ana, Status.APPROVED, hours=10)
    add(session, site, 5, spam=None, status=Status.HELD, held_for="unscored")
    [week] = counted(session, site).arrived
    assert (week.comments, week.unscored, week.held, week.decided, week.overturned) == (5, 1, 3, 3, 2)
    assert [each.hours for each in counted(session, site).waited] == [2, 2, 10]


def test_to_change_another_person_s_mind_is_to_overturn(session: Session, site: SiteRow, ana: UserRow) -> None:
    row = add(session, site, 1, status=Status.HELD, held_for="spam")
    decide(session, row, ana, Status.APPROVED)
    assert counted(session, site).arrived[0].overturned == 0
    decide(session, row, ana, Status.REJECTED)
    assert counted(session, site).arrived[0].overturned == 1


def test_what_was_undone_overturns_nothing(session: Session, site: SiteRow, ana: UserRow) -> None:
    row = add(session, site, 1, status=Status.HELD, held_for="spam")
    decide(session, row, ana, Status.APPROVED)
    undo(session, row, ana)
    decide(session, row, ana, Status.REJECTED)
    assert counted(session, site).arrived[0].overturned == 0


@pytest.mark.parametrize("role", ["Editor", " staff ", "MODERATOR"])
def test_staff_are_counted_apart(role: str, session: Session, site: SiteRow) -> None:
    add(session, site, 1)
    add(session, site, 2, author=Author(id="1", name="Dr Odell", role=role))
    assert [(each.is_staff, each.comments) for each in counted(session, site).arrived] == [(0, 1), (1, 1)]


def test_a_withdrawn_comment_is_not_counted(session: Session, site: SiteRow) -> None:
    add(session, site, 1).status = Status.WITHDRAWN
    assert counted(session, site).arrived == []


def test_a_thread_or_a_group_of_authors_is_counted_by_itself(session: Session, site: SiteRow) -> None:
    add(session, site, 1)
    other = add(session, site, 2, url="https://relay.example.org/another", author=STAFF)
    for among in ({"thread_id": other.thread_id}, {"author_group": "EDITOR"}):
        assert sum(each.comments for each in counted(session, site, **among).arrived) == 1


def test_a_group_is_named_as_the_blog_spells_it(session: Session, site: SiteRow) -> None:
    add(session, site, 1, author=Author(id="1", role=" Ärztin"))
    assert [each.comments for each in counted(session, site, author_group="Ärztin ").arrived] == [1]


def test_the_model_is_the_one_that_read_a_comment_last(session: Session, site: SiteRow) -> None:
    first, second = add(session, site, 1), add(session, site, 2, at=BEGIN + DAY, model="another")
    assert counted(session, site).first_scored == [("a-model", first.created_at), ("another", second.created_at)]
    comments.keep_scores(session, first.revision, Scores("another", {"spam": 0.9}, ("spam",)), BEGIN)
    assert {each.model for each in counted(session, site).scored} == {"another"}


def test_what_a_person_confirms_on_the_sample_is_found(session: Session, site: SiteRow, ana: UserRow) -> None:
    decide(session, add(session, site, 1, status=Status.HELD, held_for=AUDIT, is_in_sample=True), ana, Status.SPAM, [])
    row = add(session, site, 2, spam=0.9, status=Status.HELD, held_for="spam", is_in_sample=True)
    decide(session, row, ana, Status.SPAM, ["spam"])
    assert [(each.stratum, each.bin, each.is_it) for each in findings(session, site)] == [
        (Stratum.PASSED, bin_of(0.2), False),
        (Stratum.HELD, bin_of(0.9), True),
    ]


def test_what_is_not_in_the_sample_is_no_finding(session: Session, site: SiteRow, ana: UserRow) -> None:
    decide(session, add(session, site, 1, status=Status.HELD, held_for="spam"), ana, Status.SPAM, ["spam"])
    assert findings(session, site) == []


@pytest.mark.parametrize("labels", [None, ["spam"]])
def test_only_labels_on_a_decision_that_settles_it_count(
    labels: list[str] | None, session: Session, site: SiteRow, ana: UserRow
) -> None:
    row = add(session, site, 1, status=Status.HELD, held_for=AUDIT, is_in_sample=True)
    decide(session, row, ana, Status.HELD if labels else Status.APPROVED, labels)
    assert findings(session, site) == []


def test_a_finding_that_was_undone_is_none(session: Session, site: SiteRow, ana: UserRow) -> None:
    row = add(session, site, 1, status=Status.HELD, held_for=AUDIT, is_in_sample=True)
    decide(session, row, ana, Status.SPAM, ["spam"])
    undo(session, row, ana)
    assert findings(session, site) == []


def test_a_finding_on_an_earlier_text_is_none(session: Session, site: SiteRow, ana: UserRow) -> None:
    row = add(session, site, 1, status=Status.HELD, held_for=AUDIT, is_in_sample=True)
    decide(session, row, ana, Status.SPAM, ["spam"])
    revision = comments.revise(session, row, "Another text.", BEGIN)
    comments.keep_scores(session, revision, Scores("a-model", {"spam": 0.1}), BEGIN)
    decisions.add(session, row, Status.APPROVED, Origin.POLICY, BEGIN)
    assert findings(session, site) == []


def test_findings_from_other_times_are_from_elsewhere(session: Session, site: SiteRow, ana: UserRow) -> None:
    row = add(session, site, 1, at=BEGIN - DAY, status=Status.HELD, held_for=AUDIT, is_in_sample=True)
    decide(session, row, ana, Status.SPAM, ["spam"])
    assert [each.period for each in findings(session, site)] == [None]


def test_who_waits_is_told_how_far_it_is(session: Session, site: SiteRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "AT_ONCE", 2)
    last = max(add(session, site, number).id for number in range(3))
    told: list[tuple[int, int]] = []
    tallies.tallied(session, Among(WEEKS, site.id), lambda done, of: told.append((done, of)))
    assert told[-1] == (last, last)
