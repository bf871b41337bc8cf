"""What a blog says that a text should have scored."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.flows import feedback
from service.flows import intake as flow
from service.flows.intake import Intake
from service.store.tables import FeedbackRow
from tests import cast
from tests.flows.conftest import Receive


def kept(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(FeedbackRow)) or 0


def test_what_is_suggested_is_kept_with_where_it_stands(session: Session) -> None:
    site, _ = cast.add_site(session)
    said = feedback.suggest(session, site, cast.UNKIND, {"TOXICITY": 1.0}, {"community": "Coral"}, cast.NOW)
    session.expire_all()
    assert (said.text, said.scores, said.context) == (cast.UNKIND, {"TOXICITY": 1.0}, {"community": "Coral"})


def test_the_same_said_again_is_kept_once(session: Session) -> None:
    site, _ = cast.add_site(session)
    for _ in range(2):
        feedback.suggest(session, site, cast.UNKIND, {"TOXICITY": 1.0}, {}, cast.NOW)
    assert kept(session) == 1


def test_a_change_of_mind_is_kept_beside_what_was_said_before(session: Session) -> None:
    site, _ = cast.add_site(session)
    for score in (1.0, 0.0):
        feedback.suggest(session, site, cast.UNKIND, {"TOXICITY": score}, {}, cast.NOW)
    assert kept(session) == 2


def test_a_text_that_no_encoding_can_write_is_kept_as_it_came(session: Session) -> None:
    site, _ = cast.add_site(session)
    said = feedback.suggest(session, site, "a\ud800b\0", {"TOXICITY": 1.0}, {"parent": "\udfff"}, cast.NOW)
    session.expire_all()
    assert (said.text, said.context) == ("a\ud800b\0", {"parent": "\udfff"})


def texts(session: Session) -> list[str]:
    return sorted(session.scalars(select(FeedbackRow.text)))


def test_it_goes_with_the_comment_that_its_site_deletes(session: Session, receive: Receive, intake: Intake) -> None:
    row = receive(cast.comment(cast.UNKIND, id="1"))
    flow.edit(session, intake, row, cast.KIND, cast.NOW)
    for said in (cast.UNKIND, cast.KIND, cast.CRITICAL):
        feedback.suggest(session, row.site, said, {"TOXICITY": 1.0}, {}, cast.NOW)
    flow.withdraw(session, row, cast.NOW)
    assert texts(session) == [cast.CRITICAL]


def test_another_site_s_words_stay(session: Session, receive: Receive) -> None:
    row = receive(cast.comment(cast.UNKIND))
    other, _ = cast.add_site(session, "https://other.example.org")
    for site in (row.site, other):
        feedback.suggest(session, site, cast.UNKIND, {"TOXICITY": 1.0}, {}, cast.NOW)
    flow.withdraw(session, row, cast.NOW)
    assert list(session.scalars(select(FeedbackRow.site_id))) == [other.id]
