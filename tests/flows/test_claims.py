"""Who is at a comment says so: one at a time, for some minutes, and a colleague's claim stays."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.flows import claims
from service.flows import intake as flow
from service.flows.claims import LASTS
from service.flows.intake import Intake
from service.flows.review import CommentGone
from service.store import claims as stored
from service.store.engine import Database
from service.store.tables import ClaimRow, CommentRow, UserRow
from tests import cast
from tests.flows.conftest import Receive, decide, person

SOON = cast.NOW + timedelta(minutes=1)


@pytest.fixture
def one(receive: Receive) -> CommentRow:
    return receive(cast.comment(cast.UNKIND, id="41"))


@pytest.fixture
def other(receive: Receive) -> CommentRow:
    return receive(cast.comment(cast.UNKIND, id="42"))


def in_force(session: Session, now: object = SOON) -> list[tuple[int, str]]:
    return [(each.comment_id, each.user.name) for each in stored.in_force(session, now)]  # type: ignore[arg-type]


def test_a_claim_says_who_is_there_and_how_long(session: Session, one: CommentRow, moderator: UserRow) -> None:
    made = claims.claim(session, one.id, moderator, cast.NOW)
    assert (made.user, made.expires_at, in_force(session)) == (moderator, cast.NOW + LASTS, [(one.id, cast.ANA)])


def test_who_claims_again_stays_longer(session: Session, one: CommentRow, moderator: UserRow) -> None:
    first = claims.claim(session, one.id, moderator, cast.NOW)
    again = claims.claim(session, one.id, moderator, SOON)
    assert (again.id, again.expires_at) == (first.id, SOON + LASTS)


def test_a_claim_is_over_when_its_time_is(session: Session, one: CommentRow, moderator: UserRow) -> None:
    claims.claim(session, one.id, moderator, cast.NOW)
    assert in_force(session, cast.NOW + LASTS) == []


def test_a_colleague_s_claim_stays_and_is_shown(
    session: Session, one: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    first = claims.claim(session, one.id, moderator, cast.NOW)
    assert claims.claim(session, one.id, another, SOON) is first
    assert (first.expires_at, in_force(session)) == (cast.NOW + LASTS, [(one.id, cast.ANA)])


def test_who_is_shown_a_colleague_s_claim_keeps_their_own(
    session: Session, one: CommentRow, other: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    claims.claim(session, one.id, moderator, cast.NOW)
    claims.claim(session, other.id, another, cast.NOW)
    claims.claim(session, one.id, another, cast.NOW)
    assert in_force(session) == [(one.id, cast.ANA), (other.id, cast.BEN)]


def test_a_claim_that_is_over_is_anybody_s(
    session: Session, one: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    claims.claim(session, one.id, moderator, cast.NOW)
    late = cast.NOW + LASTS
    assert claims.claim(session, one.id, another, late).user is another
    assert in_force(session, late) == [(one.id, cast.BEN)]


def test_who_goes_on_leaves_what_they_were_at(
    session: Session, one: CommentRow, other: CommentRow, moderator: UserRow
) -> None:
    claims.claim(session, one.id, moderator, cast.NOW)
    claims.claim(session, other.id, moderator, cast.NOW)
    assert in_force(session) == [(other.id, cast.ANA)]


def test_who_leaves_gives_up_their_claim_and_may_do_so_twice(
    session: Session, one: CommentRow, moderator: UserRow
) -> None:
    claims.claim(session, one.id, moderator, cast.NOW)
    claims.release(session, one.id, moderator)
    claims.release(session, one.id, moderator)
    assert in_force(session) == []


def test_nobody_gives_up_a_colleague_s_claim(
    session: Session, one: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    claims.claim(session, one.id, moderator, cast.NOW)
    claims.release(session, one.id, another)
    assert in_force(session) == [(one.id, cast.ANA)]


def test_a_claim_keeps_nobody_from_deciding(
    session: Session, one: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    claims.claim(session, one.id, moderator, cast.NOW)
    assert decide(session, one, another, "approve").user is another


@pytest.mark.parametrize("number", [0, -1, 2**31 - 1, 2**31, 2**70])
def test_what_is_not_there_cannot_be_claimed(number: int, session: Session, moderator: UserRow) -> None:
    with pytest.raises(CommentGone):
        claims.claim(session, number, moderator, cast.NOW)
    claims.release(session, number, moderator)


def test_what_was_withdrawn_cannot_be_claimed(session: Session, one: CommentRow, moderator: UserRow) -> None:
    flow.withdraw(session, one, cast.NOW)
    with pytest.raises(CommentGone):
        claims.claim(session, one.id, moderator, cast.NOW)


@pytest.mark.parametrize("repetition", range(3))
def test_of_two_who_come_in_the_same_moment_one_is_shown_the_other(
    repetition: int, database: Database, intake: Intake
) -> None:
    with database.writing() as session:
        site, _ = cast.add_site(session)
        comment_id = flow.receive(session, intake, site, cast.comment(cast.UNKIND), cast.NOW).comment.id
        ids = [person(session, name).id for name in (cast.ANA, cast.BEN)]
    ready = threading.Barrier(2)

    def work(user_id: int) -> int:
        ready.wait()
        made = database.write(
            lambda session: claims.claim(session, comment_id, session.get_one(UserRow, user_id), cast.NOW)
        )
        return made.user_id

    with ThreadPoolExecutor(2) as pool:
        shown = list(pool.map(work, ids))
    assert shown[0] == shown[1]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ClaimRow)) == 1
