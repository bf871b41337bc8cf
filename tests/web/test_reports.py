"""The pages of reports: the form, what it refuses, a report's page and its files, and that it stays as it was."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from service.domain.comment import Status
from service.domain.labels import LABELS
from service.domain.tone_json import from_json
from service.flows import intake
from service.flows import reports as flow
from service.store import comments
from service.store import reports as store
from service.store.engine import Database
from service.store.tables import AskedReportRow, CommentRow, Maker, ReportRow, RevisionRow, SiteRow
from service.web import report_files
from service.web import reports as pages
from service.web.report_csv import COLUMNS
from tests import cast, reports
from tests.web.page import Page
from tests.web.reporting import bench_of, make_report
from tests.work import make_report as make_asked_report

DAYS = {"from": "2026-11-09", "to": "2026-11-22", "step": "week"}
GERMAN = {"Accept-Language": "de"}


def make(browser: FlaskClient, site: int, **asked: str) -> TestResponse:
    return make_report(browser, {"site": str(site), **DAYS, **asked})


@pytest.fixture
def made(ana: FlaskClient, filled: int) -> str:
    """Return where a report stands that Ana made."""
    return make(ana, filled).location


def row_of(database: Database, number: int = 1) -> ReportRow:
    with database.reading() as session:
        row = store.get(session, number)
        assert row
        return row


def test_without_a_site_the_page_says_how_to_add_one(ana: FlaskClient) -> None:
    assert "There is no site yet." in ana.get("/reports").text


def test_the_form_begins_with_the_last_month_and_its_presets_are_there(ana: FlaskClient, blog: cast.Blog) -> None:
    page = Page(ana.get("/reports"))
    first, last = (page.one("input", name=name).attributes["value"] or "" for name in ("from", "to"))
    assert first.endswith("-01")
    assert first < last < datetime.now(UTC).date().isoformat()
    assert [each.attributes["value"] for each in page.all("button", name="preset")] == ["week", "month", "quarter"]
    assert "No report has been made yet." in ana.get("/reports").text


def test_a_report_is_made_kept_and_listed(ana: FlaskClient, sqlite: Database, made: str) -> None:
    row = row_of(sqlite)
    assert (row.made_by, row.user and row.user.name, row.models) == (Maker.PERSON, cast.ANA, [reports.MODEL])
    page = Page(ana.get("/reports"))
    [link] = [each for each in page.all("a") if each.attributes["href"] == made]
    assert (link.words, "by Ana" in page.one("table").words) == ("9 to 22 November 2026", True)


@pytest.mark.parametrize("preset", ["week", "month", "quarter"])
def test_a_preset_needs_no_days(ana: FlaskClient, filled: int, sqlite: Database, preset: str) -> None:
    answer = make_report(ana, {"site": str(filled), "preset": preset, "zone": "Europe/Berlin"})
    assert answer.status_code == 303
    row = row_of(sqlite)
    assert row.ends_on <= datetime.now(UTC).date()
    assert (row.zone, (row.ends_on - row.starts_on).days in range(7, 93)) == ("Europe/Berlin", True)


def test_the_form_remembers_whose_days_the_last_report_had(ana: FlaskClient, filled: int) -> None:
    make(ana, filled, zone="Europe/Berlin")
    assert Page(ana.get("/reports")).one("input", name="zone").attributes["value"] == "Europe/Berlin"


def test_a_discussion_leads_to_a_report_on_it(ana: FlaskClient, filled: int) -> None:
    [link] = [each for each in Page(ana.get("/threads/1")).all("a") if each.words == "a report on it"]
    page = Page(ana.get(link.attributes["href"] or ""))
    assert page.one("input", name="thread").attributes["value"] == cast.POST
    assert "open" in page.one("details").attributes


REFUSED = [
    ({"from": "2026-11-22", "to": "2026-11-09"}, "The report ends before it begins."),
    ({"from": "", "to": "2026-11-09"}, "'' is no day."),
    ({"from": "2026-02-30"}, "'2026-02-30' is no day."),
    ({"zone": "Mars/Olympus"}, "There is no time zone 'Mars/Olympus'."),
    ({"zone": "../../etc/passwd"}, "There is no time zone"),
    ({"step": "year"}, "A report has steps of a day, a week or a month."),
    ({"from": "1990-01-01", "step": "day"}, "at most 400 fit a report"),
    ({"from": "2999-01-01", "to": "2999-01-02"}, "These days are still to come."),
    ({"from": "9999-12-31", "to": "9999-12-31"}, "These days are still to come."),
    ({"thread": "https://relay.example.org/nowhere"}, "No comment under"),
]


@pytest.mark.parametrize(("asked", "said"), REFUSED)
def test_what_cannot_be_is_refused_and_shown_again(
    ana: FlaskClient, sqlite: Database, filled: int, asked: dict[str, str], said: str
) -> None:
    answer = make(ana, filled, **asked)
    page = Page(answer)
    assert (answer.status_code, said in page.one("p", role="alert").words) == (400, True)
    shown = {each.attributes.get("name"): each.attributes.get("value") for each in page.all("input")}
    assert {name: shown.get(name) for name in asked if name != "step"} == {
        name: value for name, value in asked.items() if name != "step"
    }
    with sqlite.reading() as session:
        assert store.page(session) == []


@pytest.mark.parametrize("site", ["", "x", "99", "-1", "²", "9" * 5000])
def test_a_site_that_is_not_there_is_404(ana: FlaskClient, filled: int, site: str) -> None:
    assert ana.post("/reports", data={"site": site, **DAYS}).status_code == 404


@pytest.mark.parametrize("path", ["/reports/2", "/reports/2.html", "/reports/1.pdf", f"/reports/{2**70}"])
def test_what_is_not_there_is_404(ana: FlaskClient, made: str, path: str) -> None:
    assert ana.get(path).status_code == 404


def test_the_page_has_sentences_pictures_and_tables(ana: FlaskClient, made: str) -> None:
    page = Page(ana.get(made))
    pictures = page.all("svg", class_="chart")
    assert page.one("h1").words == "Tone of The Relay"
    assert len(pictures) >= 4
    assert all(each.attributes["role"] == "img" for each in pictures)
    assert len(page.all("table")) >= len(pictures) - 1
    assert [each.attributes["id"] for each in page.all("h2")][:2] == ["readers-title", "staff-title"]


def test_a_report_stays_as_it_was_whatever_becomes_of_the_comments(
    ana: FlaskClient, sqlite: Database, filled: int, made: str
) -> None:
    before = Page(ana.get(made)).one("section", **{"aria-labelledby": "readers-title"}).words
    with sqlite.writing() as session:
        session.execute(update(CommentRow).values(status=Status.REJECTED, held_for="x", author_role="staff"))
    assert Page(ana.get(made)).one("section", **{"aria-labelledby": "readers-title"}).words == before


# Quotes


def quoted(page: Page) -> dict[str, str]:
    """Return what is quoted, and under what name."""
    found = page.all("figure", class_="quote")
    return {each.inside[0].words: each.inside[1].words.split(" · ")[0] for each in found}


def test_readers_are_quoted_under_made_up_names(ana: FlaskClient, made: str) -> None:
    found = quoted(Page(ana.get(made)))
    assert found
    assert all(re.fullmatch(r"— \w+ \w+ \d{3}", name) for name in found.values())
    assert quoted(Page(ana.get(made))) == found
    assert "Reader 1" not in ana.get(f"{made}.html").text


def test_what_is_no_longer_approved_or_was_withdrawn_is_no_longer_quoted(
    ana: FlaskClient, sqlite: Database, made: str
) -> None:
    with sqlite.writing() as session:
        numbers = [number for each in row_of(sqlite).quoted.values() for number in each]
        first, second, *_rest = numbers
        row = comments.locked(session, first)
        assert row
        gone = row.revision.text
        intake.withdraw(session, row, cast.NOW)
        session.execute(update(CommentRow).where(CommentRow.id == second).values(status=Status.REJECTED))
    found = quoted(Page(ana.get(made)))
    assert (len(found), gone in found) == (len(numbers) - 2, False)


@pytest.mark.parametrize(
    "text", ["Write to maya@example.org, all of you.", " ", "x" * 601, "Ring me on 020 7946 0958 tonight."]
)
def test_some_things_are_never_quoted(ana: FlaskClient, sqlite: Database, filled: int, text: str) -> None:
    with sqlite.writing() as session:
        session.execute(update(RevisionRow).values(text=text))
    make(ana, filled)
    assert row_of(sqlite).quoted == {}


def test_only_approved_comments_of_readers_are_chosen(ana: FlaskClient, sqlite: Database, made: str) -> None:
    chosen = [number for each in row_of(sqlite).quoted.values() for number in each]
    with sqlite.reading() as session:
        rows = session.scalars(select(CommentRow).where(CommentRow.id.in_(chosen))).all()
    assert {row.status for row in rows} == {Status.APPROVED}
    assert not {(row.author_role or "").lower() for row in rows} & {"staff", "editor"}
    assert len(set(chosen)) == len(chosen)
    assert set(row_of(sqlite).quoted) <= set(flow.QUOTED)


# Files


@pytest.mark.parametrize("kind", report_files.KINDS)
def test_each_file_is_had_and_kept_not_opened(ana: FlaskClient, made: str, kind: str) -> None:
    answer = ana.get(f"{made}.{kind}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="tone-2026-11-09-2026-11-22-1.{kind}"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_html_file_fetches_nothing_and_its_links_lead_here(ana: FlaskClient, made: str) -> None:
    text = ana.get(f"{made}.html").text
    page = Page(ana.get(f"{made}.html"))
    assert not [each.tag for each in page.elements if each.tag in ("link", "script", "img", "iframe", "object")]
    assert not [each for each in page.elements if "src" in each.attributes or "style" in each.attributes]
    assert "@import" not in text
    assert "url(http" not in text
    links = {each.attributes["href"] or "" for each in page.all("a")}
    assert all(each.startswith("http://127.0.0.1:8000/") for each in links)
    assert "color-scheme: light dark" in page.one("style").text


def test_the_json_file_says_what_the_page_says(ana: FlaskClient, sqlite: Database, made: str) -> None:
    told = json.loads(ana.get(f"{made}.json").data)
    assert (told["id"], told["first_day"], told["last_day"], told["made_by"]) == (
        "1",
        "2026-11-09",
        "2026-11-22",
        "person",
    )
    assert from_json(told["report"]) == flow.report_in(row_of(sqlite))


def test_the_csv_has_a_row_for_each_period_label_and_group(ana: FlaskClient, sqlite: Database, made: str) -> None:
    rows = list(csv.DictReader(io.StringIO(ana.get(f"{made}.csv").data.decode())))
    report = flow.report_in(row_of(sqlite))
    parts = [(row["speaker"], row["part"], row["from"], row["label"]) for row in rows]
    assert list(rows[0]) == list(COLUMNS)
    assert len(parts) == len(set(parts)) == len(report.lines) * (2 + 1 + 1) * len(LABELS)
    whole = {row["label"]: row for row in rows if (row["speaker"], row["part"]) == ("readers", "whole")}
    for label, share in report.lines[0].whole.shares.items():
        assert int(whole[label]["called"]) == share.counted
        assert whole[label]["share"] == ("" if share.value is None else f"{share.value:.6g}")


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_cell_of_the_csv_is_a_formula(ana: FlaskClient, sqlite: Database, filled: int, name: str) -> None:
    with sqlite.writing() as session:
        session.execute(update(CommentRow).values(author_role=name))
    where = make(ana, filled, group=name.strip()).location
    with sqlite.writing() as session:
        kept = session.get_one(ReportRow, 1)
        kept.report = {**kept.report, "scope": {**kept.report["scope"], "author_group": name}}
    rows = list(csv.reader(io.StringIO(ana.get(f"{where}.csv").data.decode())))
    cells = {cell for row in rows for cell in row}
    assert f"'{name}" in cells
    number = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
    assert not [each for each in cells if each[:1] in ("=", "+", "-", "@", "\t") and not number.fullmatch(each)]


def test_the_markdown_reads_well_as_it_is(ana: FlaskClient, made: str) -> None:
    lines = ana.get(f"{made}.md").text.splitlines()
    assert lines[0] == "# Tone of The Relay"
    tables = [line for line in lines if line.startswith("|")]
    assert tables
    assert max(map(len, tables)) < 200
    numbers = {each for line in lines for each in re.findall(r"\]\[(\d+)\]", line)}
    listed = {each for line in lines for each in re.findall(r"^\[(\d+)\]: http://127", line)}
    assert numbers == listed


def test_what_somebody_wrote_is_no_markdown_of_ours(ana: FlaskClient, sqlite: Database, filled: int) -> None:
    with sqlite.writing() as session:
        session.execute(update(RevisionRow).values(text="# Loud\n[here](http://evil.example) <b>*now*</b>"))
    text = ana.get(f"{make(ana, filled).location}.md").text
    assert "> \\# Loud" in text
    assert "\\[here\\](http://evil.example) \\<b\\>\\*now\\*\\</b\\>" in text


def test_files_for_people_are_in_their_language_and_those_for_programs_are_not(ana: FlaskClient, made: str) -> None:
    german = {kind: ana.get(f"{made}.{kind}", headers=GERMAN).data for kind in report_files.KINDS}
    english = {kind: ana.get(f"{made}.{kind}").data for kind in report_files.KINDS}
    assert {kind for kind in german if german[kind] != english[kind]} == {"html", "md"}


# Removing


def test_who_made_it_and_an_admin_may_remove_it_and_nobody_else(
    ana: FlaskClient, ben: FlaskClient, viewer: FlaskClient, made: str, sqlite: Database
) -> None:
    assert "Remove this report" not in ben.get(made).text
    assert [each.post(f"{made}/remove").status_code for each in (ben, viewer)] == [403, 403]
    assert ana.post(f"{made}/remove").status_code == 303
    assert ana.get(made).status_code == 404


def test_an_admin_removes_anybodys(ana: FlaskClient, app: Flask, sqlite: Database, filled: int) -> None:
    where = make(ana, filled).location
    browser = app.test_client()
    browser.post("/login", data={"name": "Ada", "password": cast.PASSWORD})
    assert browser.post(f"{where}/remove").status_code == 303


def test_a_viewer_reads_and_makes_none(viewer: FlaskClient, filled: int, made: str) -> None:
    assert viewer.get(made).status_code == 200
    assert Page(viewer.get("/reports")).all("form", action="/reports") == []
    assert make(viewer, filled).status_code == 403


def test_long_lists_go_on(ana: FlaskClient, sqlite: Database, filled: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        make(ana, filled)
    monkeypatch.setattr(store, "PAGE", 2)
    monkeypatch.setattr(store.page, "__defaults__", (None, None, 2))
    page = Page(ana.get("/reports"))
    assert [each.attributes["href"] for each in page.all("a") if each.words == "Older"] == ["/reports?before=2"]
    with sqlite.reading() as session:
        assert session.scalars(select(SiteRow.id)).all() == [filled]


@pytest.mark.parametrize("number", [-1, -(10**30), 0, 10**30])
def test_any_number_may_be_typed_to_begin_at(ana: FlaskClient, made: str, number: int) -> None:
    assert made
    for address in ("/reports", "/jobs"):
        assert ana.get(address, query_string={"before": number}).status_code == 200


# While it is made


def words_of(browser: FlaskClient, address: str) -> str:
    return Page(browser.get(address)).one("main").words


@pytest.fixture
def asked(ana: FlaskClient, filled: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return where a report will stand that Ana asked for and nobody makes yet."""
    monkeypatch.setattr(pages, "PATIENCE_SECONDS", 0.0)
    return ana.post("/reports", data={"site": str(filled), **DAYS}).location


def test_a_report_that_takes_longer_is_watched(ana: FlaskClient, sqlite: Database, asked: str) -> None:
    assert "waits for its turn" in Page(ana.get(asked)).one("p", class_="notice").words
    with sqlite.writing() as session:
        row = session.get_one(AskedReportRow, 1)
        row.leased_until, row.progress = datetime.now(UTC) + timedelta(minutes=1), 0.4
    page = Page(ana.get(asked))
    assert "It is being made: 40" in page.one("p", class_="notice").words
    assert page.one("progress").attributes["value"] == "0.4"
    listed = Page(ana.get("/reports"))
    [link] = [each for each in listed.all("a") if each.attributes["href"] == asked]
    assert link.words == "9 to 22 November 2026"
    assert "The Relay: 40" in words_of(ana, "/reports")
    assert "No report has been made yet." not in words_of(ana, "/reports")


def test_a_report_is_gone_to_once_it_is_made(ana: FlaskClient, app: Flask, asked: str) -> None:
    assert make_asked_report(bench_of(app))
    assert ana.get(asked).location == "/reports/1"
    ana.post("/reports/1/remove")
    assert "somebody has removed it" in words_of(ana, asked)


def test_a_report_is_called_off(ana: FlaskClient, app: Flask, asked: str, viewer: FlaskClient) -> None:
    assert "Do not make it" not in words_of(viewer, asked)
    page = Page(ana.get(asked))
    [form] = [each for each in page.all("form") if (each.attributes.get("action") or "").endswith("call-off")]
    assert ana.post(form.attributes["action"] or "").location == "/reports"
    assert "It was called off" in words_of(ana, asked)
    assert not make_asked_report(bench_of(app))


def test_why_a_report_could_not_be_made_is_said(ana: FlaskClient, app: Flask, sqlite: Database, asked: str) -> None:
    with sqlite.writing() as session:
        session.get_one(AskedReportRow, 1).zone = "Mars/Olympus"
    make_asked_report(bench_of(app))
    assert "There is no time zone 'Mars/Olympus'." in Page(ana.get(asked)).one("p", role="alert").words
