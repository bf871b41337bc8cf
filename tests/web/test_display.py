"""How pages show what came from outside."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from service.web.display import precisely, showable, when
from tests import cast

ANY_TEXT = st.text(st.characters(codec=None))


@given(ANY_TEXT)
def test_what_is_showable_can_be_sent_as_utf_8(said: str) -> None:
    assert showable(said).encode().decode() == showable(said)


@given(ANY_TEXT)
def test_what_is_showable_stays_as_it_is(said: str) -> None:
    once = showable(said)
    assert showable(once) == once


@given(ANY_TEXT)
def test_every_character_keeps_its_place(said: str) -> None:
    assert len(showable(said)) == len(said)


@pytest.mark.parametrize(
    "said", ["plain", "ñ é 漢字 🙂", "tab\tline\nreturn\r", "\u202eleft", "<b>&amp;", "", "\ufffd"]
)
def test_what_html_allows_is_not_touched(said: str) -> None:
    assert showable(said) == said


@pytest.mark.parametrize("said", ["\0", "\x08", "\x0b", "\x1f", "\x7f", "\x9f", "\ud800", "\udfff", "\ufffe", "\uffff"])
def test_what_html_forbids_is_replaced(said: str) -> None:
    assert showable(f"a{said}b") == "a\ufffdb"


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (0, "just now"),
        (59, "just now"),
        (61, "1 minute ago"),
        (121, "2 minutes ago"),
        (3601, "1 hour ago"),
        (86_401, "1 day ago"),
        (400 * 86_400, "400 days ago"),
        (-90, "in 1 minute"),
        (-7300, "in 2 hours"),
    ],
)
def test_it_says_how_long_ago_something_was(ago: int, said: str) -> None:
    assert when(datetime.now(UTC) - timedelta(seconds=ago)) == said


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 11, 21, 8, 30, 1, tzinfo=UTC), "2026-11-21T08:30:01Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_it_says_precisely_when_something_was(moment: datetime, said: str) -> None:
    assert precisely(moment) == said


def test_the_oldest_comment_can_be_shown(careful: cast.Blog, ana: FlaskClient) -> None:
    careful.post(created_at="0001-01-01T00:00:00Z")
    assert ana.get("/queue").status_code == 200


def test_the_latest_comment_can_be_shown(careful: cast.Blog, ana: FlaskClient) -> None:
    careful.post(created_at="9999-12-31T23:59:59Z")
    assert ana.get("/queue").status_code == 200


@pytest.mark.parametrize("path", ["/login", "/docs", "/nowhere", "/queue"])
def test_a_page_is_not_kept_on_a_shared_computer(app: Flask, ana: FlaskClient, path: str) -> None:
    assert ana.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/login", "/openapi.json", "/api/v1/comments", "/healthz"])
def test_no_answer_is_sniffed_or_tells_where_it_was_seen(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "same-origin")
