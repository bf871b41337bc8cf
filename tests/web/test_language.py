"""The interface in the language of whoever reads it, and catalogues that lack nothing."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from babel.messages.catalog import Message
from flask import Flask
from flask.testing import FlaskClient

from service.domain.labels import LABELS
from service.domain.wording import N_, Refusal, typed
from service.flows import people
from service.store import users
from service.store.engine import Database
from service.web.display import when
from service.web.language import LANGUAGES, gettext, ngettext, number, refusal
from tests import cast, messages
from tests.web.page import Page

OTHERS = [code for code in LANGUAGES if code != "en"]
GAP = re.compile(r"%(?:\((\w+)\)[a-z]|%)")
TAG = re.compile(r"</?\w[^>]*>|&\w+;")
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def both(message: Message) -> Iterator[tuple[str, str]]:
    """Give a text and its translation, and the same of its plural."""
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    said = message.string if isinstance(message.string, tuple) else (message.string,)
    yield from zip(ids, said, strict=True)


def pairs(code: str) -> list[tuple[str, str]]:
    """Return every text of a catalogue with its translation."""
    return [pair for message in messages.catalogue(code) if message.id for pair in both(message)]


@pytest.fixture
def in_german(app: Flask) -> Iterator[None]:
    """Be within a request of a browser that asks for German."""
    with app.test_request_context("/", headers=GERMAN):
        yield


@pytest.fixture
def choose(sqlite: Database) -> Callable[[str, str], None]:
    """Return a function that lets somebody choose a language."""

    def chosen(name: str, language: str) -> None:
        with sqlite.writing() as session:
            user = users.by_name(session, name)
            assert user
            user.preferences = {"language": language}

    return chosen


# The catalogues


def test_texts_are_found_in_code_and_in_templates() -> None:
    places = {path for message in messages.collected() for path, _ in message.locations}
    assert places >= {"service/web/filters.py", "service/domain/labels.py", "service/web/templates/login.html"}


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated(code: str) -> None:
    kept = messages.catalogue(code)
    lacking = [
        f"{place[0]}:{place[1]} {text.id}"
        for text in messages.collected()
        for place in text.locations[:1]
        if (said := kept.get(text.id if isinstance(text.id, str) else text.id[0])) is None
        or not messages.is_complete(said)
    ]
    assert lacking == [], "write them into the catalogue that `make messages` brings up to date"


@pytest.mark.parametrize("code", OTHERS)
def test_nothing_is_translated_that_nobody_says_any_more(code: str) -> None:
    said = {text.id for text in messages.collected()}
    kept = messages.catalogue(code)
    assert ([text.id for text in kept if text.id not in said], list(kept.obsolete)) == ([], [])


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_gaps_of_its_text(code: str) -> None:
    wrong = [text for text, said in pairs(code) if sorted(GAP.findall(text)) != sorted(GAP.findall(said))]
    assert wrong == []


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_no_gap_has_no_per_cent_sign_of_its_own(code: str) -> None:
    torn = [text for pair in pairs(code) for text in pair if GAP.search(text) and "%" in GAP.sub("", text)]
    assert torn == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_markup_of_its_text_and_no_other(code: str) -> None:
    wrong = [text for text, said in pairs(code) if sorted(TAG.findall(text)) != sorted(TAG.findall(said))]
    assert wrong == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_ends_no_attribute_that_it_stands_in(code: str) -> None:
    signs = ("<", ">", '"', "'")
    wrong = [said for text, said in pairs(code) for sign in signs if sign in said and sign not in text]
    assert wrong == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_is_as_make_messages_leaves_it(code: str) -> None:
    kept = messages.path_of(code).read_text(encoding="utf-8")
    assert messages.updated(code, messages.collected()) == kept


# Who reads what


def test_a_browser_that_asks_for_german_gets_german(client: FlaskClient) -> None:
    answer = client.get("/login", headers=GERMAN)
    page = Page(answer)
    assert (page.one("html").attributes["lang"], page.one("h1").words) == ("de", "Anmelden")
    assert (answer.headers["Content-Language"], "Accept-Language" in answer.headers["Vary"]) == ("de", True)


@pytest.mark.parametrize("asked", [None, "", "en-GB", "tlh", "tlh, x-pirate;q=0.8", "de;q=0", "*", "not a language!"])
def test_a_browser_that_asks_for_nothing_we_speak_gets_english(client: FlaskClient, asked: str | None) -> None:
    answer = client.get("/login", headers={"Accept-Language": asked} if asked is not None else {})
    page = Page(answer)
    assert (page.one("html").attributes["lang"], page.one("h1").words) == ("en", "Sign in")
    assert answer.headers["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("path", "heading"),
    [("/rules", "Regeln"), ("/jobs", "Zustellungen"), ("/password", "Passwort ändern"), ("/docs", "API")],
)
def test_whoever_chose_german_gets_it_whatever_the_browser_asks_for(
    ana: FlaskClient, choose: Callable[[str, str], None], path: str, heading: str
) -> None:
    choose(cast.ANA, "de")
    answer = ana.get(path, headers={"Accept-Language": "en"})
    page = Page(answer)
    assert (page.one("html").attributes["lang"], page.one("h1").words.startswith(heading)) == ("de", True)
    assert [each.words for each in page.all("a", href="/rules")] == ["Regeln"]
    assert (answer.headers["Content-Language"], "Accept-Language" in answer.headers["Vary"]) == ("de", False)


def test_whoever_chose_english_gets_it_whatever_the_browser_asks_for(
    ana: FlaskClient, choose: Callable[[str, str], None]
) -> None:
    choose(cast.ANA, "en")
    assert Page(ana.get("/rules", headers=GERMAN)).one("html").attributes["lang"] == "en"


def test_whoever_chose_nothing_gets_what_the_browser_asks_for(ana: FlaskClient) -> None:
    answer = ana.get("/rules", headers=GERMAN)
    assert (answer.headers["Content-Language"], "Accept-Language" in answer.headers["Vary"]) == ("de", True)


@pytest.mark.parametrize("chosen", ["tlh", "", "../de", "DE"])
def test_a_choice_that_we_do_not_speak_is_as_none(
    ana: FlaskClient, choose: Callable[[str, str], None], chosen: str
) -> None:
    choose(cast.ANA, chosen)
    assert [ana.get("/rules", headers=headers).headers["Content-Language"] for headers in ({}, GERMAN)] == ["en", "de"]


def test_one_persons_choice_is_nobody_elses(
    ana: FlaskClient, ben: FlaskClient, choose: Callable[[str, str], None]
) -> None:
    choose(cast.ANA, "de")
    assert [browser.get("/rules").headers["Content-Language"] for browser in (ana, ben, ana)] == ["de", "en", "de"]


def test_every_label_is_shown_in_german(blog: cast.Blog, ana: FlaskClient) -> None:
    page = Page(ana.get("/rules", headers=GERMAN))
    shown = [each.words for each in page.all("th", scope="row")]
    assert shown[-len(LABELS) :] == [
        "Sarkastisch",
        "Unterstützend",
        "Beleidigend",
        "Kritisch",
        "HSZT-Risiko",
        "Kosten",
        "Abschweifung zu FMT",
        "Spam",
    ]


def test_a_form_filled_in_in_german_is_the_same_form(blog: cast.Blog, admin: FlaskClient) -> None:
    def values(headers: dict[str, str]) -> list[tuple[str | None, bool]]:
        options = Page(admin.get("/rules", headers=headers)).all("option")
        return [(each.attributes["value"], "selected" in each.attributes) for each in options]

    assert values(GERMAN) == values({})


# What is refused


def test_a_refusal_is_said_in_german_with_all_that_is_in_it(blog: cast.Blog, admin: FlaskClient) -> None:
    rule = {"label": "critical", "at_least": "0,5", "action": "reject"}
    answer = admin.post("/rules/1", data=rule, headers=GERMAN)
    said = "Eine Regel zu „Kritisch“ darf bis „markieren“ gehen, nicht bis „ablehnen“. Es wurde nichts geändert."
    assert (answer.status_code, Page(answer).one("p", role="alert").words) == (400, said)


def test_a_password_that_cannot_be_is_refused_in_german(ana: FlaskClient) -> None:
    typed_in = {"old": cast.PASSWORD, "new": "short", "again": "short"}
    answer = ana.post("/password", data=typed_in, headers=GERMAN)
    assert Page(answer).one("p", role="alert").words == "Das Passwort hat 5 Zeichen. Wählen Sie 10 bis 1000."


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nowhere", "Unter dieser Adresse gibt es nichts."),
        ("/logout", "So lässt sich diese Adresse nicht öffnen."),
        ("/queue?view=<b>", "Die Ansicht „<b>“ gibt es nicht."),
        ("/queue?since=100%25", "„100%“ ist kein Tag."),
        ("/queue?since=%25(count)s", "„%(count)s“ ist kein Tag."),
        ("/queue?cursor=x", "„x“ ist keine Stelle in dieser Liste."),
    ],
)
def test_an_error_is_a_german_page(ana: FlaskClient, path: str, said: str) -> None:
    page = Page(ana.get(path, headers=GERMAN))
    assert (page.one("html").attributes["lang"], page.one("p", role="alert").words.startswith(said)) == ("de", True)


@pytest.mark.parametrize("path", ["/api/v1/comments", "/api/v1/nowhere", "/api/v1/comments?cursor=x"])
def test_a_programs_errors_stay_english(blog: cast.Blog, path: str) -> None:
    plain = blog.client.get(path, headers=blog.headers)
    asking = blog.client.get(path, headers={**blog.headers, **GERMAN})
    assert (asking.json, asking.headers.get("Vary")) == (plain.json, plain.headers.get("Vary"))


@pytest.mark.parametrize("path", ["/openapi.json", "/healthz", "/readyz"])
def test_what_programs_ask_without_a_key_stays_english_too(client: FlaskClient, path: str) -> None:
    assert client.post(path, headers=GERMAN).json == client.post(path).json


def test_a_site_without_a_key_is_told_so_in_english(client: FlaskClient) -> None:
    answer = client.get("/api/v1/comments", headers=GERMAN)
    assert answer.json["error"]["message"] == "Send the site's key as `Authorization: Bearer <api_key>`."


def test_the_desks_own_calls_are_answered_in_the_persons_language(viewer: FlaskClient, held: int) -> None:
    answer = viewer.post(f"/api/v1/comments/{held}/decisions", json={"decision": "spam"}, headers=GERMAN)
    assert answer.json["error"]["message"].startswith("Vera darf lesen, aber nicht entscheiden;")


def test_a_person_is_let_in_again_in_their_language_after_too_many_attempts(client: FlaskClient) -> None:
    answers = [client.post("/login", data={"name": "Ana"}, headers=GERMAN) for _ in range(11)]
    assert "Mehr als 10 Versuche in 5 Minuten sind nicht möglich." in answers[-1].text


def test_what_was_typed_can_be_said_again() -> None:
    assert (typed("it's \ud800\0"), typed("x" * 100, 5)) == ("it's \\ud800\\x00", "xxxxx")


# Parts of texts


def test_a_refusal_reads_in_english_where_nobody_asks() -> None:
    error = people.AccountRefused(N_("There is already somebody called %(name)s. Choose another name."), name="Ana")
    assert refusal(error) == str(error) == "There is already somebody called Ana. Choose another name."


@pytest.mark.usefixtures("in_german")
def test_what_is_marked_in_a_refusal_is_translated_and_what_was_typed_is_not() -> None:
    error = Refusal(N_("“%(key)s” is no single key. Choose one letter or sign; digits are for the labels."), key="Save")
    marked = Refusal(error.text, key=N_("Save"))
    assert (refusal(error)[:6], refusal(marked)[:11]) == ("„Save“", "„Speichern“")


@pytest.mark.usefixtures("in_german")
def test_what_the_catalogue_does_not_know_is_said_as_it_is() -> None:
    assert (gettext("nobody ever marked this"), gettext("")) == ("nobody ever marked this", "")


@pytest.mark.usefixtures("in_german")
@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (0, "gerade eben"),
        (59, "gerade eben"),
        (61, "vor 1 Minute"),
        (121, "vor 2 Minuten"),
        (3601, "vor 1 Stunde"),
        (7201, "vor 2 Stunden"),
        (86_401, "vor 1 Tag"),
        (400 * 86_400, "vor 400 Tagen"),
        (-0.5, "gleich"),
        (-30, "in 29 Sekunden"),
        (-90, "in 1 Minute"),
        (-200, "in 3 Minuten"),
        (-7300, "in 2 Stunden"),
        (-200_000, "in 2 Tagen"),
    ],
)
def test_it_says_in_german_how_long_ago_something_was(ago: float, said: str) -> None:
    assert when(datetime.now(UTC) - timedelta(seconds=ago)) == said


@pytest.mark.usefixtures("in_german")
def test_one_and_many_differ() -> None:
    said = [ngettext("%(num)s day ago", "%(num)s days ago", count) for count in (0, 1, 2)]
    assert said == ["vor 0 Tagen", "vor 1 Tag", "vor 2 Tagen"]


def test_a_number_is_written_as_the_language_writes_it(app: Flask) -> None:
    shown = []
    for headers in (GERMAN, {}):
        with app.test_request_context("/", headers=headers):
            shown.append((number(1_000_000), number(2.5)))
    assert shown == [("1.000.000", "2,5"), ("1,000,000", "2.5")]
