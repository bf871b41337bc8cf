"""The page of the sites: reasons to choose from, second opinions, how long originals are kept."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.domain.reasons import DEFAULT_REASONS, CannedReason
from service.store import sites
from service.store.engine import Database
from service.store.tables import SiteRow
from tests import cast
from tests.web.page import Page

Row = tuple[str, str]
RUDE = ("Rude", "Please say it kindly.")


def save(client: FlaskClient, *rows: Row, site: int = 1, days: str = "30", guards: bool = True) -> TestResponse:
    """Send the form with some reasons."""
    sent: dict[str, object] = {"keeps_originals_days": days}
    sent["name"], sent["sentence"] = [name for name, _ in rows], [sentence for _, sentence in rows]
    return client.post(f"/sites/{site}", data={**sent, **({"guards_conflicts": "on"} if guards else {})})


def kept(database: Database) -> tuple[tuple[CannedReason, ...], bool, int]:
    """Return what the site has: reasons, whether it wants second opinions, days."""
    with database.reading() as session:
        site = session.get_one(SiteRow, 1)
        return sites.reasons_of(site), site.guards_conflicts, site.keeps_originals_days


NOTHING_CHANGED = (DEFAULT_REASONS, True, 30)


def typed(page: Page) -> list[Row]:
    """Return the reasons in the form that are not empty."""
    names = [each.attributes["value"] or "" for each in page.all("input", name="name")]
    sentences = [each.text for each in page.all("textarea", name="sentence")]
    return [row for row in zip(names, sentences, strict=True) if any(row)]


def test_without_a_site_the_page_says_how_to_add_one(ana: FlaskClient) -> None:
    assert "There is no site yet." in ana.get("/sites").text


def test_the_page_shows_what_a_site_begins_with_and_room_for_more(blog: cast.Blog, ana: FlaskClient) -> None:
    page = Page(ana.get("/sites"))
    assert typed(page) == [(each.name, each.sentence) for each in DEFAULT_REASONS]
    assert len(page.all("input", name="name")) == 9


def test_the_form_sent_back_as_it_is_changes_nothing(blog: cast.Blog, admin: FlaskClient, sqlite: Database) -> None:
    answer = save(admin, *typed(Page(admin.get("/sites"))), ("", ""), ("", ""), ("", ""))
    assert (answer.status_code, answer.location, kept(sqlite)) == (303, "/sites?saved=1", NOTHING_CHANGED)
    assert Page(admin.get(answer.location)).one("p", role="status").words == "Saved."


def test_what_was_saved_is_kept(blog: cast.Blog, admin: FlaskClient, sqlite: Database) -> None:
    save(admin, (" Rude ", " Please say it kindly.\n"), ("", " "), ("Shop", ""), days=" 7 ", guards=False)
    assert kept(sqlite) == ((CannedReason(*RUDE), CannedReason("Shop", "")), False, 7)


def test_a_site_may_have_no_reasons(blog: cast.Blog, admin: FlaskClient, sqlite: Database) -> None:
    save(admin)
    assert kept(sqlite)[0] == ()


def test_what_was_saved_is_what_moderators_choose_from(held: int, admin: FlaskClient) -> None:
    save(admin, RUDE)
    [choice] = Page(admin.get("/queue")).all("select", name="canned")
    assert [(each.words, each.attributes.get("title")) for each in choice.inside[1:]] == [RUDE]


TEN = tuple((f"Reason {number}", "") for number in range(10))
REFUSED = [
    (TEN, "30", "There are 10 reasons. Keep at most 9, one for each digit."),
    ((RUDE, ("rude ", "Again.")), "30", "Two reasons are called “rude”."),
    ((("", "A sentence without a name."),), "30", "A reason's name has 1 to 60 characters"),
    ((("n" * 61, ""),), "30", "has 61."),
    ((("Rude", "s" * 1001),), "30", "Write at most 1000."),
    *(
        ((RUDE,), days, "Write days from 1 to 3650.")
        for days in ("0", "-1", "x", "", "1.5", "3651", "9" * 4000, "\u0663")
    ),
]


@pytest.mark.parametrize(("rows", "days", "said"), REFUSED)
def test_what_cannot_be_is_refused_and_shown_again(
    blog: cast.Blog, admin: FlaskClient, sqlite: Database, rows: tuple[Row, ...], days: str, said: str
) -> None:
    answer = save(admin, *rows, days=days, guards=False)
    page = Page(answer)
    notice = page.one("p", role="alert").words
    assert (answer.status_code, said in notice, kept(sqlite)) == (400, True, NOTHING_CHANGED)
    assert (typed(page), page.one("input", name="keeps_originals_days").attributes["value"]) == (list(rows), days)
    assert "checked" not in page.one("input", name="guards_conflicts").attributes


def test_what_was_typed_is_shown_at_its_own_site_only(blog: cast.Blog, admin: FlaskClient, sqlite: Database) -> None:
    with sqlite.writing() as session:
        cast.add_site(session, "https://other.example.org")
    page = Page(save(admin, RUDE, days="x"))
    assert [each.attributes["value"] for each in page.all("input", name="keeps_originals_days")].count("x") == 1
    assert len(typed(page)) == 1 + len(DEFAULT_REASONS)


@pytest.mark.parametrize("number", [0, 2, 2**31, 2**70])
def test_a_site_that_is_not_there_is_404(blog: cast.Blog, admin: FlaskClient, number: int) -> None:
    assert save(admin, RUDE, site=number).status_code == 404


def test_only_an_admin_saves(
    blog: cast.Blog, ana: FlaskClient, viewer: FlaskClient, client: FlaskClient, sqlite: Database
) -> None:
    assert [save(each, RUDE).status_code for each in (ana, viewer, client)] == [403, 403, 302]
    assert kept(sqlite) == NOTHING_CHANGED


def test_a_moderator_sees_them_but_no_button(blog: cast.Blog, ana: FlaskClient) -> None:
    page = Page(ana.get("/sites"))
    forms = [each for each in page.all("form") if (each.attributes.get("action") or "").startswith("/sites")]
    assert [each.tag for form in forms for each in form.inside if each.tag == "button"] == []
    assert "Only an admin can change this." in page.one("section", **{"aria-labelledby": "site-1"}).words
