"""What moderators write to each other about a comment."""

import pytest
from sqlalchemy.orm import Session

from service.domain.wording import Refusal
from service.flows import intake as flow
from service.flows import notes
from service.store.tables import CommentRow, UserRow
from tests import cast
from tests.flows.conftest import Receive, decide


@pytest.fixture
def comment(receive: Receive) -> CommentRow:
    return receive(cast.comment(cast.UNKIND, id="41"))


def said(session: Session, comment: CommentRow) -> list[str]:
    session.expire(comment, ["notes"])
    return [each.text for each in comment.notes]


def test_a_note_is_kept_with_who_wrote_it_and_when(session: Session, comment: CommentRow, moderator: UserRow) -> None:
    made = notes.write(session, comment.id, moderator, "  I know her; be kind. ", cast.NOW)
    assert (made.text, made.user, made.written_at) == ("I know her; be kind.", moderator, cast.NOW)


def test_notes_stand_in_the_order_in_which_they_were_written(
    session: Session, comment: CommentRow, moderator: UserRow, another: UserRow
) -> None:
    for who, text in ((moderator, "one"), (another, "two"), (moderator, "three")):
        notes.write(session, comment.id, who, text, cast.NOW)
    assert said(session, comment) == ["one", "two", "three"]


@pytest.mark.parametrize("text", ["n", "n" * 2000, "\0\ud800", "ñ 🙂"])
def test_a_note_may_say_anything(text: str, session: Session, comment: CommentRow, moderator: UserRow) -> None:
    notes.write(session, comment.id, moderator, text, cast.NOW)
    assert said(session, comment) == [text]


@pytest.mark.parametrize("text", ["", " \n\t", "n" * 2001])
def test_a_note_that_says_nothing_or_too_much_is_refused(
    text: str, session: Session, comment: CommentRow, moderator: UserRow
) -> None:
    with pytest.raises(notes.NoteRefused, match="A note has 1 to 2000 characters"):
        notes.write(session, comment.id, moderator, text, cast.NOW)


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**70])
def test_there_is_no_note_on_what_is_not_there(number: int, session: Session, moderator: UserRow) -> None:
    with pytest.raises(Refusal, match="There is no comment"):
        notes.write(session, number, moderator, "A note.", cast.NOW)
    with pytest.raises(Refusal, match="There is no note"):
        notes.remove(session, number, moderator)


def test_one_s_own_note_can_be_removed(session: Session, comment: CommentRow, moderator: UserRow) -> None:
    made = notes.write(session, comment.id, moderator, "A note.", cast.NOW)
    notes.remove(session, made.id, moderator)
    assert said(session, comment) == []


def test_a_colleague_s_note_cannot(session: Session, comment: CommentRow, moderator: UserRow, another: UserRow) -> None:
    made = notes.write(session, comment.id, moderator, "A note.", cast.NOW)
    with pytest.raises(Refusal, match=f"There is no note {made.id} of yours"):
        notes.remove(session, made.id, another)
    assert said(session, comment) == ["A note."]


def test_a_withdrawn_comment_takes_its_notes_and_what_its_author_was_sent_with_it(
    session: Session, comment: CommentRow, moderator: UserRow
) -> None:
    notes.write(session, comment.id, moderator, "Maya again.", cast.NOW)
    decide(session, comment, moderator, "reject", canned=1, reason="Maya again.")
    flow.withdraw(session, comment, cast.NOW)
    session.expire_all()
    assert comment.notes == []
    assert {(each.reason, each.author_message) for each in comment.decisions} == {(None, None)}


def test_nothing_is_noted_on_a_withdrawn_comment(session: Session, comment: CommentRow, moderator: UserRow) -> None:
    flow.withdraw(session, comment, cast.NOW)
    with pytest.raises(Refusal, match="withdrawn"):
        notes.write(session, comment.id, moderator, "A note.", cast.NOW)
