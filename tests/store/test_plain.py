"""Rows that are written without the unit of work: the same as with it, and known to the session."""

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.domain.labels import Action
from service.store.engine import Database
from service.store.plain import change, plain, put
from service.store.tables import CommentRow, Protocol, RuleRow, SiteRow, ThreadRow
from tests import cast


@pytest.fixture
def site(session: Session) -> SiteRow:
    return cast.add_site(session)[0]


def _thread(session: Session, site: SiteRow, url: str = "https://blog.example.org/a") -> ThreadRow:
    return put(session, ThreadRow(site_id=site.id, url=url))


def test_what_is_put_can_be_read_in_another_session(session: Session, site: SiteRow) -> None:
    row = _thread(session, site, "https://blog.example.org/\0 \ud800")
    session.expunge_all()

    found = session.get_one(ThreadRow, row.id)

    assert found is not row
    assert (found.url, found.title, found.author) == ("https://blog.example.org/\0 \ud800", None, None)


def test_what_is_put_is_known_without_a_query(session: Session, site: SiteRow) -> None:
    row = _thread(session, site)
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *all_of_it: asked.append(all_of_it[2]))

    assert session.get(ThreadRow, row.id) is row
    assert (row.title, row.author) == (None, None)
    assert not session.dirty
    assert not session.new
    assert not asked
    assert row.site.id == site.id  # a relationship is looked up as ever


def test_defaults_are_those_of_the_table(session: Session, site: SiteRow) -> None:
    thread = _thread(session, site)
    now = cast.NOW
    given = {"created_at": now, "received_at": now, "due_at": now, "status": Status.HELD}
    row = put(session, CommentRow(site_id=site.id, thread_id=thread.id, key="id:1", urgency=0.0, priority=0.0, **given))

    kept = {name: getattr(row, name) for name in plain(CommentRow).columns.keys()}  # noqa: SIM118  # of a collection that is no dict
    session.expire(row)

    assert (row.protocol, row.is_pinned, row.held_for) == (Protocol.NATIVE, False, None)
    assert kept == {name: getattr(row, name) for name in kept}


def test_what_is_changed_is_written_and_leaves_nothing_to_flush(session: Session, site: SiteRow) -> None:
    row = _thread(session, site)

    change(session, row, title="News", author=None)

    assert (row.title, session.is_modified(row), session.dirty) == ("News", False, session.dirty)
    assert not session.dirty
    session.expire(row)
    assert row.title == "News"


def test_what_is_the_same_is_not_written(session: Session, site: SiteRow) -> None:
    row = _thread(session, site)
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *all_of_it: asked.append(all_of_it[2]))

    change(session, row, title=None, url=row.url)

    assert not asked


def test_a_change_keeps_what_still_waits_to_be_flushed(session: Session, site: SiteRow) -> None:
    row = _thread(session, site)
    row.author = "Ines"

    change(session, row, title="News")
    session.flush()
    session.expire(row)

    assert (row.title, row.author) == ("News", "Ines")


def test_what_is_put_goes_when_the_transaction_fails(database: Database) -> None:
    with database.writing() as session:
        site, _ = cast.add_site(session)

    def fail(session: Session) -> None:
        numbers.append(_thread(session, site).id)
        raise ValueError("the power went")

    numbers: list[int] = []
    with pytest.raises(ValueError, match="power"):
        database.write(fail)

    with database.reading() as session:
        assert session.get(ThreadRow, numbers[0]) is None


def test_what_the_database_refuses_is_refused(session: Session, site: SiteRow) -> None:
    _thread(session, site)
    with pytest.raises(IntegrityError), session.begin_nested():
        _thread(session, site)
    with pytest.raises(IntegrityError), session.begin_nested():
        put(session, RuleRow(site_id=site.id, label="spam", at_least=2.0, action=Action.HOLD))
