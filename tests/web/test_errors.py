"""Errors: one shape for programs, a page for people, and never a yes to what was not stored."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from service.settings import Settings
from service.store import engine
from service.store.engine import Database
from service.web.parts import EXTENSION
from tests import cast
from tests.web.page import Page

Ask = Callable[[cast.Blog, FlaskClient], TestResponse]
Count = Callable[[], int]


def with_key(method: str, path: str, **more: Any) -> Ask:  # noqa: ANN401
    """Return a call that carries the site's key."""
    return lambda blog, _: blog.client.open(f"/api/v1{path}", method=method, headers=blog.headers, **more)


def by_ana(method: str, path: str, **more: Any) -> Ask:  # noqa: ANN401
    """Return a call that a moderator makes."""
    return lambda _, ana: ana.open(path, method=method, **more)


FOR_PROGRAMS: dict[str, tuple[Ask, int]] = {
    "no key": (lambda blog, _: blog.client.get("/api/v1/comments"), 401),
    "a wrong key": (
        lambda blog, _: blog.client.get("/api/v1/comments", headers={"Authorization": "Bearer x"}),
        401,
    ),
    "an unknown route": (with_key("GET", "/nowhere"), 404),
    "the root of the API": (with_key("GET", "/"), 404),
    "an unknown comment": (with_key("GET", "/comments/99"), 404),
    "a number that is none": (with_key("GET", "/comments/abc"), 404),
    "an edit of an unknown comment": (with_key("PATCH", "/comments/99", json={"text": "a"}), 404),
    "a deletion of an unknown comment": (with_key("DELETE", "/comments/99"), 404),
    "a wrong method": (with_key("PUT", "/comments"), 405),
    "another wrong method": (with_key("GET", "/score"), 405),
    "no JSON": (with_key("POST", "/comments", data=b"{"), 400),
    "not UTF-8": (with_key("POST", "/comments", data=b'"\xff"'), 400),
    "not as described": (with_key("POST", "/comments", json={"text": 1}), 400),
    "a question not as described": (with_key("GET", "/comments?limit=0"), 400),
    "too large": (with_key("POST", "/comments", data=b" " * 1_000_001), 413),
    "a stranger who decides": (
        lambda blog, _: blog.client.post("/api/v1/comments/1/decisions", json={"decision": "approve"}),
        401,
    ),
    "a decision on an unknown comment": (
        by_ana("POST", "/api/v1/comments/99/decisions", json={"decision": "spam"}),
        404,
    ),
    "an unknown decision": (by_ana("POST", "/api/v1/comments/1/decisions", json={"decision": "burn"}), 400),
    "an unknown label": (
        by_ana("POST", "/api/v1/comments/1/decisions", json={"decision": "spam", "labels": ["rude"]}),
        400,
    ),
    "a label that is no word": (
        by_ana("POST", "/api/v1/comments/1/decisions", json={"decision": "spam", "labels": [["spam"], {}]}),
        400,
    ),
    "an undo of nothing": (by_ana("POST", "/api/v1/decisions/99/undo"), 404),
    "an undo of the policy": (by_ana("POST", "/api/v1/decisions/1/undo"), 404),
    "a wrong method at the health page": (by_ana("POST", "/healthz"), 405),
    "a wrong method at the description": (by_ana("DELETE", "/openapi.json"), 405),
}

FOR_PEOPLE: dict[str, tuple[Ask, int]] = {
    "an unknown page": (by_ana("GET", "/nowhere"), 404),
    "an unknown page with markup": (by_ana("GET", "/<script>alert(1)</script>"), 404),
    "an unknown comment": (by_ana("GET", "/comments/99"), 404),
    "a wrong method": (by_ana("GET", "/logout"), 405),
    "an unknown decision": (by_ana("POST", "/comments/1/decide", data={"decision": "burn"}), 400),
    "no decision": (by_ana("POST", "/comments/1/decide"), 400),
    "a decision on an unknown comment": (by_ana("POST", "/comments/99/decide", data={"decision": "spam"}), 404),
    "an undo of nothing": (by_ana("POST", "/decisions/99/undo"), 404),
    "a replay of nothing": (by_ana("POST", "/jobs/99/replay"), 404),
    "rules without being an admin": (by_ana("POST", "/rules/1"), 403),
    "a form too large": (by_ana("POST", "/comments/1/decide", data={"reason": "a" * 1_000_001}), 413),
}

HUGE = 10**30
NUMBERS_TOO_LARGE: dict[str, tuple[Ask, int]] = {
    "a comment's page": (by_ana("GET", f"/comments/{HUGE}"), 404),
    "a decision by form": (by_ana("POST", f"/comments/{HUGE}/decide", data={"decision": "spam"}), 404),
    "an undo by form": (by_ana("POST", f"/decisions/{HUGE}/undo"), 404),
    "a replay": (by_ana("POST", f"/jobs/{HUGE}/replay"), 404),
    "a decision": (by_ana("POST", f"/api/v1/comments/{HUGE}/decisions", json={"decision": "spam"}), 404),
    "an undo": (by_ana("POST", f"/api/v1/decisions/{HUGE}/undo"), 404),
    "a page of the queue": (by_ana("GET", f"/queue?cursor={HUGE}"), 400),
    "a discussion": (by_ana("GET", f"/threads/{HUGE}"), 404),
    "a filter": (by_ana("GET", f"/queue?thread={HUGE}"), 400),
    "what was just done": (by_ana("GET", f"/queue?done={HUGE}"), 200),
    "what was just saved": (by_ana("GET", f"/rules?saved={HUGE}"), 200),
    "what was seen": (by_ana("POST", "/api/v1/comments/1/decisions", json={"decision": "spam", "seen": HUGE}), 409),
    "what was seen in a form": (by_ana("POST", "/comments/1/decide", data={"decision": "spam", "seen": HUGE}), 409),
}


@pytest.mark.parametrize("case", FOR_PROGRAMS)
def test_a_program_gets_every_error_in_one_shape(careful: cast.Blog, ana: FlaskClient, held: int, case: str) -> None:
    ask, status = FOR_PROGRAMS[case]
    answer = ask(careful, ana)
    kinds = {name: type(value) for name, value in answer.get_json()["error"].items()}
    wanted = (status, ["error"], {"code": str, "message": str, "details": list})
    assert (answer.status_code, list(answer.json), kinds) == wanted


@pytest.mark.parametrize("case", FOR_PEOPLE)
def test_a_person_gets_a_page(careful: cast.Blog, ana: FlaskClient, held: int, case: str) -> None:
    ask, status = FOR_PEOPLE[case]
    answer = ask(careful, ana)
    assert (answer.status_code, Page(answer).one("span", class_="sub").words) == (status, str(status))


@pytest.mark.parametrize("case", NUMBERS_TOO_LARGE)
def test_a_number_larger_than_any_row_breaks_nothing(
    careful: cast.Blog, ana: FlaskClient, held: int, case: str
) -> None:
    ask, status = NUMBERS_TOO_LARGE[case]
    assert ask(careful, ana).status_code == status


def test_a_wrong_method_is_told_the_right_ones(blog: cast.Blog) -> None:
    answer = blog.client.put("/api/v1/comments", headers=blog.headers)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_mistake_of_ours_says_nothing_of_its_cause(app: Flask, blog: cast.Blog) -> None:
    parts = app.extensions[EXTENSION]

    def broken(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    app.extensions[EXTENSION] = replace(parts, wake=broken)
    assert "secret" not in blog.post().text


def test_scores_without_a_model_are_503(
    make_app: Callable[..., Flask], settings: Settings, tmp_path: Path, sqlite: Database
) -> None:
    blog = blog_on(make_app(replace(settings, models_dir=tmp_path)), sqlite)
    answer = blog.client.post("/api/v1/score", json={"comments": [{"text": "a"}]}, headers=blog.headers)
    assert (answer.status_code, answer.json["error"]["code"], "Retry-After" in answer.headers) == (
        503,
        "no_model",
        True,
    )


def test_a_comment_without_a_model_is_stored_and_held(
    make_app: Callable[..., Flask], settings: Settings, tmp_path: Path, sqlite: Database
) -> None:
    answer = blog_on(make_app(replace(settings, models_dir=tmp_path)), sqlite).post()
    assert (answer.status_code, answer.json["status"], answer.json["scores"]) == (201, "held", None)


# A database that cannot be written


def blog_on(app: Flask, database: Database) -> cast.Blog:
    """Return a blog that sends its comments to an application."""
    with database.writing() as session:
        site, keys = cast.add_site(session)
        return cast.Blog(app.test_client(), keys, site.id)


@pytest.fixture(params=["locked", "read-only", "full"])
def broken(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, sqlite: Database
) -> Iterator[tuple[cast.Blog, FlaskClient]]:
    """Give a blog and a moderator's browser while the database cannot be written; a comment waits already."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.01)  # the application's own connections, opened from here on
    app: Flask = request.getfixturevalue("app")
    blog: cast.Blog = request.getfixturevalue("careful")
    ana: FlaskClient = request.getfixturevalue("ana")
    blog.post(id="1")
    with closing(sqlite3.connect(str(sqlite.url.database))) as another:
        if request.param == "locked":
            another.execute("BEGIN IMMEDIATE")
        else:
            limit = "query_only = ON" if request.param == "read-only" else "max_page_count = 1"
            database = app.extensions[EXTENSION].database
            database.dispose()
            event.listen(database.engine, "connect", lambda opened, _: opened.execute(f"PRAGMA {limit}").close())
        yield blog, ana


WRITES: dict[str, Ask] = {
    # long enough that a full file has no room left for it on the pages it has
    "a comment": lambda blog, _: blog.post("a long story " * 1000, id="2"),
    "an edit": with_key("PATCH", "/comments/1", json={"text": "another long story " * 1000}),
    "a decision": by_ana(
        "POST", "/api/v1/comments/1/decisions", json={"decision": "spam", "reason": "\U0001f642" * 2000}
    ),
}
DELETION = with_key("DELETE", "/comments/1")
DECISION_BY_FORM = by_ana("POST", "/comments/1/decide", data={"decision": "spam", "reason": "\U0001f642" * 2000})


@pytest.mark.parametrize("case", WRITES)
def test_what_cannot_be_stored_is_503(broken: tuple[cast.Blog, FlaskClient], case: str) -> None:
    answer = WRITES[case](*broken)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "storage")


@pytest.mark.parametrize("case", WRITES)
def test_what_cannot_be_stored_may_be_sent_again(broken: tuple[cast.Blog, FlaskClient], case: str) -> None:
    assert int(WRITES[case](*broken).headers["Retry-After"]) > 0


def test_what_cannot_be_stored_is_not_stored(broken: tuple[cast.Blog, FlaskClient], sqlite: Database) -> None:
    before = dump(sqlite)
    for write in (*WRITES.values(), DECISION_BY_FORM):
        write(*broken)
    assert dump(sqlite) == before


def test_a_person_whose_decision_cannot_be_stored_sees_a_page(broken: tuple[cast.Blog, FlaskClient]) -> None:
    answer = DECISION_BY_FORM(*broken)
    assert (answer.status_code, "Retry-After" in answer.headers, answer.mimetype) == (503, True, "text/html")


def test_what_is_stored_can_still_be_read(broken: tuple[cast.Blog, FlaskClient]) -> None:
    blog, ana = broken
    answers = [blog.get("/comments/1"), blog.get("/comments"), ana.get("/queue"), ana.get("/comments/1")]
    assert [answer.status_code for answer in answers] == [200] * 4


def test_a_deletion_that_cannot_be_stored_erases_nothing(broken: tuple[cast.Blog, FlaskClient]) -> None:
    blog, ana = broken
    if DELETION(blog, ana).status_code == 204:  # a full file may have room for a deletion
        return
    assert blog.get("/comments/1").json["text"] == cast.KIND


def test_a_lock_that_ends_is_forgotten(
    monkeypatch: pytest.MonkeyPatch, make_app: Callable[..., Flask], sqlite: Database
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.01)
    blog = blog_on(make_app(), sqlite)
    with closing(sqlite3.connect(str(sqlite.url.database))) as another:
        another.execute("BEGIN IMMEDIATE")
        blog.post(id="1")
    assert blog.post(id="1").status_code == 201


def test_a_database_that_is_gone_is_503(blog: cast.Blog, sqlite: Database, app: Flask) -> None:
    app.extensions[EXTENSION].database.dispose()
    path = Path(str(sqlite.url.database))
    path.write_bytes(b"this is no database at all, and was never one" * 100)
    assert blog.post().status_code == 503


def dump(database: Database) -> list[str]:
    """Return all that a SQLite file holds."""
    with closing(sqlite3.connect(str(database.url.database))) as connection:
        return list(connection.iterdump())
