"""Who gets in: sessions, passwords, roles, tokens, and the guard before every page."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from service.app import DOORS
from service.domain.events import Event
from service.flows import endpoints, people
from service.settings import Settings
from service.store import users
from service.store.engine import Database
from service.store.tables import Role, SiteRow
from service.web.auth import OWN_ACCOUNT
from tests import cast
from tests.web.page import Page

OPEN_TO_ALL = {"static", "auth.login", "openapi.openapi_json", "openapi.docs", "health.healthz", "health.readyz"}
"""What a stranger may see. Everything else is behind a guard; think twice before adding to this list."""

NEW = "a better password than before"


def is_door(rule: Rule) -> bool:
    """Whether a route speaks another protocol, which has its own way to turn a stranger away."""
    return rule.endpoint.split(".")[0] in {door.name for door in DOORS}


def routes(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Yield every route of an application: its rule, a method, an address."""
    addresses = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        path = addresses.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), force_external=False)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, path


def knock(client: FlaskClient, app: Flask, wanted: Callable[[Rule, str], bool]) -> dict[str, TestResponse]:
    """Ask for every route of a kind and return the answers by method and address."""
    found = {}
    for rule, method, path in routes(app):
        if wanted(rule, method):
            found[f"{method} {path}"] = answer = client.open(path, method=method)
            answer.close()  # the live news would go on
    return found


def log_in(client: FlaskClient, name: str = cast.ANA, password: str = cast.PASSWORD, to: str = "") -> TestResponse:
    """Fill in the form."""
    query = {"next": to} if to else {}
    return client.post("/login", data={"name": name, "password": password}, query_string=query)


def change(client: FlaskClient, old: str = cast.PASSWORD, new: str = NEW, again: str | None = None) -> TestResponse:
    """Fill in the form that changes the password."""
    return client.post("/password", data={"old": old, "new": new, "again": new if again is None else again})


@pytest.fixture
def known(sqlite: Database) -> None:
    """Let Ana have an account."""
    with sqlite.writing() as session:
        cast.add_user(session)


@pytest.fixture
def newcomer(sqlite: Database, client: FlaskClient) -> FlaskClient:
    """Return the browser of somebody signed in with a one-time password."""
    with sqlite.writing() as session:
        people.add(session, "Nia", Role.ADMIN, cast.PASSWORD, cast.NOW, must_change=True)
    log_in(client, "Nia")
    return client


# The guard


def test_a_stranger_gets_nowhere(app: Flask, client: FlaskClient, held: int) -> None:
    answers = knock(client, app, lambda rule, _: rule.endpoint not in OPEN_TO_ALL and not is_door(rule))
    let_in = {
        name: answer.status_code
        for name, answer in answers.items()
        if not (answer.status_code == 401 or (answer.location or "").startswith("/login"))
    }
    assert let_in == {}


AKISMET_SAYS = ("invalid", "connected")
"""Akismet says everything with 200: that there is no such key, and, to anybody, that it is there."""


def test_no_door_opens_for_a_stranger(app: Flask, client: FlaskClient, stored: Callable[[], int]) -> None:
    answers = knock(client, app, lambda rule, _: is_door(rule) and "discovery" not in rule.rule)
    opened = {
        name: (answer.status_code, answer.text[:60])
        for name, answer in answers.items()
        if answer.status_code not in (400, 401, 403, 404, 405) and answer.text not in AKISMET_SAYS
    }
    assert (opened, stored()) == ({}, 0)


def test_a_program_that_is_a_stranger_gets_401(app: Flask, client: FlaskClient) -> None:
    answers = knock(client, app, lambda rule, _: rule.rule.startswith("/api/"))
    assert {answer.status_code for answer in answers.values()} == {401}


def test_the_walk_meets_every_page(app: Flask) -> None:
    behind = {rule.endpoint for rule, *_ in routes(app)} - OPEN_TO_ALL
    assert {name.partition(".")[0] for name in behind} == {"api", "desk"} | {door.name for door in DOORS}


def test_what_is_open_to_all_is_there(app: Flask) -> None:
    assert {rule.endpoint for rule, *_ in routes(app)} >= OPEN_TO_ALL


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/healthz", "/login", "/static/desk.css"])
def test_a_stranger_may_see_what_is_open(client: FlaskClient, path: str) -> None:
    answer = client.get(path, buffered=True)
    answer.close()
    assert answer.status_code == 200


def test_a_viewer_may_look_everywhere(app: Flask, viewer: FlaskClient, held: int, sqlite: Database) -> None:
    with sqlite.writing() as session:
        site = session.get_one(SiteRow, 1)
        endpoints.add(session, site, "https://relay.example.org/hook", [Event.COMMENT_DECIDED], cast.NOW)
    looking = knock(viewer, app, lambda rule, method: rule.endpoint.startswith("desk.") and method == "GET")
    assert looking.pop("GET /bulks/1").status_code == 404  # nothing was decided in one go
    unmade = [looking.pop(f"GET /reports/{each}").status_code for each in ("1", "1.1", "asked/1")]
    assert unmade == [404, 404, 404]  # none was asked for
    assert {answer.status_code for answer in looking.values()} <= {200, 302}


def test_a_viewer_decides_nothing(app: Flask, viewer: FlaskClient, held: int) -> None:
    answers = knock(
        viewer,
        app,
        lambda rule, method: rule.endpoint.startswith("desk.") and method != "GET" and rule.endpoint not in OWN_ACCOUNT,
    )
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 403} == {}


def test_a_viewer_sees_no_buttons(viewer: FlaskClient, held: int) -> None:
    assert Page(viewer.get("/queue")).all("form", class_="decide") == []


def test_a_moderators_session_does_not_open_the_api_of_sites(ana: FlaskClient, held: int) -> None:
    assert ana.get("/api/v1/comments").status_code == 401


def test_a_sites_key_does_not_open_the_desk(careful: cast.Blog, held: int) -> None:
    path = f"/api/v1/comments/{held}/decisions"
    answer = careful.client.post(path, json={"decision": "approve"}, headers=careful.headers)
    assert answer.status_code == 401


def test_only_an_admin_changes_rules(ana: FlaskClient, held: int) -> None:
    assert ana.post("/rules/1").status_code == 403


def test_an_admin_may_change_rules(admin: FlaskClient, held: int) -> None:
    assert admin.post("/rules/1").status_code == 303


# Tokens


@pytest.fixture
def strict(make_app: Callable[..., Flask]) -> Flask:
    """Return an application as it runs: every form needs its token."""
    return make_app()


@pytest.fixture
def signed_in(strict: Flask, sqlite: Database) -> FlaskClient:
    """Return the browser of an admin, signed in through the form with its token."""
    with sqlite.writing() as session:
        cast.add_user(session, "Ada", Role.ADMIN)
    client = strict.test_client()
    token = Page(client.get("/login")).one("input", name="csrf_token").attributes["value"]
    answer = client.post("/login", data={"name": "Ada", "password": cast.PASSWORD, "csrf_token": token})
    assert answer.status_code == 302
    return client


@pytest.fixture
def waiting(strict: Flask, sqlite: Database) -> int:
    """Return the number of a comment that a blog has sent to the strict application."""
    with sqlite.writing() as session:
        site, keys = cast.add_site(session)
    return int(cast.Blog(strict.test_client(), keys, site.id).post(cast.UNKIND).json["id"])


def test_nothing_is_done_without_a_token(strict: Flask, signed_in: FlaskClient, waiting: int) -> None:
    with_keys = ("api.", *(f"{door.name}." for door in DOORS))
    answers = knock(signed_in, strict, lambda rule, method: method != "GET" and not rule.endpoint.startswith(with_keys))
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 400} == {}


def test_a_refused_token_is_said_so(strict: Flask, signed_in: FlaskClient, waiting: int) -> None:
    answer = signed_in.post(f"/api/v1/comments/{waiting}/decisions", json={"decision": "spam"})
    assert answer.json["error"]["code"] == "csrf"


@pytest.mark.parametrize("token", ["", "wrong", "IjEi.aaaa.bbbb"])
def test_a_wrong_token_is_refused(signed_in: FlaskClient, waiting: int, token: str) -> None:
    data = {"decision": "spam", "csrf_token": token}
    assert signed_in.post(f"/comments/{waiting}/decide", data=data).status_code == 400


def test_another_persons_token_is_refused(strict: Flask, signed_in: FlaskClient, waiting: int) -> None:
    token = Page(strict.test_client().get("/login")).token
    data = {"decision": "spam", "csrf_token": token}
    assert signed_in.post(f"/comments/{waiting}/decide", data=data).status_code == 400


def test_the_token_of_a_form_lets_it_through(signed_in: FlaskClient, waiting: int) -> None:
    data = {"decision": "spam", "csrf_token": Page(signed_in.get("/queue")).token}
    assert signed_in.post(f"/comments/{waiting}/decide", data=data).status_code == 303


def test_the_token_in_a_header_lets_the_desks_script_through(signed_in: FlaskClient, waiting: int) -> None:
    headers = {"X-CSRFToken": Page(signed_in.get("/queue")).token}
    path = f"/api/v1/comments/{waiting}/decisions"
    assert signed_in.post(path, json={"decision": "spam"}, headers=headers).status_code == 201


@pytest.mark.parametrize("path", ["/queue", "/comments/1", "/password", "/rules", "/jobs"])
def test_every_form_of_a_page_carries_the_token(signed_in: FlaskClient, waiting: int, path: str) -> None:
    forms = [each for each in Page(signed_in.get(path)).all("form") if each.attributes["method"] == "post"]
    bare = [form for form in forms if not [e for e in form.inside if e.attributes.get("name") == "csrf_token"]]
    assert (len(forms) > 0, bare) == (True, [])


# Signing in and out


def test_the_right_password_lets_in(client: FlaskClient, known: None) -> None:
    log_in(client)
    assert client.get("/queue").status_code == 200


WRONG = {
    "a wrong password": (cast.ANA, "incorrect horse battery"),
    "no password": (cast.ANA, ""),
    "the password with a blank": (cast.ANA, cast.PASSWORD + " "),
    "the password in capitals": (cast.ANA, cast.PASSWORD.upper()),
    "a very long password": (cast.ANA, cast.PASSWORD + "x" * 100_000),
    "a password with NUL": (cast.ANA, cast.PASSWORD + "\0"),
    "an unknown name": ("Nobody", cast.PASSWORD),
    "no name": ("", cast.PASSWORD),
    "a name with NUL": ("Ana\0", cast.PASSWORD),
    "a very long name": ("Ana" * 10_000, cast.PASSWORD),
    "a name with a wildcard": ("%", cast.PASSWORD),
    "a name with a quote": ("Ana' OR '1'='1", cast.PASSWORD),
}


@pytest.mark.parametrize("case", WRONG)
def test_anything_else_does_not_let_in(client: FlaskClient, known: None, case: str) -> None:
    answer = log_in(client, *WRONG[case])
    assert (answer.status_code, client.get("/queue").status_code) == (401, 302)


def test_a_wrong_password_and_an_unknown_name_get_the_same_page(client: FlaskClient, known: None) -> None:
    wrong, unknown = log_in(client, cast.ANA, "wrong"), log_in(client, "Eve", "wrong")
    assert wrong.text.replace('"Ana"', '"Eve"') == unknown.text


def test_a_form_without_fields_does_not_let_in(client: FlaskClient) -> None:
    assert client.post("/login").status_code == 401


def test_whoever_signs_out_is_out(ana: FlaskClient) -> None:
    ana.post("/logout")
    assert ana.get("/queue").status_code == 302


def test_a_link_cannot_sign_out(ana: FlaskClient) -> None:
    assert ana.get("/logout").status_code == 405


def test_a_forged_session_does_not_let_in(client: FlaskClient, known: None) -> None:
    client.set_cookie("undertone", "eyJ1c2VyIjoxfQ.aSAx.forged")
    assert client.get("/queue").status_code == 302


def test_a_person_who_was_removed_is_out(ana: FlaskClient, sqlite: Database) -> None:
    with sqlite.writing() as session:
        session.delete(users.by_name(session, cast.ANA))
    assert ana.get("/queue").status_code == 302


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: FlaskClient, known: None) -> None:
    cookie = log_in(client).headers["Set-Cookie"]
    assert [each for each in ("HttpOnly", "SameSite=Lax", "Path=/") if each not in cookie] == []


@pytest.mark.parametrize("address", ["http://undertone.example.org", "https://undertone.example.org"])
def test_the_cookie_is_secure_where_the_address_is(
    make_app: Callable[..., Flask], settings: Settings, known: None, address: str
) -> None:
    client = make_app(replace(settings, public_url=address), WTF_CSRF_ENABLED=False).test_client()
    assert ("Secure" in log_in(client).headers["Set-Cookie"]) is address.startswith("https")


# Too many attempts


def test_too_many_attempts_at_a_name_are_429(client: FlaskClient, known: None) -> None:
    answers = [log_in(client, cast.ANA, "wrong").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]


def test_after_too_many_attempts_the_right_password_is_refused_too(client: FlaskClient, known: None) -> None:
    for _ in range(10):
        log_in(client, cast.ANA, "wrong")
    assert log_in(client).status_code == 429


def test_another_spelling_of_the_name_is_no_way_around(client: FlaskClient, known: None) -> None:
    spellings = ["ana", "ANA", " Ana", "Ana "] * 3
    assert [log_in(client, name, "wrong").status_code for name in spellings][-2:] == [429, 429]


def test_attempts_at_one_name_do_not_keep_another_out(client: FlaskClient, known: None) -> None:
    for _ in range(11):
        log_in(client, cast.BEN, "wrong")
    assert log_in(client).status_code == 302


def test_too_many_names_from_one_address_are_429(client: FlaskClient) -> None:
    answers = [log_in(client, f"name {number}", "wrong").status_code for number in range(51)]
    assert answers == [401] * 50 + [429]


def test_too_many_attempts_are_told_when_to_come_back(client: FlaskClient, known: None) -> None:
    for _ in range(10):
        log_in(client, cast.ANA, "wrong")
    assert int(log_in(client).headers["Retry-After"]) > 0


def test_the_present_password_cannot_be_guessed_at_leisure(ana: FlaskClient) -> None:
    answers = [change(ana, old="wrong").status_code for _ in range(20)]
    assert answers[-1] == 429


# Where one goes after signing in


@pytest.mark.parametrize("wanted", ["/rules", "/comments/1", "/queue?view=all&q=stem+cell", "/jobs?status=done"])
def test_whoever_signs_in_comes_to_the_page_that_was_asked_for(client: FlaskClient, known: None, wanted: str) -> None:
    form = client.get(wanted).location
    answer = client.post(form, data={"name": cast.ANA, "password": cast.PASSWORD})
    assert answer.location.rstrip("?") == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example.org/",
        "//evil.example.org",
        "/\\evil.example.org",
        "\\\\evil.example.org",
        "/\t/evil.example.org",
        "\t//evil.example.org",
        "/\n/evil.example.org",
        "///evil.example.org",
        "javascript:alert(1)",
        "evil.example.org",
        "http:evil.example.org",
        " /queue",
    ],
)
def test_nobody_is_sent_to_another_site(client: FlaskClient, known: None, wanted: str) -> None:
    assert log_in(client, to=wanted).location == "/queue"


# Passwords


def test_a_one_time_password_must_be_changed_first(newcomer: FlaskClient) -> None:
    assert [newcomer.get(path).location for path in ("/", "/queue", "/rules", "/jobs")] == ["/password"] * 4


def test_a_one_time_password_decides_nothing(newcomer: FlaskClient, held: int) -> None:
    newcomer.post(f"/comments/{held}/decide", data={"decision": "spam"})
    newcomer.post(f"/api/v1/comments/{held}/decisions", json={"decision": "spam"})
    change(newcomer)
    assert f"comment-{held}" in newcomer.get("/queue").text


def test_a_program_with_a_one_time_password_gets_an_error(newcomer: FlaskClient, held: int) -> None:
    answer = newcomer.post(f"/api/v1/comments/{held}/decisions", json={"decision": "spam"})
    assert (answer.status_code, answer.mimetype) == (403, "application/json")


def test_after_the_change_the_pages_are_open(newcomer: FlaskClient) -> None:
    change(newcomer)
    assert newcomer.get("/queue").status_code == 200


def test_a_one_time_password_cannot_be_kept(newcomer: FlaskClient) -> None:
    assert change(newcomer, new=cast.PASSWORD).status_code == 400


def test_whoever_has_a_one_time_password_may_sign_out(newcomer: FlaskClient) -> None:
    newcomer.post("/logout")
    assert newcomer.get("/password").location.startswith("/login")


def test_the_new_password_lets_in(ana: FlaskClient, app: Flask) -> None:
    change(ana)
    assert log_in(app.test_client(), password=NEW).status_code == 302


def test_the_old_password_does_not_let_in_any_more(ana: FlaskClient, app: Flask) -> None:
    change(ana)
    assert log_in(app.test_client()).status_code == 401


def test_a_change_ends_the_persons_other_sessions(ana: FlaskClient, app: Flask) -> None:
    elsewhere = app.test_client()
    log_in(elsewhere)
    change(ana)
    assert elsewhere.get("/queue").status_code == 302


def test_whoever_changes_the_password_stays_signed_in(ana: FlaskClient) -> None:
    change(ana)
    assert ana.get("/queue").status_code == 200


REFUSED = {
    "the present one is wrong": ("wrong", NEW, NEW),
    "the new ones differ": (cast.PASSWORD, NEW, NEW + "!"),
    "too short": (cast.PASSWORD, "123456789", "123456789"),
    "too long": (cast.PASSWORD, "x" * 1001, "x" * 1001),
    "empty": (cast.PASSWORD, "", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_change_that_cannot_be_is_refused(ana: FlaskClient, case: str) -> None:
    assert change(ana, *REFUSED[case]).status_code == 400


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_change_changes_nothing(ana: FlaskClient, app: Flask, case: str) -> None:
    change(ana, *REFUSED[case])
    assert log_in(app.test_client()).status_code == 302
