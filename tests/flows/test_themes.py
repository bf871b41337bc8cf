"""Finding themes, what people make of them, and how they leave."""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import xmlschema
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.comment import Author, Scores, Status
from service.flows import theme_files
from service.flows import themes as flow
from service.flows.intake import Intake
from service.flows.jobs import Bench
from service.flows.themes import ThemeRefused
from service.outgoing import Message, Outcome
from service.store import comments, leases, themes
from service.store import sites as site_store
from service.store.discussions import SiteDays
from service.store.engine import Database
from service.store.tables import JobStatus, ThemeCommentRow, ThemeRow, ThemeRunRow
from tests import cast
from tests.ml.test_themes import planted
from tests.work import find_themes

COUNT = 100
SCHEMA = Path(__file__).parent.parent / "archives" / "refi_qda" / "Project.xsd"


def nobody(_message: Message) -> Outcome:
    raise AssertionError("finding themes tells nobody")


@pytest.fixture
def bench(database: Database, intake: Intake) -> Bench:
    """Return what the worker works with."""
    return Bench(database.reading, database.writing, intake, nobody)


@pytest.fixture
def stretch(database: Database) -> SiteDays:
    """Return a day of a blog with comments on four subjects."""
    with database.writing() as session:
        site = cast.add_site(session)[0]
        thread = site_store.thread_of(session, site, cast.POST, cast.TITLE)
        for at, text in enumerate(planted(COUNT)[0]):
            author = Author(id=str(at % 7), name=f"Reader{at % 7}", email=f"r{at % 7}@example.org")
            row = comments.add(session, site, thread, cast.comment(text, author, id=f"c{at}"), cast.NOW)
            comments.keep_scores(session, row.revision, Scores("m", {"spam": 0.0, "cost": 0.9}, ("cost",)), cast.NOW)
            row.status = Status.APPROVED
        return SiteDays(site.id, cast.NOW.date(), cast.NOW.date() + timedelta(days=1))


@contextmanager
def found(bench: Bench, stretch: SiteDays) -> Iterator[tuple[Session, ThemeRunRow]]:
    """Ask for themes, let the worker find them, and open a transaction on them."""
    with bench.writing() as session:
        flow.ask(session, stretch, cast.NOW)
    assert find_themes(bench, lambda: cast.NOW)
    with bench.writing() as session:
        run = themes.run_of(session, stretch)
        assert run
        yield session, run


def test_themes_are_found_when_they_are_asked_for(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        assert (run.status, run.of, run.sampled, run.progress) == (JobStatus.DONE, COUNT, COUNT, 1.0)
        assert len(run.themes) == 4
        assert sum(themes.counts(session, run).values()) > 0.8 * COUNT


def test_nothing_is_done_unasked(bench: Bench, stretch: SiteDays) -> None:
    assert find_themes(bench, lambda: cast.NOW) is False


def test_what_is_asked_for_twice_is_found_once(bench: Bench, stretch: SiteDays) -> None:
    with bench.writing() as session:
        flow.ask(session, stretch, cast.NOW)
        flow.ask(session, stretch, cast.NOW)
    assert [find_themes(bench, lambda: cast.NOW) for _ in range(2)] == [True, False]


def test_what_somebody_is_at_is_left_to_them_until_they_are_dead(bench: Bench, stretch: SiteDays) -> None:
    with bench.writing() as session:
        flow.ask(session, stretch, cast.NOW)
        assert leases.lease(session, ThemeRunRow, cast.NOW, flow.LEASE_SECONDS)
    assert find_themes(bench, lambda: cast.NOW) is False
    assert find_themes(bench, lambda: cast.NOW + timedelta(seconds=flow.LEASE_SECONDS + 1)) is True


def test_what_kills_everybody_who_is_at_it_is_given_up(bench: Bench, stretch: SiteDays) -> None:
    moment = cast.NOW
    with bench.writing() as session:
        flow.ask(session, stretch, moment)
        for _ in range(3):
            assert leases.lease(session, ThemeRunRow, moment, 60)
            moment += timedelta(seconds=61)
        assert leases.lease(session, ThemeRunRow, moment, 60) is None
        run = themes.run_of(session, stretch)
        assert run
        assert (run.status, run.last_error) == (JobStatus.GAVE_UP, "it ended without a word 3 times")


def test_a_failure_is_shown_where_the_themes_would_be(
    bench: Bench, stretch: SiteDays, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(flow.Themes, "fit", broken)
    with found(bench, stretch) as (_, run):
        assert (run.status, run.last_error) == (JobStatus.GAVE_UP, "MemoryError: no room")


def test_few_comments_have_no_themes(bench: Bench, stretch: SiteDays) -> None:
    empty = SiteDays(stretch.site_id, stretch.start - timedelta(days=9), stretch.start)
    with found(bench, empty) as (_, run):
        assert (run.status, run.of, run.themes) == (JobStatus.DONE, 0, [])


def test_of_many_comments_some_are_drawn_and_all_are_assigned(
    bench: Bench, stretch: SiteDays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "MOST_SAMPLED", 80)
    monkeypatch.setattr(flow, "_ASSIGNED_AT_ONCE", 30)
    with found(bench, stretch) as (session, run):
        assert (run.of, run.sampled) == (COUNT, 80)
        assert sum(themes.counts(session, run).values()) > 80


def test_what_people_made_of_themes_stays_when_they_are_found_again(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        named, hidden, joined = run.themes[0].id, run.themes[1].id, run.themes[2].id
        flow.rename(session, named, "  Who   pays ")
        flow.hide(session, hidden, is_hidden=True)
        flow.merge(session, joined, named)
    with found(bench, stretch) as (_, run):
        again = {each.id: each for each in run.themes}
        assert again[named].name == "Who pays"
        assert again[hidden].is_hidden
        assert again[joined].merged_into_id == named


def test_a_name_goes_over_to_the_next_stretch_of_days(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        flow.rename(session, run.themes[0].id, "Who pays")
    longer = SiteDays(stretch.site_id, stretch.start, stretch.end + timedelta(days=7))
    with found(bench, longer) as (_, run):
        assert [each.name for each in run.themes if each.name] == ["Who pays"]


def test_a_named_theme_that_is_not_found_again_is_said_to_be_lost(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        session.add(ThemeRow(run_id=run.id, place=9, words=[["zebra", 1.0]], name="Zebras", is_hidden=False))
    with found(bench, stretch) as (_, run):
        assert (run.lost, len(run.themes)) == (["Zebras"], 4)


def test_a_theme_joined_to_one_that_is_lost_stands_by_itself(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        lost = ThemeRow(run_id=run.id, place=9, words=[["zebra", 1.0]], name=None, is_hidden=False)
        session.add(lost)
        session.flush()
        run.themes[0].merged_into_id = lost.id
    with found(bench, stretch) as (_, run):
        assert [each.merged_into_id for each in run.themes] == [None] * 4


def test_what_is_joined_to_a_joined_theme_goes_with_it(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        one, two, three, _ = (each.id for each in run.themes)
        flow.merge(session, one, two)
        flow.merge(session, two, three)
        assert {each.merged_into_id for each in run.themes[:2]} == {three}
        with pytest.raises(ThemeRefused):
            flow.merge(session, three, one)
        flow.merge(session, one, None)
        assert run.themes[0].merged_into_id is None


@pytest.mark.parametrize("act", ["itself", "long", "gone"])
def test_what_cannot_be_done_to_a_theme_is_refused(bench: Bench, stretch: SiteDays, act: str) -> None:
    with found(bench, stretch) as (session, run), pytest.raises(ThemeRefused):
        number = run.themes[0].id
        if act == "itself":
            flow.merge(session, number, number)
        elif act == "long":
            flow.rename(session, number, "x" * (flow.LONGEST_NAME + 1))
        else:
            flow.rename(session, 999, "x")


def test_a_withdrawn_comment_is_typical_of_nothing(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        theme = run.themes[0].id
        [first] = themes.typical(session, [theme], 1)
        before = themes.counts(session, run)[theme]
        row = comments.get(session, first)
        assert row
        row.status = Status.WITHDRAWN
        session.flush()
        assert first not in themes.typical(session, [theme], COUNT)
        assert themes.counts(session, run)[theme] == before - 1


def test_when_a_site_goes_its_themes_go(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        session.delete(run.site)
        session.flush()
        assert session.scalars(select(ThemeCommentRow)).all() == []


def read(session: Session, run: ThemeRunRow) -> list[dict[str, str]]:
    """Return the rows of a run's table."""
    text = "".join(theme_files.as_csv(session, run, "secret")).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_table_holds_every_comment_of_a_theme_that_is_shown(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        flow.rename(session, run.themes[0].id, "Who pays")
        flow.merge(session, run.themes[1].id, run.themes[0].id)
        flow.hide(session, run.themes[2].id, is_hidden=True)
        counts = themes.counts(session, run)
        rows = read(session, run)
    ids = [each.id for each in run.themes]
    assert sum(row["theme"] == "Who pays" for row in rows) == counts[ids[0]] + counts[ids[1]]
    assert len(rows) == sum(counts.values()) - counts[ids[2]]


def test_nobodys_name_or_address_leaves_with_the_themes(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        table = "".join(theme_files.as_csv(session, run, "secret"))
        file = io.BytesIO()
        theme_files.write_qdpx(session, run, "secret", cast.NOW, file)
    archive = zipfile.ZipFile(file)
    everything = table + "".join(archive.read(name).decode() for name in archive.namelist())
    assert "Reader" not in everything
    assert "r1@example.org" not in everything


def test_an_author_has_one_pseudonym_in_table_and_project(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        authors = {row["author"] for row in read(session, run)}
        file = io.BytesIO()
        theme_files.write_qdpx(session, run, "secret", cast.NOW, file)
    archive = zipfile.ZipFile(file)
    [source] = [name for name in archive.namelist() if name.startswith("sources/")]
    assert len(authors) == 7
    assert all(each in archive.read(source).decode() for each in authors)


def test_the_project_of_a_run_is_as_the_standard_says(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        file = io.BytesIO()
        theme_files.write_qdpx(session, run, "secret", cast.NOW, file)
        named = [theme_files.name_of(each) for each in run.themes]
    xml = zipfile.ZipFile(file).read("project.qde").decode()
    assert list(xmlschema.XMLSchema(SCHEMA).iter_errors(xml)) == []
    assert all(f'name="{each}"' in xml for each in named)
    assert xml.count("<PlainTextSelection") == COUNT


def test_what_is_not_published_is_in_no_file(bench: Bench, stretch: SiteDays) -> None:
    with found(bench, stretch) as (session, run):
        before = len(read(session, run))
        [first] = themes.typical(session, [run.themes[0].id], 1)
        row = comments.get(session, first)
        assert row
        row.status = Status.REJECTED
        session.flush()
        assert len(read(session, run)) == before - 1
