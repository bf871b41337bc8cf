"""Whatever is thrown at a door: it answers in its own words, shows nothing of our insides, stores nothing refused."""

import gzip
import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from service import settings as known
from service.app import create_app
from service.domain.comment import Status
from service.ml.artefacts import Shelf
from service.settings import Settings
from service.store.engine import Database
from service.store.tables import CommentRow, Table
from service.web.openapi import LARGEST_BODY
from service.web.parts import EXTENSION
from tests import cast
from tests.thoroughness import examples
from tests.web.protocols.doors import DOORS, Door

HURRIED = "1000000/second"

ANY_TEXT = st.text(st.characters(codec=None), max_size=40)
"""Lone surrogates and zero bytes too."""
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Door:
    return DOORS[request.param]


class Visitor(NamedTuple):
    """Somebody who may come in as often as they like, and what stands behind the door."""

    blog: cast.Blog
    database: Database

    def send(self, door: Door, raw: bytes, **headers: str | None) -> TestResponse:
        """Send something, and look at what comes of it."""
        return stand(door, self.database, lambda: door.send(self.blog, raw, **headers))


def visit(
    make_app: Callable[..., Flask], settings: Settings, database: Database, shelf: Shelf, rate: str = HURRIED
) -> Visitor:
    """Return somebody who visits an application on a database."""
    url = database.url.render_as_string(hide_password=False)
    app = make_app(replace(settings, database_url=url, rate_limit=rate))
    parts = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(parts, intake=replace(parts.intake, shelf=shelf))
    with database.writing() as session:
        site, keys = cast.add_site(session)
        return Visitor(cast.Blog(app.test_client(), keys, site.id), database)


@pytest.fixture
def guest(database: Database, make_app: Callable[..., Flask], settings: Settings, shelf: Shelf) -> Visitor:
    """Return somebody whose visit is the first, on either database."""
    return visit(make_app, settings, database, shelf)


@pytest.fixture(scope="module")
def visitor(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory, shelf: Shelf) -> Iterator[Visitor]:
    """Return somebody who comes again and again: for what is refused, and so leaves nothing behind."""
    folder = tmp_path_factory.mktemp("doors")
    shutil.copy(migrated_file, folder / "undertone.db")
    database = Database(f"sqlite:///{folder / 'undertone.db'}")
    settings = known.load({"UNDERTONE_SECRET_KEY": "x" * 32})
    made: list[Flask] = []

    def make(changed: Settings) -> Flask:
        made.append(create_app(changed))
        return made[-1]

    yield visit(make, settings, database, shelf)
    made[0].extensions[EXTENSION].database.dispose()
    database.dispose()


def rows(database: Database) -> dict[str, int]:
    """Return how many rows every table has."""
    with database.reading() as session:
        return {each.name: session.scalar(select(func.count()).select_from(each)) or 0 for each in tables()}


def tables() -> Iterator[Any]:
    yield from Table.metadata.sorted_tables


def statuses(database: Database) -> list[Status]:
    with database.reading() as session:
        return list(session.scalars(select(CommentRow.status)))


def stand(door: Door, database: Database, send: Callable[[], TestResponse]) -> TestResponse:
    """Send something; fail where the answer is a crash, tells of our insides, or comes with rows that it refused."""
    before = rows(database)
    answer = send()
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text and "sqlalchemy" not in answer.text
    if door.refuses(answer):
        assert door.is_error(answer), answer.text
    if door.refuses(answer) or not door.stores:
        assert rows(database) == before, answer.text
    return answer


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Yield the way to everything in a JSON value."""
    if path:
        yield path
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from places(each, (*path, name))


def changed(value: Any, path: tuple[Any, ...], to: object) -> Any:  # noqa: ANN401
    """Return a JSON value with something else in one place."""
    if not path:
        return to
    copy = dict(value) if isinstance(value, Mapping) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], to)
    return copy


def test_what_is_as_it_should_be_is_taken(door: Door, guest: Visitor) -> None:
    answer = guest.send(door, door.body())
    assert not door.refuses(answer)


@examples(20)
@given(raw=st.binary(max_size=300))
def test_random_bytes_are_refused(door: Door, visitor: Visitor, raw: bytes) -> None:
    answer = visitor.send(door, raw)
    assert door.refuses(answer)


@examples(30)
@given(data=st.data())
def test_anything_in_any_place_is_taken_or_refused(door: Door, guest: Visitor, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(places(door.sent))))
    said = data.draw(ANY_TEXT | st.binary(max_size=20) if door.is_form else JSON)
    guest.send(door, door.body(changed(door.sent, path, said)))


HUGE = {
    "one byte too many": lambda door: door.body() + b" " * (LARGEST_BODY - len(door.body()) + 1),
    "a long text": lambda door: door.body(dict.fromkeys(door.sent, "a" * LARGEST_BODY)),
    "many small ones": lambda door: (b"a=b&" if door.is_form else b'"a",') * 400_000,
}


@pytest.mark.parametrize("case", HUGE)
def test_what_is_too_large_is_refused(door: Door, visitor: Visitor, case: str) -> None:
    raw = HUGE[case](door)
    answer = visitor.send(door, raw)
    assert answer.status_code == 413


def test_what_is_too_large_and_does_not_say_so_is_refused(door: Door, visitor: Visitor) -> None:
    raw = door.body() + b" " * LARGEST_BODY

    blog = visitor.blog

    def send() -> TestResponse:
        return blog.client.post(
            door.path.format(site=blog.site_id),
            query_string=door.query(blog),
            input_stream=io.BytesIO(raw),
            headers={**door.opens(blog, raw), "Transfer-Encoding": "chunked"},
            environ_overrides={"wsgi.input_terminated": True},
        )

    assert stand(door, visitor.database, send).status_code == 413


DEEP = {
    "lists that never end": b"[" * 200_000,
    "objects that never end": b'{"a":' * 100_000,
    "lists that end": b"[" * 100_000 + b"]" * 100_000,
    "objects that end": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "in a field": None,
}


@pytest.mark.parametrize("case", DEEP)
def test_what_is_too_deep_is_refused(door: Door, visitor: Visitor, case: str) -> None:
    first = next(iter(door.sent))
    inside = door.body().replace(json.dumps(door.sent[first]).encode(), b"[" * 90_000 + b"]" * 90_000, 1)
    raw = DEEP[case] or (b"comment_content=" + b"[" * 90_000 if door.is_form else inside)
    assert door.refuses(visitor.send(door, raw))


ENCODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "UTF-16": lambda raw: raw.decode().encode("utf-16"),
    "UTF-32": lambda raw: raw.decode().encode("utf-32"),
    "gzip": gzip.compress,
    "a zero byte in front": lambda raw: b"\0" + raw,
    "UTF-8 cut short": lambda raw: raw[:-3] + b"\xe2\x82",
    "a lone surrogate as bytes": lambda raw: raw[:-2] + b"\xed\xa0\x80" + raw[-2:],
}


@pytest.mark.parametrize("case", ENCODINGS)
def test_what_is_written_otherwise_is_refused(door: Door, visitor: Visitor, case: str) -> None:
    raw = ENCODINGS[case](door.body())
    answer = visitor.send(door, raw)
    is_last_value = door.is_form and case in ("UTF-8 cut short", "a lone surrogate as bytes")
    assert door.refuses(answer) is not is_last_value  # of a form, only the value that is broken is read as it can be


KINDS = ["text/plain", "application/json; charset=utf-16", "application/json; charset=nonsense", "image/png", "", None]
KINDS += ["multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "\x7f/;;=,"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_body_is_what_counts_not_what_it_says_it_is(door: Door, visitor: Visitor, kind: str | None) -> None:
    answer = visitor.send(door, door.body(), Content_Type=kind)
    assert not door.refuses(answer)


def test_a_replay_is_answered_and_stored_once(door: Door, guest: Visitor) -> None:
    raw = door.body()
    first = guest.send(door, raw)
    once = rows(guest.database)
    others = [guest.send(door, raw) for _ in range(3)]
    assert not any(door.refuses(each) for each in (first, *others))
    again = rows(guest.database)
    again["checks"] = once["checks"]  # Akismet's answers have a number each
    assert again == once
    assert statuses(guest.database) == [Status.APPROVED] * once["comments"]


def test_a_stranger_s_request_is_refused_whatever_is_in_it(door: Door, visitor: Visitor) -> None:
    blog, database = visitor
    keys = replace(blog.keys, api_key="x", akismet_key="0" * 12, webhook_secret="whsec_eHh4", coral_secret="x")
    stranger = replace(blog, keys=keys)
    before = rows(database)
    for raw in (door.body(), b"[" * 90_000, b"\xff", b""):
        answer = door.send(stranger, raw)
        assert answer.status_code in (400, 401) or answer.text == "invalid"
    assert rows(database) == before


def test_a_call_too_many_is_told_when_to_come_back(
    door: Door, sqlite: Database, make_app: Callable[..., Flask], settings: Settings, shelf: Shelf
) -> None:
    hurried = visit(make_app, settings, sqlite, shelf, rate="1/minute")
    hurried.send(door, door.body())
    answer = hurried.send(door, door.body())
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (429, True)


@pytest.mark.parametrize("case", ["the comments", "the model"])
def test_what_is_not_there_just_now_is_told_when_to_come_back(
    door: Door,
    sqlite: Database,
    make_app: Callable[..., Flask],
    settings: Settings,
    shelf: Shelf,
    tmp_path: Path,
    case: str,
) -> None:
    waiting = visit(make_app, settings, sqlite, shelf if case == "the comments" else Shelf(tmp_path))
    if case == "the comments":
        Path(str(sqlite.url.database)).write_bytes(b"this is no database at all, and was never one" * 100)
        waiting.blog.client.application.extensions[EXTENSION].database.dispose()
    answer = door.send(waiting.blog, door.body())
    is_held = case == "the model" and not door.needs_model
    assert answer.status_code == 503 or is_held
    assert is_held or (door.is_error(answer) and int(answer.headers["Retry-After"]) > 0)


def test_a_mistake_of_ours_is_told_without_its_cause(
    door: Door, sqlite: Database, make_app: Callable[..., Flask], settings: Settings, shelf: Shelf
) -> None:
    unlucky = visit(make_app, settings, sqlite, shelf)
    parts = unlucky.blog.client.application.extensions[EXTENSION]
    unlucky.blog.client.application.extensions[EXTENSION] = replace(parts, limiter=None)
    answer = door.send(unlucky.blog, door.body())
    assert (answer.status_code, door.is_error(answer)) == (500, True)
    assert "NoneType" not in answer.text and "Nothing was stored" in answer.text
