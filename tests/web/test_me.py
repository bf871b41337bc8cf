"""What each moderator chooses for themselves, and what the pages make of it."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.domain.preferences import KEYS, Preferences
from service.store import users
from service.store.engine import Database
from tests import cast
from tests.web.page import Page

AS_IT_COMES = {f"key-{action}": key for action, (key, _) in KEYS.items()}
ALL_ON = {"folds_abuse": "on", "keys_are_on": "on", "language": "", "names": "", **AS_IT_COMES}


def save(client: FlaskClient, **changed: str | None) -> TestResponse:
    """Send the form as it comes, but for what is changed; None leaves a field out, as a box that is not ticked."""
    sent = {name: value for name, value in {**ALL_ON, **changed}.items() if value is not None}
    return client.post("/me", data=sent)


def chosen(database: Database, name: str = cast.ANA) -> Preferences:
    with database.reading() as session:
        user = users.by_name(session, name)
        assert user
        return users.preferences_of(user)


def fields(page: Page) -> dict[str, str | None]:
    return {
        (each.attributes["name"] or "").removeprefix("key-"): each.attributes["value"]
        for each in page.all("input")
        if (each.attributes.get("name") or "").startswith("key-")
    }


def test_the_page_shows_every_key_as_it_comes(ana: FlaskClient) -> None:
    assert fields(Page(ana.get("/me"))) == {action: key for action, (key, _) in KEYS.items()}


def test_the_form_sent_back_as_it_is_changes_nothing(ana: FlaskClient, sqlite: Database) -> None:
    answer = save(ana)
    assert (answer.status_code, answer.location, chosen(sqlite)) == (303, "/me?saved=1", Preferences())
    assert Page(ana.get(answer.location)).one("p", role="status").words == "Saved."


def test_what_was_chosen_is_kept(ana: FlaskClient, sqlite: Database) -> None:
    names = " Dr Odell \r\n\r\nOdell\r\nDr Odell"
    save(ana, **{"key-approve": "b", "key-spam": ""}, folds_abuse=None, language="de", names=names)
    assert chosen(sqlite) == Preferences(
        folds_abuse=False, language="de", keys={"approve": "b"}, names=("Dr Odell", "Odell")
    )


def test_what_one_chooses_is_nobody_else_s(ana: FlaskClient, ben: FlaskClient, sqlite: Database) -> None:
    save(ana, **{"key-approve": "b"})
    assert chosen(sqlite, cast.BEN) == Preferences()


def test_a_viewer_chooses_too(viewer: FlaskClient) -> None:
    assert (viewer.get("/me").status_code, save(viewer).status_code) == (200, 303)


def test_a_language_that_is_not_there_is_none(ana: FlaskClient, sqlite: Database) -> None:
    save(ana, language="tlh")
    assert chosen(sqlite).language is None


REFUSED = [
    ({"key-approve": "r"}, "cannot do two things"),
    ({"key-approve": "b", "key-spam": "b"}, "cannot do two things"),
    ({"key-approve": "1"}, "no single key"),
    ({"key-approve": "ab"}, "no single key"),
    ({"key-approve": "\x00"}, "no single key"),
    ({"names": "\n".join(map(str, range(11)))}, "at most 10 names"),
    ({"names": "n" * 101}, "at most 10 names"),
]


@pytest.mark.parametrize(("changed", "said"), REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(
    ana: FlaskClient, sqlite: Database, changed: dict[str, str], said: str
) -> None:
    save(ana, names="Dr Odell")
    answer = save(ana, **changed)
    notice = Page(answer).one("p", role="alert").words
    assert (answer.status_code, said in notice, notice.endswith("Nothing was changed.")) == (400, True, True)
    assert chosen(sqlite) == Preferences(names=("Dr Odell",))


def test_what_was_typed_is_shown_again_where_it_was_refused(ana: FlaskClient) -> None:
    page = Page(save(ana, **{"key-approve": "1", "key-spam": "b"}))
    assert (fields(page)["approve"], fields(page)["spam"], fields(page)["next"]) == ("1", "b", "j")


def test_all_else_that_was_typed_is_shown_again_too(ana: FlaskClient) -> None:
    page = Page(
        save(ana, **{"key-approve": "1"}, names="Dr Odell\nOdell", folds_abuse=None, keys_are_on=None, language="de")
    )
    boxes = [each.attributes["name"] for each in page.all("input", type="checkbox") if "checked" in each.attributes]
    languages = [each.attributes["value"] for each in page.all("option") if "selected" in each.attributes]
    assert (page.one("textarea", name="names").text, boxes, languages) == ("Dr Odell\nOdell", [], ["de"])


def test_names_that_were_refused_are_shown_again(ana: FlaskClient) -> None:
    assert Page(save(ana, names="n" * 101)).one("textarea", name="names").text == "n" * 101


# What pages make of it


def test_a_key_that_was_changed_is_on_its_button(held: int, ana: FlaskClient) -> None:
    save(ana, **{"key-approve": "b"})
    buttons = Page(ana.get("/queue")).all("button", value="approve")
    assert {(each.words, each.attributes["aria-keyshortcuts"]) for each in buttons} == {("Approve b", "b")}


def test_keys_that_are_off_are_on_no_button(held: int, ana: FlaskClient) -> None:
    save(ana, keys_are_on=None)
    page = Page(ana.get("/queue"))
    inside = [each for card in page.all("article") for each in card.inside]
    assert [each.words for each in inside if each.tag == "kbd"] == []
    assert [each.tag for each in page.elements if "aria-keyshortcuts" in each.attributes] == []
    assert page.all("a", class_="keys") == []


def test_the_script_is_told_what_was_chosen(ana: FlaskClient) -> None:
    save(ana, **{"key-approve": "b"}, keys_are_on=None)
    told = Page(ana.get("/queue")).one("meta", name="desk").attributes["content"] or ""
    assert re.search(r'"keys_are_on": false', told)
    assert re.search(r'"approve": "b"', told)


@pytest.fixture
def abuse(careful: cast.Blog) -> int:
    """Return the number of a held comment that is likely abuse."""
    return int(careful.post(cast.UNKIND, id="abuse").json["id"])


@pytest.mark.parametrize("path", ["/queue", "/comments/{}", "/threads/1", "/comments/{}/author", "/scores?from=0"])
def test_likely_abuse_is_folded_away_until_somebody_wants_to_see_it(abuse: int, ana: FlaskClient, path: str) -> None:
    folded = Page(ana.get(path.format(abuse))).all("details", class_="folded")
    save(ana, folds_abuse=None)
    assert (len(folded), Page(ana.get(path.format(abuse))).all("details", class_="folded")) == (1, [])


def test_a_button_above_the_list_does_the_same_and_undoes_it(abuse: int, ana: FlaskClient) -> None:
    save(ana, names="Dr Odell", **{"key-approve": "b"})
    shown = []
    for _ in range(2):
        [form] = Page(ana.get("/queue")).all("form", class_="folding")
        sent = {each.attributes["name"]: each.attributes["value"] for each in form.inside if each.tag == "input"}
        assert ana.post("/me/folding", data=sent).status_code == 303
        shown.append(len(Page(ana.get("/queue")).all("details", class_="folded")))
    assert shown == [0, 1]


def test_the_button_leaves_all_other_choices_as_they_are(ana: FlaskClient, sqlite: Database) -> None:
    save(ana, names="Dr Odell", **{"key-approve": "b"})
    ana.post("/me/folding")
    assert chosen(sqlite) == Preferences(folds_abuse=False, keys={"approve": "b"}, names=("Dr Odell",))
