"""The page of a site's rules."""

from collections.abc import Sequence

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.domain.labels import LABELS, Action
from service.domain.policy import DEFAULT_RULES, Rule
from service.store import sites
from service.store.engine import Database
from service.store.tables import SiteRow
from tests import cast
from tests.web.page import Page

Row = tuple[str, str, str]


def save(client: FlaskClient, *rows: Row, site: int = 1) -> TestResponse:
    """Send the form with some rows."""
    label, at_least, action = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    return client.post(f"/rules/{site}", data={"label": label, "at_least": at_least, "action": action})


def kept(database: Database) -> Sequence[Rule]:
    """Return the rules that the site has."""
    with database.reading() as session:
        site = session.get(SiteRow, 1)
        assert site
        return sites.rules_of(site)


def test_without_a_site_the_page_says_how_to_add_one(ana: FlaskClient) -> None:
    assert "There is no site yet." in ana.get("/rules").text


def test_the_page_shows_the_rules_of_a_site(blog: cast.Blog, ana: FlaskClient) -> None:
    shown = [each.attributes["value"] for each in Page(ana.get("/rules")).all("input", name="at_least")[:-1]]
    assert shown == [str(rule.at_least) for rule in DEFAULT_RULES]


def test_the_page_says_how_far_each_label_may_go(blog: cast.Blog, ana: FlaskClient) -> None:
    rows = [
        [each.words for each in row.inside]
        for row in Page(ana.get("/rules")).all("table")[-1].inside
        if row.tag == "tr"
    ]
    assert [(row[0], row[2]) for row in rows[1:]] == [(each.name, each.strongest) for each in LABELS.values()]


def test_a_form_that_is_sent_back_unchanged_changes_nothing(
    blog: cast.Blog, admin: FlaskClient, sqlite: Database
) -> None:
    save(admin, *((rule.label, str(rule.at_least), rule.action) for rule in DEFAULT_RULES), ("abusive", "", "mark"))
    assert tuple(kept(sqlite)) == DEFAULT_RULES


def test_saved_rules_are_kept(blog: cast.Blog, admin: FlaskClient, sqlite: Database) -> None:
    save(admin, ("abusive", "0.9", "reject"), ("cost", "0.5", "hold"))
    assert tuple(kept(sqlite)) == (Rule("abusive", 0.9, Action.REJECT), Rule("cost", 0.5, Action.HOLD))


def test_a_saved_page_says_so(blog: cast.Blog, admin: FlaskClient) -> None:
    assert Page(admin.get(save(admin).location)).one("p", role="status").words.startswith("Saved.")


def test_comments_are_decided_by_the_saved_rules(blog: cast.Blog, admin: FlaskClient) -> None:
    save(admin, ("abusive", "0.2", "reject"))
    assert blog.post(cast.UNKIND).json["status"] == "rejected"


def test_without_rules_nothing_is_held(blog: cast.Blog, admin: FlaskClient) -> None:
    save(admin)
    assert blog.post(cast.UNKIND).json["status"] == "approved"


def test_a_row_without_a_probability_is_no_rule(blog: cast.Blog, admin: FlaskClient, sqlite: Database) -> None:
    save(admin, ("abusive", " ", "hold"))
    assert tuple(kept(sqlite)) == ()


def test_a_comma_will_do(blog: cast.Blog, admin: FlaskClient, sqlite: Database) -> None:
    save(admin, ("abusive", "0,9", "hold"))
    assert [rule.at_least for rule in kept(sqlite)] == [0.9]


REFUSED_FORM = {"label": "critical", "at_least": "0.5", "action": "reject"}
TOO_STRONG = [
    (label.key, "0.5", action.value)
    for label in LABELS.values()
    for action in Action
    if action.strictness > label.strongest.strictness
]
REFUSED: list[tuple[Row, ...]] = [
    *((row,) for row in TOO_STRONG),
    (("rude", "0.5", "hold"),),
    (("", "0.5", "hold"),),
    (("abusive", "0.5", "approve"),),
    (("abusive", "0.5", "burn"),),
    (("abusive", "0.5", ""),),
    *(
        (("abusive", number, "hold"),)
        for number in ("0", "1.01", "-1", "nan", "inf", "1e-400", "half", "0.5.1", "50 %")
    ),
    (("abusive", "0.5", "hold"), ("abusive", "0.6", "hold")),
    (("abusive", "0.5", "hold"), ("critical", "0.5", "reject")),
]


def reads_twice(client: FlaskClient) -> bool:
    """Whether the box is ticked."""
    return "checked" in Page(client.get("/rules")).one("input", name="reads_twice").attributes


def test_the_second_reader_reads_what_is_in_doubt_until_somebody_wants_more(
    blog: cast.Blog, admin: FlaskClient
) -> None:
    assert not reads_twice(admin)


def test_a_ticked_box_is_kept_and_an_empty_one_too(blog: cast.Blog, admin: FlaskClient) -> None:
    admin.post("/rules/1", data={"reads_twice": "on"})
    assert reads_twice(admin)
    admin.post("/rules/1", data={})
    assert not reads_twice(admin)


def test_refused_rules_leave_the_box_as_it_was_saved(blog: cast.Blog, admin: FlaskClient) -> None:
    admin.post("/rules/1", data={**REFUSED_FORM, "reads_twice": "on"})
    assert not reads_twice(admin)


def test_what_was_ticked_is_shown_again_where_the_rules_were_refused(blog: cast.Blog, admin: FlaskClient) -> None:
    refused = Page(admin.post("/rules/1", data={**REFUSED_FORM, "reads_twice": "on"}))
    assert "checked" in refused.one("input", name="reads_twice").attributes


@pytest.mark.parametrize("rows", REFUSED, ids=str)
def test_rules_that_cannot_be_are_refused(blog: cast.Blog, admin: FlaskClient, rows: tuple[Row, ...]) -> None:
    assert save(admin, *rows).status_code == 400


def test_refused_rules_change_nothing(blog: cast.Blog, admin: FlaskClient, sqlite: Database) -> None:
    for rows in REFUSED:
        save(admin, *rows)
    assert tuple(kept(sqlite)) == DEFAULT_RULES


def test_a_refusal_says_why(blog: cast.Blog, admin: FlaskClient) -> None:
    answer = save(admin, ("critical", "0.5", "reject"))
    said = "A rule on Critical may go as far as mark, not reject. Nothing was changed."
    assert Page(answer).one("p", role="alert").words == said


def test_the_rules_of_a_site_that_is_not_there_are_404(blog: cast.Blog, admin: FlaskClient) -> None:
    assert save(admin, site=99).status_code == 404


def test_a_moderator_sees_the_rules_but_no_button(blog: cast.Blog, ana: FlaskClient) -> None:
    forms = [
        each
        for each in Page(ana.get("/rules")).all("form")
        if (each.attributes.get("action") or "").startswith("/rules")
    ]
    assert [each.tag for form in forms for each in form.inside if each.tag == "button"] == []


def saved_care(database: Database) -> tuple[int, str | None]:
    with database.reading() as session:
        site = session.get(SiteRow, 1)
        assert site
        return site.longest_wait_hours, site.help_text


def test_an_admin_says_how_long_anything_waits_and_what_helps(
    blog: cast.Blog, admin: FlaskClient, sqlite: Database
) -> None:
    admin.post("/rules/1", data={"longest_wait": "24", "help_text": " Ring Maya. "})
    assert saved_care(sqlite) == (24, "Ring Maya.")


@pytest.mark.parametrize("wait", ["0", "-1", "x", "", "1.5", "9" * 4000, "\u0663"])
def test_what_is_no_number_of_hours_is_refused_and_shown_again(
    blog: cast.Blog, admin: FlaskClient, sqlite: Database, wait: str
) -> None:
    answer = admin.post("/rules/1", data={"longest_wait": wait, "help_text": "Ring Maya."})
    page = Page(answer)
    assert (answer.status_code, saved_care(sqlite)) == (400, (72, None))
    assert page.one("input", name="longest_wait").attributes["value"] == wait
    assert page.one("textarea", name="help_text").text == "Ring Maya."


def test_a_help_text_that_is_a_book_is_refused(blog: cast.Blog, admin: FlaskClient, sqlite: Database) -> None:
    answer = admin.post("/rules/1", data={"help_text": "a" * 4001})
    assert (answer.status_code, saved_care(sqlite)) == (400, (72, None))
