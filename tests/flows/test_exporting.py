"""What goes out comes in again: an export of an import of an export is the export."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from service.archives import formats
from service.archives.files import Source
from service.domain.archive import Earlier, Format, Record
from service.domain.comment import Author, Comment, Scores, Status
from service.flows import exporting, redaction
from service.flows import intake as flow
from service.flows.archiving import File, Importer
from service.flows.intake import Intake
from service.flows.scorers import Here
from service.ml.classifier import Classifier
from service.store import decisions, sites
from service.store.engine import Database
from service.store.tables import CommentRow, Origin, SiteRow, UserRow
from tests import cast
from tests.flows.conftest import Receive, decide, undo

LATER = datetime(2026, 11, 22, tzinfo=UTC)

# Not "\r" and "\x85" alone but anything: what people send is kept as it is.
anything = st.text(st.characters(exclude_categories=()), min_size=1, max_size=40)
texts = anything.filter(lambda each: bool(each.strip()))
names = st.none() | texts
moments = st.datetimes(datetime(1990, 1, 1), datetime(2026, 11, 20), timezones=st.just(UTC))
rulings = st.builds(
    Earlier,
    st.sampled_from([Status.APPROVED, Status.REJECTED, Status.SPAM]),
    moments,
    names,
    st.none() | st.lists(st.sampled_from(["spam", "cost", "abusive"]), min_size=1, unique=True).map(tuple),
)
stands = st.lists(rulings, max_size=3).map(tuple) | st.just((Earlier(Status.HELD),))
comments = st.builds(
    Comment,
    text=texts,
    thread_url=st.sampled_from([f"https://relay.example.org/{each}" for each in "abc"]),
    thread_title=st.just("The title"),
    id=st.none() | st.integers(1, 8).map(str),
    parent_id=st.none() | st.integers(1, 9).map(str),
    author=st.builds(Author, names, names, names, names, names, names),
    created_at=moments,
)
archives = st.lists(st.builds(Record, comments, st.just("somewhere"), stands), min_size=1, max_size=8)


class Indifferent(Classifier):
    """Thinks nothing of anything: what stands where is told by the archive alone."""

    def __init__(self) -> None:
        self.name = "indifferent"
        self._second = None

    def score(self, readings: object, **_how: object) -> list[Scores]:
        return [Scores(self.name, {"abusive": 0.1}, language="en") for _ in readings]  # type: ignore[attr-defined]


@pytest.fixture
def site(session: Session) -> SiteRow:
    return cast.add_site(session)[0]


def exported(database: Database, named: Format) -> str:
    with database.reading() as session:
        site = sites.by_url(session, "https://relay.example.org")
        assert site
        return "".join(formats.WRITERS[named](exporting.records(session, site)))


def imported(database: Database, path: Path, named: Format) -> None:
    """Import a file into the site, made anew."""
    with database.writing() as session:
        session.execute(text("DELETE FROM sites"))
        cast.add_site(session)
    with Source(path) as source:
        file = File("archive", named, source.fingerprint(), lambda url: formats.read(source, named, url))
        Importer(database, "https://relay.example.org", file, (), lambda: LATER).run(
            Here(Indifferent()), lambda _: None, lambda: False
        )


@pytest.mark.parametrize("named", [Format.JSONL, Format.CSV])
def test_an_export_of_an_import_of_an_export_is_the_export(named: Format, sqlite: Database, tmp_path: Path) -> None:
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(archives)
    def law(records: list[Record]) -> None:
        path = tmp_path / "archive"
        path.write_text("".join(formats.WRITERS[named](records)), "utf-8", "surrogatepass", newline="")
        imported(sqlite, path, named)
        once = exported(sqlite, named)
        path.write_text(once, "utf-8", "surrogatepass", newline="")
        imported(sqlite, path, named)
        assert exported(sqlite, named) == once

    law()


def records_of(session: Session, site: SiteRow) -> list[Record]:
    session.flush()
    return list(exporting.records(session, site))


def test_a_comment_goes_out_as_it_came(session: Session, site: SiteRow, receive: Receive) -> None:
    comment = cast.comment(cast.KIND, id="1", parent_id="0", created_at=datetime(2020, 1, 2, tzinfo=UTC))
    receive(comment)
    [record] = records_of(session, site)
    assert (record.comment, record.earlier) == (comment, (Earlier(Status.APPROVED, cast.NOW),))


def test_what_people_decided_goes_out_and_what_they_undid_does_not(
    session: Session, site: SiteRow, receive: Receive, moderator: UserRow
) -> None:
    row = receive(cast.comment(cast.UNKIND, id="1"))
    undo(session, decide(session, row, moderator, "approve"), moderator)
    decide(session, row, moderator, "spam", reason="It sells.", labels=["spam"])
    [record] = records_of(session, site)
    assert record.earlier == (Earlier(Status.SPAM, cast.NOW, "It sells.", ("spam",)),)


def test_what_waits_goes_out_as_held(session: Session, site: SiteRow, receive: Receive, moderator: UserRow) -> None:
    row = receive(cast.comment(cast.UNKIND, id="1"))
    decide(session, row, moderator, "approve")
    decide(session, row, moderator, "hold", seen=row.decision.number)
    [record] = records_of(session, site)
    assert [each.status for each in record.earlier] == [Status.APPROVED, Status.HELD]


def test_what_was_edited_goes_out_as_it_now_stands(
    session: Session, site: SiteRow, receive: Receive, moderator: UserRow, intake: Intake
) -> None:
    row = receive(cast.comment(cast.UNKIND, id="1"))
    decide(session, row, moderator, "reject")
    flow.edit(session, intake, row, cast.KIND, LATER)
    [record] = records_of(session, site)
    assert (record.comment.text, [each.status for each in record.earlier]) == (
        cast.KIND,
        [Status.REJECTED, Status.HELD],
    )


def test_what_was_redacted_goes_out_without_its_personal_data(
    session: Session, site: SiteRow, receive: Receive, moderator: UserRow, intake: Intake
) -> None:
    row = receive(cast.comment(f"{cast.KIND} Write to rolf@example.org.", id="1"))
    decide(session, row, moderator, "approve")
    redaction.redact(session, row, moderator, redaction.prepare(intake, row), now=LATER, undo_seconds=8)
    [record] = records_of(session, site)
    assert "rolf@" not in record.comment.text
    assert record.earlier == (Earlier(Status.APPROVED, cast.NOW),)


def test_what_was_withdrawn_does_not_go_out(session: Session, site: SiteRow, receive: Receive) -> None:
    flow.withdraw(session, receive(cast.comment(cast.KIND, id="1")), cast.NOW)
    assert records_of(session, site) == []


def test_another_sites_comments_do_not_go_out(session: Session, receive: Receive) -> None:
    receive(cast.comment(cast.KIND, id="1"))
    other, _ = cast.add_site(session, "https://other.example.org")
    assert records_of(session, other) == []


def test_many_go_out_in_the_order_in_which_they_came(
    session: Session, site: SiteRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_AT_ONCE", 3)
    for each in _rows(session, site, 10):
        decisions.add(session, each, Status.APPROVED, Origin.POLICY, cast.NOW)
    assert [each.comment.id for each in records_of(session, site)] == [str(each) for each in range(10)]


def _rows(session: Session, site: SiteRow, count: int) -> Iterator[CommentRow]:
    from service.store import comments as stored

    thread = sites.thread_of(session, site, cast.POST, cast.TITLE)
    for each in range(count):
        yield stored.add(session, site, thread, cast.comment(cast.KIND, id=str(each)), cast.NOW)
