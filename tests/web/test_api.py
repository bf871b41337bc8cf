"""The API of a site: comments in, and where they stand out."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from service.domain.labels import KINDS, LABELS
from service.settings import Settings
from service.store.engine import Database
from service.web.openapi import LARGEST_BODY
from service.web.shapes import LONGEST_TEXT, MOST_AT_ONCE
from tests import cast
from tests.thoroughness import examples
from tests.web.page import Page

Count = Callable[[], int]

THREAD = {"url": cast.POST, "title": cast.TITLE}
COMMENT: dict[str, Any] = {"text": cast.KIND, "thread": THREAD}
GERMAN = "Das ist eine sehr teure Behandlung und niemand bezahlt sie."

HOSTILE = {
    "NUL": "before\0after",
    "a lone surrogate": "before\ud83dafter",
    "the escape character of the store": "before\x1aafter\x1a0000",
    "10,000 combining marks": "Z" + "\u0301" * 10_000,
    "right-to-left marks": "\u202egnp.exe\u202c and \u200fmore\u2067",
    "a script": "<script>alert(1)</script>",
    "an end tag and an image": '</p></article><img src=x onerror="alert(1)">',
    "quotes": "\"' onmouseover='alert(1)' x=\"",
    "a template": "{{ 7 * 7 }}{% raw %}",
    "an entity": "&lt;b&gt; &#60; &amp;amp;",
    "a comment": "<!-- --><![CDATA[ x ]]>",
    "control characters": "a\x01\x08\x0b\x1f\x7f\x85b",
    "line ends": "one\r\ntwo\rthree\n\nfour",
    "the last code points": "\uffff\U0010ffff",
}
"""What people send, by mistake or to see what happens."""


def hostile(*but: str) -> pytest.MarkDecorator:
    """Run a test with each of the hostile texts, but some."""
    kept = {name: text for name, text in HOSTILE.items() if name not in but}
    return pytest.mark.parametrize("said", kept.values(), ids=kept)


def send(blog: cast.Blog, body: bytes | str, path: str = "/api/v1/comments") -> TestResponse:
    """Send a body as it is."""
    return blog.client.post(path, data=body, headers=blog.headers, content_type="application/json")


def complaints(answer: TestResponse) -> list[str]:
    """Return the fields that an answer complains about."""
    return sorted(each["field"] for each in answer.json["error"]["details"])


# What comes in and what is answered


def test_a_new_comment_is_answered_with_201(blog: cast.Blog) -> None:
    assert blog.post().status_code == 201


def test_the_answer_says_where_the_comment_stands_and_why(blog: cast.Blog) -> None:
    promised = {"id", "status", "verdict", "scores", "labels", "reasons", "model"}
    assert promised <= set(blog.post().json)


def test_a_kind_comment_is_approved(blog: cast.Blog) -> None:
    assert blog.post(cast.KIND).json["status"] == "approved"


def test_an_unkind_comment_waits_for_a_person(blog: cast.Blog) -> None:
    assert blog.post(cast.UNKIND).json["status"] == "held"


def test_every_label_has_its_probability(blog: cast.Blog) -> None:
    assert set(blog.post().json["scores"]) == set(LABELS)


def test_a_reason_names_the_words_that_moved_the_score(blog: cast.Blog) -> None:
    reason = blog.post(cast.UNKIND).json["reasons"][0]
    moved = " ".join(cast.UNKIND[each["start"] : each["end"]] for each in reason["evidence"] if each["weight"] > 0)
    assert "idiot" in moved


def test_the_same_comment_again_is_answered_with_200(blog: cast.Blog) -> None:
    blog.post(id="1")
    assert blog.post(id="1").status_code == 200


@pytest.mark.parametrize("more", [{"id": "1"}, {}], ids=["with an id", "without"])
def test_the_same_comment_again_gets_the_same_answer(blog: cast.Blog, more: dict[str, str]) -> None:
    assert blog.post(**more).json == blog.post(**more).json


@pytest.mark.parametrize("more", [{"id": "1"}, {}], ids=["with an id", "without"])
def test_the_same_comment_again_is_one_row(blog: cast.Blog, stored: Count, more: dict[str, str]) -> None:
    blog.post(**more)
    blog.post(**more)
    assert stored() == 1


DIFFERENT = {
    "another text": {"text": cast.CRITICAL},
    "another thread": {"thread": {"url": "https://relay.example.org/another"}},
    "another author": {"author": {"name": "Rolf"}},
    "another parent": {"parent_id": "9"},
}


@pytest.mark.parametrize("changed", DIFFERENT.values(), ids=DIFFERENT)
def test_without_an_id_something_different_is_another_comment(
    blog: cast.Blog, stored: Count, changed: dict[str, Any]
) -> None:
    first = {**COMMENT, "author": {"name": "Maya"}, "parent_id": "1"}
    for body in (first, {**first, **changed}):
        send(blog, json.dumps(body))
    assert stored() == 2


def test_an_id_may_be_a_number(blog: cast.Blog) -> None:
    blog.post(id=17)
    assert blog.post(id="17").status_code == 200


def test_two_sites_may_use_the_same_id(blog: cast.Blog, other: cast.Blog) -> None:
    blog.post(id="1")
    assert other.post(id="1").status_code == 201


def test_another_text_under_the_same_id_is_a_new_revision(blog: cast.Blog) -> None:
    first = blog.post(id="1").json["id"]
    blog.post(cast.CRITICAL, id="1")
    assert blog.get(f"/comments/{first}").json["revision"] == 2


def test_an_unknown_parent_is_accepted(blog: cast.Blog) -> None:
    assert blog.post(id="2", parent_id="1").status_code == 201


def test_an_unknown_parent_is_noted(blog: cast.Blog) -> None:
    assert "parent_id" in blog.post(id="2", parent_id="1").json["notes"][0]


def test_a_known_parent_needs_no_note(blog: cast.Blog) -> None:
    blog.post(id="1")
    assert blog.post(cast.CRITICAL, id="2", parent_id="1").json["notes"] == []


def test_a_comment_in_a_language_that_the_model_does_not_read_waits_for_a_person(blog: cast.Blog) -> None:
    answer = blog.post(GERMAN).json
    assert (answer["status"], answer["scores"], answer["reasons"][0]["rule"]) == ("held", {}, "another language")


def test_the_language_that_the_model_does_not_read_is_noted(blog: cast.Blog) -> None:
    assert "(de)" in blog.post(GERMAN).json["notes"][0]


def test_a_parent_that_comes_later_is_joined(blog: cast.Blog) -> None:
    reply = blog.post(cast.CRITICAL, id="2", parent_id="1").json["id"]
    blog.post(id="1")
    assert blog.get(f"/comments/{reply}").json["notes"] == []


# GET, PATCH, DELETE


@pytest.fixture
def other(blog: cast.Blog, sqlite: Database) -> cast.Blog:
    """Return another blog on the same service."""
    with sqlite.writing() as session:
        site, keys = cast.add_site(session, "https://other.example.org")
        return cast.Blog(blog.client, keys, site.id)


def test_a_comment_is_shown_as_it_was_sent(blog: cast.Blog) -> None:
    author = {"id": "7", "name": "Maya", "email": "m@example.org", "url": "x", "ip": "192.0.2.1", "role": "reader"}
    sent = {"id": "1", "parent_id": "0", "author": author, "created_at": "2026-11-21T08:30:00+01:00"}
    shown = blog.get(f"/comments/{blog.post(**sent).json['id']}").json
    kept = {name: shown[name] for name in ("outside_id", "text", "parent_id", "thread", "author", "created_at")}
    assert kept == {
        "outside_id": "1",
        "text": cast.KIND,
        "parent_id": "0",
        "thread": THREAD,
        "author": author,
        "created_at": "2026-11-21T07:30:00.000Z",
    }


def test_a_comment_is_shown_with_the_answer_it_got(blog: cast.Blog) -> None:
    answer = blog.post().json
    shown = blog.get(f"/comments/{answer['id']}").json
    assert {name: shown[name] for name in answer} == answer


def test_an_edit_is_a_new_revision(blog: cast.Blog) -> None:
    path = f"/comments/{blog.post().json['id']}"
    blog.client.patch(f"/api/v1{path}", json={"text": cast.CRITICAL}, headers=blog.headers)
    shown = blog.get(path).json
    assert (shown["text"], shown["revision"]) == (cast.CRITICAL, 2)


def test_an_edit_is_judged_anew(blog: cast.Blog) -> None:
    path = f"/api/v1/comments/{blog.post().json['id']}"
    answer = blog.client.patch(path, json={"text": cast.UNKIND}, headers=blog.headers)
    assert answer.json["status"] == "held"


def test_an_edit_that_changes_nothing_is_no_revision(blog: cast.Blog) -> None:
    path = f"/comments/{blog.post().json['id']}"
    blog.client.patch(f"/api/v1{path}", json={"text": cast.KIND}, headers=blog.headers)
    assert blog.get(path).json["revision"] == 1


def test_a_late_repetition_does_not_take_an_edit_back(blog: cast.Blog) -> None:
    path = f"/comments/{blog.post().json['id']}"
    blog.client.patch(f"/api/v1{path}", json={"text": cast.CRITICAL}, headers=blog.headers)
    blog.post()  # without an id, its text is what makes it known: it can be no edit
    assert blog.get(path).json["text"] == cast.CRITICAL


def test_a_deletion_is_answered_with_204(blog: cast.Blog) -> None:
    path = f"/api/v1/comments/{blog.post().json['id']}"
    assert blog.client.delete(path, headers=blog.headers).status_code == 204


def test_a_deletion_may_be_repeated(blog: cast.Blog) -> None:
    path = f"/api/v1/comments/{blog.post().json['id']}"
    blog.client.delete(path, headers=blog.headers)
    assert blog.client.delete(path, headers=blog.headers).status_code == 204


def test_a_deleted_comment_is_not_shown(blog: cast.Blog) -> None:
    path = f"/comments/{blog.post().json['id']}"
    blog.client.delete(f"/api/v1{path}", headers=blog.headers)
    assert blog.get(path).status_code == 404


def test_a_deletion_erases_text_and_author(blog: cast.Blog, sqlite: Database) -> None:
    sent = blog.post("Only Maya could have written this.", id="1", author={"name": "Maya", "email": "m@example.org"})
    blog.client.delete(f"/api/v1/comments/{sent.json['id']}", headers=blog.headers)
    with sqlite.engine.connect() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert [each for each in ("Maya", "m@example.org") if each in dump] == []


def test_a_deleted_comment_that_is_sent_again_is_there_again(blog: cast.Blog) -> None:
    path = f"/comments/{blog.post(id='1').json['id']}"
    blog.client.delete(f"/api/v1{path}", headers=blog.headers)
    blog.post(cast.CRITICAL, id="1")
    assert blog.get(path).json["text"] == cast.CRITICAL


def test_another_sites_comments_are_not_found(blog: cast.Blog, other: cast.Blog) -> None:
    path = f"/api/v1/comments/{blog.post().json['id']}"
    answers = [
        other.client.get(path, headers=other.headers),
        other.client.patch(path, json={"text": "mine now"}, headers=other.headers),
        other.client.delete(path, headers=other.headers),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_another_site_cannot_be_told_from_no_comment(blog: cast.Blog, other: cast.Blog) -> None:
    blog.post()
    theirs, nobodys = other.get("/comments/1").text, other.get("/comments/2").text
    assert theirs == nobodys.replace("2", "1")


def test_another_sites_comments_are_not_listed(blog: cast.Blog, other: cast.Blog) -> None:
    blog.post()
    assert other.get("/comments").json["comments"] == []


@pytest.mark.parametrize("number", ["0", "2", "-1", "x", "1.0", str(2**31), str(2**63), str(10**30)])
def test_a_comment_that_is_not_there_is_404(blog: cast.Blog, number: str) -> None:
    assert blog.get(f"/comments/{number}").status_code == 404


# Lists


@pytest.fixture
def discussion(careful: cast.Blog) -> cast.Blog:
    """Return a blog that has sent five comments."""
    elsewhere = {"url": "https://relay.example.org/another"}
    careful.post("one", id="1", author={"id": "7"}, created_at="2026-11-01T00:00:00Z")
    careful.post("two", id="2", author={"id": "8"}, created_at="2026-11-02T00:00:00Z")
    careful.post("three", id="3", author={"id": "7"}, thread=elsewhere, created_at="2026-11-03T00:00:00Z")
    careful.post("four", id="4", author={"id": "8"}, thread=elsewhere, created_at="2026-11-04T00:00:00Z")
    careful.post("five", id="5", author={"id": "9"}, created_at="2026-11-05T00:00:00Z")
    careful.client.delete("/api/v1/comments/5", headers=careful.headers)
    return careful


LISTS = {
    "": ["5", "4", "3", "2", "1"],
    "?limit=2": ["5", "4"],
    "?status=held": ["4", "3", "2", "1"],
    "?status=withdrawn": ["5"],
    "?status=approved": [],
    "?author=7": ["3", "1"],
    f"?thread={cast.POST}": ["5", "2", "1"],
    "?since=2026-11-03T00:00:00Z": ["5", "4", "3"],
    "?since=2026-11-03T00:00:00%2B01:00": ["5", "4", "3"],
    "?author=8&status=held&since=2026-11-03T00:00:00Z": ["4"],
    "?author=nobody": [],
}


@pytest.mark.parametrize("query", LISTS)
def test_a_list_holds_what_was_asked_for_newest_first(discussion: cast.Blog, query: str) -> None:
    assert [each["outside_id"] for each in discussion.get(f"/comments{query}").json["comments"]] == LISTS[query]


def test_a_list_may_ask_for_a_label(blog: cast.Blog) -> None:
    blog.post(cast.KIND, id="1")
    blog.post(cast.UNKIND, id="2")
    assert [each["outside_id"] for each in blog.get("/comments?label=abusive").json["comments"]] == ["2"]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 200])
def test_the_pages_of_a_list_add_up_to_the_whole(discussion: cast.Blog, limit: int) -> None:
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = discussion.get(f"/comments?limit={limit}{cursor}").json
        seen += [each["outside_id"] for each in page["comments"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == ["5", "4", "3", "2", "1"]


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "label=rude",
        "since=yesterday",
        "since=2026-11-21",
        "cursor=0",
        "cursor=x",
        f"cursor={2**63}",
        f"cursor={'9' * 5000}",
        "limit=0",
        "limit=201",
        "limit=x",
        "unknown=1",
    ],
)
def test_a_list_names_the_part_of_the_question_it_does_not_know(door: cast.Blog, query: str) -> None:
    answer = door.get(f"/comments?{query}")
    assert (answer.status_code, complaints(answer)) == (400, [query.partition("=")[0]])


# Reporting


def test_what_a_blog_reports_is_listed_for_moderators_and_stays_where_it_is(blog: cast.Blog, ana: FlaskClient) -> None:
    comment = blog.post(cast.KIND).json["id"]
    answer = blog.client.post(f"/api/v1/comments/{comment}/report", headers=blog.headers)
    listed = Page(ana.get("/queue?view=reported")).all("article", class_="card")
    assert (answer.status_code, [each.attributes["id"] for each in listed]) == (204, [f"comment-{comment}"])
    assert blog.get(f"/comments/{comment}").json["status"] == "approved"


def test_what_is_not_there_cannot_be_reported(blog: cast.Blog) -> None:
    assert blog.client.post("/api/v1/comments/9/report", headers=blog.headers).status_code == 404


# Scoring without storing


def scored(blog: cast.Blog, *comments: dict[str, object]) -> TestResponse:
    """Ask for scores."""
    return blog.client.post("/api/v1/score", json={"comments": comments}, headers=blog.headers)


def test_scores_come_in_the_order_of_the_request(blog: cast.Blog) -> None:
    answer = scored(blog, *({"id": str(each), "text": cast.KIND} for each in range(5)))
    assert [each["id"] for each in answer.json["comments"]] == ["0", "1", "2", "3", "4"]


def test_a_score_is_the_same_as_that_of_a_stored_comment(blog: cast.Blog) -> None:
    answer = scored(blog, {"text": cast.UNKIND, "post_title": cast.TITLE})
    assert answer.json["comments"][0]["scores"] == blog.post(cast.UNKIND).json["scores"]


def test_a_score_says_the_language_and_the_kinds_of_abuse(blog: cast.Blog) -> None:
    english, german = scored(blog, {"text": cast.UNKIND}, {"text": GERMAN}).json["comments"]
    assert (english["language"], set(english["kinds"])) == ("en", set(KINDS))
    assert (german["language"], german["scores"], german["kinds"], german["labels"]) == ("de", {}, {}, [])


def test_scoring_stores_nothing(blog: cast.Blog, stored: Count) -> None:
    scored(blog, {"text": cast.KIND})
    assert stored() == 0


@pytest.mark.parametrize("text", ["", " ", *HOSTILE.values()], ids=["nothing", "a space", *HOSTILE])
def test_every_text_can_be_scored(blog: cast.Blog, text: str) -> None:
    assert scored(blog, {"id": text[:255] or "0", "text": text}).status_code == 200


@pytest.mark.parametrize("count", [0, MOST_AT_ONCE + 1])
def test_too_few_and_too_many_at_once_are_refused(door: cast.Blog, count: int) -> None:
    assert scored(door, *([{"text": "a"}] * count)).status_code == 400


def test_the_most_at_once_are_scored(blog: cast.Blog) -> None:
    assert len(scored(blog, *([{"text": "a"}] * MOST_AT_ONCE)).json["comments"]) == MOST_AT_ONCE


# Keys


def key_headers(blog: cast.Blog) -> dict[str, dict[str, str]]:
    """Return headers that open nothing."""
    key = blog.keys.api_key
    return {
        "none": {},
        "empty": {"Authorization": ""},
        "no key": {"Authorization": "Bearer "},
        "a wrong key": {"Authorization": "Bearer ut_wrong"},
        "a shorter key": {"Authorization": f"Bearer {key[:-1]}"},
        "a longer key": {"Authorization": f"Bearer {key}x"},
        "the key in capitals": {"Authorization": f"Bearer {key.upper()}"},
        "another scheme": {"Authorization": f"Basic {key}"},
        "the key alone": {"Authorization": key},
        "a key that is no ASCII": {"Authorization": "Bearer kéy\xff"},
        "the secret of the webhooks": {"Authorization": f"Bearer {blog.keys.webhook_secret}"},
        "the key in another header": {"X-Api-Key": key},
    }


REFUSED_KEYS = list(key_headers(cast.Blog(None, cast.Keys("ut_x", "a", "w", "c"), 0)))  # type: ignore[arg-type]


@pytest.mark.parametrize("case", REFUSED_KEYS)
def test_without_the_key_nobody_gets_in(door: cast.Blog, case: str) -> None:
    answer = door.client.post("/api/v1/comments", json=COMMENT, headers=key_headers(door)[case])
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_without_the_key_nothing_is_stored(blog: cast.Blog, stored: Count) -> None:
    for headers in key_headers(blog).values():
        blog.client.post("/api/v1/comments", json=COMMENT, headers=headers)
    assert stored() == 0


def test_the_key_in_the_address_opens_nothing(blog: cast.Blog) -> None:
    assert blog.client.get(f"/api/v1/comments?api_key={blog.keys.api_key}").status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_case_of_the_scheme_does_not_matter(blog: cast.Blog, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {blog.keys.api_key}"}
    assert blog.client.get("/api/v1/comments", headers=headers).status_code == 200


def test_a_stranger_learns_nothing_of_what_is_wrong_with_the_body(blog: cast.Blog) -> None:
    assert blog.client.post("/api/v1/comments", data=b"\xff").status_code == 401


# Bad input


def without(name: str) -> dict[str, Any]:
    """Return a comment that lacks a field."""
    return {key: value for key, value in COMMENT.items() if key != name}


BAD_FIELDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no text": (without("text"), ["text"]),
    "an empty text": ({**COMMENT, "text": ""}, ["text"]),
    "only white space": ({**COMMENT, "text": " \n\t\u00a0"}, ["text"]),
    "a text too long": ({**COMMENT, "text": "a" * (LONGEST_TEXT + 1)}, ["text"]),
    "a text that is a number": ({**COMMENT, "text": 1}, ["text"]),
    "a text that is null": ({**COMMENT, "text": None}, ["text"]),
    "a text that is a list": ({**COMMENT, "text": ["a"]}, ["text"]),
    "a text that is true": ({**COMMENT, "text": True}, ["text"]),
    "no thread": (without("thread"), ["thread"]),
    "a thread that is a string": ({**COMMENT, "thread": cast.POST}, ["thread"]),
    "a thread without address": ({**COMMENT, "thread": {"title": "x"}}, ["thread.url"]),
    "an address that is none": ({**COMMENT, "thread": {"url": "a post"}}, ["thread.url"]),
    "an address that is a script": ({**COMMENT, "thread": {"url": "javascript:alert(1)"}}, ["thread.url"]),
    "an address too long": ({**COMMENT, "thread": {"url": "https://a.example/" + "x" * 2000}}, ["thread.url"]),
    "an address with a line end": ({**COMMENT, "thread": {"url": "https://a.example/\nx"}}, ["thread.url"]),
    "an address with a surrogate": ({**COMMENT, "thread": {"url": "https://a.example/\ud800"}}, ["thread.url"]),
    "a title that is a number": ({**COMMENT, "thread": {"url": cast.POST, "title": 5}}, ["thread.title"]),
    "a title too long": ({**COMMENT, "thread": {"url": cast.POST, "title": "t" * 2001}}, ["thread.title"]),
    "an unknown field": ({**COMMENT, "colour": "red"}, ["colour"]),
    "unknown fields of the wrong type": ({**COMMENT, "a": [], "b": {}}, ["a", "b"]),
    "an unknown field of the author": ({**COMMENT, "author": {"shoe": 42}}, ["author.shoe"]),
    "an unknown field of the thread": ({**COMMENT, "thread": {**THREAD, "x": None}}, ["thread.x"]),
    "an author that is a string": ({**COMMENT, "author": "Maya"}, ["author"]),
    "an author that is null": ({**COMMENT, "author": None}, ["author"]),
    "a name that is a list": ({**COMMENT, "author": {"name": []}}, ["author.name"]),
    "a name too long": ({**COMMENT, "author": {"name": "n" * 256}}, ["author.name"]),
    "an id that is true": ({**COMMENT, "id": True}, ["id"]),
    "an id that is a fraction": ({**COMMENT, "id": 1.5}, ["id"]),
    "an id that is empty": ({**COMMENT, "id": ""}, ["id"]),
    "an id too long": ({**COMMENT, "id": "i" * 256}, ["id"]),
    "an id that is a number too long": ({**COMMENT, "id": 10**256}, ["id"]),
    "an id that is not a number": ({**COMMENT, "id": float("nan")}, ["id"]),
    "an id that is infinite": ({**COMMENT, "id": float("inf")}, ["id"]),
    "a parent that is an object": ({**COMMENT, "parent_id": {}}, ["parent_id"]),
    "a callback that is none": ({**COMMENT, "callback": "call me"}, ["callback"]),
    "several at once": (
        {"text": "", "thread": {"url": 1, "x": 1}, "author": {"name": 2}, "created_at": "now", "y": 0},
        ["author.name", "created_at", "text", "thread.url", "thread.x", "y"],
    ),
    "an unpaired surrogate as a field's name, and more": ({**COMMENT, "\ud800": 1, "text": 1}, ["?", "text"]),
}

BAD_DATES = [
    "",
    "yesterday",
    "2026-11-21",
    "2026-11-21T08:30:00",
    "2026-02-30T08:30:00Z",
    "2026-11-21T25:00:00Z",
    "2026-11-21T08:30:00+99:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0000-01-01T00:00:00Z",
    "21.11.2026 08:30",
    "1763713800",
    "２０２６-11-21T08:30:00Z",
    " 2026-11-21T08:30:00Z",
    "2026-11-21T08:30:00Z\n",
    1763713800,
    [],
    {},
    True,
]

GOOD_DATES = {
    "2026-11-21T08:30:00Z": "2026-11-21T08:30:00.000Z",
    "2026-11-21t08:30:00z": "2026-11-21T08:30:00.000Z",
    "2026-11-21 08:30:00.123456789+05:30": "2026-11-21T03:00:00.123Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59Z": "9999-12-31T23:59:59.000Z",
}


@pytest.mark.parametrize("case", BAD_FIELDS)
def test_it_lists_every_field_that_is_not_as_described(door: cast.Blog, case: str) -> None:
    body, fields = BAD_FIELDS[case]
    answer = send(door, json.dumps(body))
    assert (answer.status_code, complaints(answer)) == (400, fields)


def test_it_stores_nothing_of_what_is_not_as_described(blog: cast.Blog, stored: Count) -> None:
    for body, _ in BAD_FIELDS.values():
        send(blog, json.dumps(body))
    assert stored() == 0


@pytest.mark.parametrize("written", BAD_DATES, ids=repr)
def test_a_date_that_is_none_is_refused(door: cast.Blog, written: object) -> None:
    answer = door.post(created_at=written)
    assert (answer.status_code, complaints(answer)) == (400, ["created_at"])


@pytest.mark.parametrize("written", GOOD_DATES)
def test_a_date_is_kept_in_utc(blog: cast.Blog, written: str) -> None:
    number = blog.post(created_at=written).json["id"]
    assert blog.get(f"/comments/{number}").json["created_at"] == GOOD_DATES[written]


def test_the_longest_text_is_taken(blog: cast.Blog) -> None:
    assert blog.post("\U0001f642" * LONGEST_TEXT).status_code == 201


NOT_JSON = {
    "nothing": b"",
    "half an object": b'{"text": "a"',
    "a form": b"text=a&thread=b",
    "not UTF-8": b'{"text": "\xff\xfe"}',
    "UTF-16": json.dumps(COMMENT).encode("utf-16"),
    "Latin-1": json.dumps({**COMMENT, "text": "é"}, ensure_ascii=False).encode("latin-1"),
    "a surrogate in UTF-8": b'{"text": "\xed\xa0\x80"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "deep lists": b'{"text":' + b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "a number of 5,000 digits": b'{"id": ' + b"9" * 5000 + b"}",
    "two values": b"{} {}",
}
NO_OBJECT = {"null": b"null", "a list": b"[]", "a string": b'"text"', "a number": b"1", "NaN": b"NaN"}


@pytest.mark.parametrize("body", [*NOT_JSON.values(), *NO_OBJECT.values()], ids=[*NOT_JSON, *NO_OBJECT])
def test_what_is_no_json_object_is_refused(door: cast.Blog, body: bytes) -> None:
    assert send(door, body).status_code == 400


def test_of_what_is_no_json_object_nothing_is_stored(blog: cast.Blog, stored: Count) -> None:
    for body in (*NOT_JSON.values(), *NO_OBJECT.values()):
        send(blog, body)
    assert stored() == 0


@pytest.mark.parametrize("case", ["an empty text", "a text too long", "no text", "a text that is a list"])
def test_an_edit_is_held_to_the_same(blog: cast.Blog, case: str) -> None:
    blog.post()
    body = {key: value for key, value in BAD_FIELDS[case][0].items() if key == "text"}
    assert complaints(blog.client.patch("/api/v1/comments/1", json=body, headers=blog.headers)) == ["text"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/comments"), ("PATCH", "/api/v1/comments/1"), ("POST", "/api/v1/score")],
)
def test_a_body_over_a_megabyte_is_too_large(blog: cast.Blog, method: str, path: str) -> None:
    body = json.dumps({"text": "a" * LARGEST_BODY})
    assert blog.client.open(path, method=method, data=body, headers=blog.headers).status_code == 413


def in_chunks(blog: cast.Blog, body: bytes) -> TestResponse:
    """Send a body without saying how long it is."""
    return blog.client.post(
        "/api/v1/comments",
        input_stream=io.BytesIO(body),
        headers={**blog.headers, "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )


def test_a_chunked_body_is_read(blog: cast.Blog) -> None:
    assert in_chunks(blog, json.dumps(COMMENT).encode()).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"text": "a" * 2 * LARGEST_BODY}),
        json.dumps(COMMENT) + " " * LARGEST_BODY,
        json.dumps(COMMENT) + " " * (LARGEST_BODY - len(json.dumps(COMMENT)) + 1),
    ],
    ids=["a long text", "blanks behind a comment", "one byte too many"],
)
def test_a_chunked_body_over_a_megabyte_is_too_large(blog: cast.Blog, body: str) -> None:
    assert in_chunks(blog, body.encode()).status_code == 413


def test_a_body_too_large_stores_nothing(blog: cast.Blog, stored: Count) -> None:
    send(blog, json.dumps(COMMENT) + " " * LARGEST_BODY)
    assert stored() == 0


def test_a_body_of_a_megabyte_is_taken(blog: cast.Blog) -> None:
    body = json.dumps(COMMENT)
    assert send(blog, body + " " * (LARGEST_BODY - len(body))).status_code == 201


# Hostile texts: stored as they came, shown harmlessly


def said_everywhere(said: str) -> dict[str, Any]:
    """Return a comment that says the same wherever something can be said."""
    short = said[:255]
    author = dict.fromkeys(("id", "name", "email", "url", "ip", "role"), short)
    return {"text": said, "parent_id": short, "thread": {"url": cast.POST, "title": said[:2000]}, "author": author}


@hostile()
def test_what_was_said_is_stored_as_it_came(blog: cast.Blog, said: str) -> None:
    sent = said_everywhere(said)
    shown = blog.get(f"/comments/{blog.post(**sent).json['id']}").json
    assert {name: shown[name] for name in sent} == sent


@hostile("10,000 combining marks")
def test_a_comment_with_any_id_is_known_again(blog: cast.Blog, said: str) -> None:
    blog.post(id=said)
    assert blog.post(id=said).status_code == 200


@examples(25)
@given(said=st.text(st.characters(codec=None), min_size=1, max_size=60).filter(lambda text: text.strip()))
def test_whatever_is_said_is_stored_as_it_came(blog: cast.Blog, said: str) -> None:
    said = json.loads(json.dumps(said))  # JSON itself cannot tell two halves of a pair from the pair
    sent = said_everywhere(said)
    shown = blog.get(f"/comments/{blog.post(**sent).json['id']}").json
    assert {name: shown[name] for name in sent} == sent


def two_comments(blog: cast.Blog, thread: str, said: str) -> list[str]:
    """Send a comment and an answer to it, both hostile everywhere, and return our ids of them."""
    sent = said_everywhere(said)
    sent["thread"]["url"] = f"https://relay.example.org/{thread}"
    first = blog.post(**sent, id=f"{thread}-1")
    return [first.json["id"], blog.post(**{**sent, "parent_id": f"{thread}-1"}, id=f"{thread}-2").json["id"]]


def besides_evidence(structure: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """Return a page's structure without the words that moved a score and the ticks, which are the model's to choose."""
    return [
        (tag, [name for name in attributes if name != "checked"])
        for tag, attributes in structure
        if tag not in ("mark", "dl", "dt", "dd", "q")
    ]


@hostile("10,000 combining marks")  # so long a text is folded away, which is another structure
def test_nothing_that_is_said_changes_the_structure_of_a_page(careful: cast.Blog, ana: FlaskClient, said: str) -> None:
    [*_, harmless] = two_comments(careful, "harmless", "a word")
    [*_, hostile] = two_comments(careful, "hostile", said)
    queue = Page(ana.get("/queue"))
    cards = [besides_evidence(queue.one("article", id=f"comment-{each}").structure) for each in (harmless, hostile)]
    pages = [besides_evidence(Page(ana.get(f"/comments/{each}")).structure) for each in (harmless, hostile)]
    assert (cards[0], pages[0]) == (cards[1], pages[1])


def showable(said: str) -> str:
    """Return what a page can show of a text: what HTML forbids is replaced."""
    forbidden = {*map(chr, range(32)), *map(chr, range(127, 160)), "\ud83d", "\uffff"} - set("\t\n\r")
    return "".join("\ufffd" if each in forbidden else each for each in said)


@hostile()
def test_the_queue_shows_what_was_said(careful: cast.Blog, ana: FlaskClient, said: str) -> None:
    careful.post(said)
    assert Page(ana.get("/queue")).one("p", class_="text").text.splitlines() == showable(said).splitlines()


def test_the_queue_holds_no_script_but_ours(careful: cast.Blog, ana: FlaskClient) -> None:
    for number, said in enumerate(HOSTILE.values()):
        two_comments(careful, str(number), said)
    scripts = Page(ana.get("/queue")).all("script")
    assert [(each.attributes["src"], each.text) for each in scripts] == [("/static/desk.js", "")]


def test_the_queue_holds_nothing_that_html_forbids(careful: cast.Blog, ana: FlaskClient) -> None:
    for number, said in enumerate(HOSTILE.values()):
        two_comments(careful, str(number), said)
    shown = ana.get("/queue").text
    assert showable(shown) == shown


@pytest.mark.parametrize("page", ["/queue", "/comments/1", "/login", "/docs", "/nowhere", "/api/v1/comments/1"])
def test_every_answer_forbids_the_browser_to_run_what_is_not_ours(held: int, ana: FlaskClient, page: str) -> None:
    policy = dict(each.split(" ", 1) for each in ana.get(page).headers["Content-Security-Policy"].split("; "))
    wanted = {"default-src": "'none'", "script-src": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'"}
    assert {name: policy[name] for name in wanted} == wanted


# Rate limit


@pytest.fixture
def hurried(make_app: Callable[..., Flask], settings: Settings, sqlite: Database) -> cast.Blog:
    """Return a blog that may make three calls a minute, and has made them."""
    app = make_app(replace(settings, rate_limit="3/minute"))
    with sqlite.writing() as session:
        site, keys = cast.add_site(session)
        blog = cast.Blog(app.test_client(), keys, site.id)
    for _ in range(3):
        assert blog.get("/comments").status_code == 200
    return blog


def test_a_site_may_make_only_so_many_calls(hurried: cast.Blog) -> None:
    assert hurried.get("/comments").status_code == 429


def test_a_call_too_many_says_when_to_come_back(hurried: cast.Blog) -> None:
    assert 1 <= int(hurried.get("/comments").headers["Retry-After"]) <= 60


def test_a_call_too_many_stores_nothing(hurried: cast.Blog, stored: Count) -> None:
    hurried.post()
    assert stored() == 0


def test_one_sites_calls_are_not_counted_against_another(hurried: cast.Blog, sqlite: Database) -> None:
    with sqlite.writing() as session:
        site, keys = cast.add_site(session, "https://other.example.org")
        other = cast.Blog(hurried.client, keys, site.id)
    assert other.get("/comments").status_code == 200
