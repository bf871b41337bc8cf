"""Somebody may be in danger, or has written what nobody should read: moderators are told, and nothing is hidden."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from service.domain.comment import Author, Comment, Status
from service.domain.conflicts import Conflict
from service.domain.preferences import Preferences
from service.flows import care, people, review
from service.flows import intake as flow
from service.flows.intake import Intake
from service.flows.review import Ruling
from service.store import comments, lists
from service.store.lists import Filter, View
from service.store.tables import CommentRow, SiteRow
from tests import cast

DESPAIR = "I don't want to be here any more. Everyone would be better off without me."
STOPPING = "I've binned my tablets and stopped taking my DMT on my own, nobody knows."
Receive = Callable[..., CommentRow]


@pytest.fixture
def site(session: Session) -> SiteRow:
    return cast.add_site(session)[0]


@pytest.fixture
def receive(session: Session, site: SiteRow, intake: Intake) -> Receive:
    def work(text: str, name: str = "1") -> CommentRow:
        return flow.receive(session, intake, site, cast.comment(text, id=name), cast.NOW).comment

    return work


def waiting(session: Session) -> list[str]:
    page = lists.page(session, View.HELD, Filter(), cast.NOW)
    return [row.outside_id or "" for row in page.rows]


@pytest.mark.parametrize(("text", "sentence"), [(DESPAIR, "harming themselves"), (STOPPING, "stopping a treatment")])
def test_why_a_comment_is_pinned_is_said_in_its_own_words(receive: Receive, text: str, sentence: str) -> None:
    [concern] = care.concerns_of(receive(text))
    assert sentence in concern.sentence
    assert concern.quotes
    assert all(quote in text for quote in concern.quotes)


def test_despair_is_never_hidden(receive: Receive) -> None:
    assert receive(DESPAIR).status is Status.APPROVED


def test_what_is_on_the_blog_is_pinned_all_the_same_and_comes_first(session: Session, receive: Receive) -> None:
    receive(cast.UNKIND, "unkind")
    receive(DESPAIR, "despair")
    assert waiting(session) == ["despair", "unkind"]


def test_once_a_person_has_seen_it_it_is_pinned_no_more(session: Session, receive: Receive) -> None:
    row = receive(DESPAIR)
    ben = cast.add_user(session, cast.BEN)
    ruling = Ruling("approve", seen=row.decision.number)
    review.decide(session, row.id, ben, ruling, now=cast.NOW, undo_seconds=8)
    assert waiting(session) == []


def test_an_edit_that_nobody_has_seen_is_pinned_again(session: Session, intake: Intake, receive: Receive) -> None:
    row = receive(cast.KIND, "kind")
    ben = cast.add_user(session, cast.BEN)
    ruling = Ruling("approve", seen=row.decision.number)
    review.decide(session, row.id, ben, ruling, now=cast.NOW, undo_seconds=8)
    flow.edit(session, intake, row, DESPAIR, cast.NOW)
    assert (row.status, waiting(session)) == (Status.APPROVED, ["kind"])


def test_one_that_a_person_holds_stays_on_top(session: Session, receive: Receive) -> None:
    receive(cast.UNKIND, "unkind")
    row = receive(DESPAIR, "despair")
    ben = cast.add_user(session, cast.BEN)
    review.decide(session, row.id, ben, Ruling("hold", seen=row.decision.number), now=cast.NOW, undo_seconds=8)
    assert waiting(session) == ["despair", "unkind"]


def test_an_edit_that_takes_it_back_unpins(session: Session, receive: Receive, intake: Intake) -> None:
    row = receive(DESPAIR)
    flow.edit(session, intake, row, cast.KIND, cast.NOW)
    assert (row.is_pinned, care.concerns_of(row)) == (False, [])


@pytest.mark.parametrize(("own", "said"), [(None, care.HELP_TEXT), ("Ring Maya, day or night.", "Ring Maya")])
def test_the_site_s_own_help_text_is_what_moderators_read(
    receive: Receive, site: SiteRow, own: str | None, said: str
) -> None:
    site.help_text = own
    assert said in care.concerns_of(receive(DESPAIR))[0].help_text


def test_an_erased_comment_says_nothing_of_its_writer(session: Session, receive: Receive) -> None:
    row = receive(DESPAIR)
    comments.erase(session, row)
    assert care.concerns_of(row) == []


def test_personal_data_is_named() -> None:
    [found] = care.private_data_of("Write to maya@example.org, please.")
    assert (found.kind, found.quote) == ("e-mail address", "maya@example.org")


# Whom it concerns


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (cast.comment(cast.KIND), ()),
        (cast.comment(cast.KIND, thread_author="Dr Odell"), (Conflict.WROTE_THE_POST,)),
        (cast.comment(cast.KIND, thread_author="ben"), (Conflict.WROTE_THE_POST,)),
        (cast.comment("Dr Odell is wrong."), (Conflict.IS_NAMED,)),
        (cast.comment(cast.KIND, parent_id="his"), (Conflict.IS_ANSWERED,)),
        (cast.comment(cast.KIND, parent_id="not here"), ()),
    ],
    ids=["nobody", "post", "post, by the name to sign in", "named", "answered", "answers what is not here"],
)
def test_somebody_is_concerned_under_each_of_their_names(
    session: Session, site: SiteRow, intake: Intake, sent: Comment, expected: tuple[Conflict, ...]
) -> None:
    ben = cast.add_user(session, cast.BEN)
    people.choose(ben, Preferences(names=("Dr Odell", "The Doctor")))
    flow.receive(session, intake, site, cast.comment("A word.", Author(name="the doctor"), id="his"), cast.NOW)
    row = flow.receive(session, intake, site, sent, cast.NOW).comment
    assert care.conflicts_of(row, ben) == expected
