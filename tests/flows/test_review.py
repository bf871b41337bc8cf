"""A person decides: once, with a reason, undone with one more decision, never over somebody else's head."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.flows import intake as flow
from service.flows import review
from service.flows.intake import Intake
from service.flows.review import CommentGone, DecisionRefused, Ruling, SomebodyWasFirst
from service.store.engine import Database
from service.store.tables import CommentRow, DecisionRow, Origin, UserRow
from tests import cast
from tests.flows.conftest import Receive, person


def decide(
    session: Session,
    row: CommentRow,
    who: UserRow,
    what: str,
    *,
    seen: int | None = None,
    reason: str | None = None,
    labels: list[str] | None = None,
) -> DecisionRow:
    ruling = Ruling(what, reason, labels, seen)
    return review.decide(session, row.id, who, ruling, now=cast.NOW, undo_seconds=8)


def undo(session: Session, decision: DecisionRow, who: UserRow) -> DecisionRow:
    return review.undo(session, decision.id, who, now=cast.NOW, undo_seconds=8)


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
