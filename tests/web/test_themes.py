"""The page of themes: asked for, shown, named, joined, left out, taken away as files."""

import io
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.app import build_bench
from service.domain.comment import Scores, Status
from service.settings import Settings
from service.store import comments, decisions, sites
from service.store.engine import Database
from service.store.tables import Origin, SiteRow, ThemeRow
from service.web.parts import EXTENSION
from tests import cast
from tests.ml.test_themes import planted
from tests.web.page import Page
from tests.work import find_themes

DAYS = "from=2026-11-21&to=2026-11-21"


@pytest.fixture
def site(blog: cast.Blog, sqlite: Database) -> int:
    """Return a blog with comments on four subjects, all of one day."""
    with sqlite.writing() as session:
        row = session.get(SiteRow, blog.site_id)
        assert row
        thread = sites.thread_of(session, row, cast.POST, cast.TITLE)
        for at, text in enumerate(planted(100)[0]):
            added = comments.add(session, row, thread, cast.comment(text, id=f"c{at}"), cast.NOW)
            comments.keep_scores(session, added.revision, Scores("m", {"spam": 0.0}), cast.NOW)
            decisions.add(session, added, Status.APPROVED, Origin.POLICY, cast.NOW, reasons=[])
        return row.id


@pytest.fixture
def found(ana: FlaskClient, app: Flask, settings: Settings, site: int) -> list[int]:
    """Let the blog's themes be asked for and found; return their numbers."""
    answer = ana.post("/themes", data={"site": site, "from": "2026-11-21", "to": "2026-11-21"})
    assert answer.status_code == 303, answer.text
    parts = app.extensions[EXTENSION]
    assert find_themes(build_bench(settings, app))
    with parts.database.reading() as session:
        return [row.id for row in session.query(ThemeRow).order_by(ThemeRow.place)]


def names(client: FlaskClient) -> list[str]:
    """Return what the themes on the page are called."""
    sections = Page(client.get(f"/themes?{DAYS}")).all("section", class_="theme")
    return [next(each.words for each in section.inside if each.tag == "bdi") for section in sections]


def test_themes_that_nobody_asked_for_can_be_asked_for(ana: FlaskClient, site: int) -> None:
    assert "Find themes" in ana.get(f"/themes?{DAYS}").text


def test_what_was_asked_for_is_said_to_be_on_its_way(ana: FlaskClient, site: int) -> None:
    asked = ana.post("/themes", data={"site": site, "from": "2026-11-21", "to": "2026-11-21"}, follow_redirects=True)
    assert "Themes are being looked for: 0 %." in asked.text


def test_themes_are_shown_with_their_words_and_typical_comments(ana: FlaskClient, found: list[int]) -> None:
    page = Page(ana.get(f"/themes?{DAYS}"))
    sections = page.all("section", class_="theme")
    assert len(sections) == 4
    assert all(sum(each.tag == "q" for each in section.inside) == 3 for section in sections)


def test_a_person_names_a_theme(ana: FlaskClient, found: list[int]) -> None:
    answer = ana.post(f"/themes/{found[0]}", data={"name": "Who pays"})
    assert answer.location.endswith(f"#theme-{found[0]}")
    assert "Who pays" in names(ana)


def test_a_person_joins_two_themes_and_parts_them(ana: FlaskClient, found: list[int]) -> None:
    ana.post(f"/themes/{found[0]}", data={"into": found[1]})
    assert len(names(ana)) == 3
    ana.post(f"/themes/{found[0]}", data={"into": ""})
    assert len(names(ana)) == 4


def test_a_person_leaves_a_theme_out_and_takes_it_in_again(ana: FlaskClient, found: list[int]) -> None:
    ana.post(f"/themes/{found[0]}", data={"hide": "yes"})
    assert (len(names(ana)), "Take in again" in ana.get(f"/themes?{DAYS}").text) == (3, True)
    ana.post(f"/themes/{found[0]}", data={"hide": "no"})
    assert len(names(ana)) == 4


@pytest.mark.parametrize("data", [{"name": "x" * 81}, {"into": "999"}])
def test_what_cannot_be_done_to_a_theme_is_said(ana: FlaskClient, found: list[int], data: dict[str, str]) -> None:
    assert ana.post(f"/themes/{found[0]}", data=data).status_code == 400


def test_a_viewer_looks_and_changes_nothing(viewer: FlaskClient, found: list[int]) -> None:
    page = Page(viewer.get(f"/themes?{DAYS}"))
    assert [form for form in page.all("form") if form.attributes.get("action", "").startswith("/themes")][1:] == []
    assert viewer.post(f"/themes/{found[0]}", data={"name": "x"}).status_code == 403


def test_the_themes_can_be_taken_away_as_a_table(ana: FlaskClient, found: list[int]) -> None:
    answer = ana.get(f"/themes.csv?{DAYS}")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="themes-1-2026-11-21-2026-11-21.csv"'
    assert answer.text.removeprefix("\ufeff").startswith("theme,words,comment,")
    assert cast.MAYA.name not in answer.text


def test_the_themes_can_be_taken_away_as_a_project(ana: FlaskClient, found: list[int]) -> None:
    answer = ana.get(f"/themes.qdpx?{DAYS}", buffered=True)
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    answer.close()
    assert archive.testzip() is None
    assert "project.qde" in archive.namelist()


@pytest.mark.parametrize("ending", ["csv", "qdpx"])
def test_where_there_are_no_themes_there_is_nothing_to_take_away(ana: FlaskClient, ending: str) -> None:
    answer = ana.get(f"/themes.{ending}")
    assert answer.status_code in (200, 302)
    assert answer.text == "" or ending == "qdpx"


def test_few_comments_are_said_to_be_too_few(ana: FlaskClient, app: Flask, settings: Settings, blog: cast.Blog) -> None:
    ana.post("/themes", data={"site": blog.site_id, "from": "2026-11-21", "to": "2026-11-21"})
    assert find_themes(build_bench(settings, app))
    assert "Not enough data: these days have 0 published comments" in ana.get(f"/themes?{DAYS}").text
