"""A comment's key and its author's: what makes two of them the same."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.comment import Author, Comment, Scores, Status, text_hash
from tests import cast

WITHOUT_ID = cast.comment()
WITH_ID = cast.comment(id="41")
ANY_TEXT = st.text(st.characters())


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "another"},
        {"thread_url": "https://relay.example.org/another"},
        {"parent_id": "5"},
        {"author": cast.ROLF},
        {"author": Author()},
    ],
    ids=str,
)
def test_without_an_id_whatever_differs_makes_another_comment(changed: dict[str, object]) -> None:
    assert replace(WITHOUT_ID, **changed).key != WITHOUT_ID.key  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((Author(name="a\x1fb"), "c"), (Author(name="a"), "b\x1fc")),
        ((Author(name="a"), "\x1fb"), (Author(name="a\x1f"), "b")),
    ],
)
def test_no_text_can_pass_for_another_author_s(one: tuple[Author, str], other: tuple[Author, str]) -> None:
    keys = {Comment(text, cast.POST, author=author).key for author, text in (one, other)}
    assert len(keys) == 2


@pytest.mark.parametrize("changed", [{"text": "another"}, {"author": cast.ROLF}, {"parent_id": "5"}], ids=str)
def test_with_an_id_the_id_alone_counts(changed: dict[str, object]) -> None:
    assert replace(WITH_ID, **changed).key == WITH_ID.key  # type: ignore[arg-type]


def test_an_id_cannot_pass_for_a_text() -> None:
    assert cast.comment(id=WITHOUT_ID.key).key != WITHOUT_ID.key


@given(ANY_TEXT)
def test_any_text_has_a_hash_of_its_own(text: str) -> None:
    assert text_hash(text) != text_hash(text + "\ud800")


@pytest.mark.parametrize(
    ("author", "key"),
    [
        (Author(id="7", email="a@example.org", name="Maya"), "id:7"),
        (Author(email="Maya@Example.org", name="Maya"), "email:maya@example.org"),
        (Author(name="Maya"), "name:maya"),
        (Author(url="https://maya.example.org", ip="192.0.2.7"), None),
        (Author(id="", email="", name=""), None),
    ],
)
def test_an_author_is_known_by_the_best_there_is(author: Author, key: str | None) -> None:
    assert author.key == key


def test_only_a_held_comment_is_not_final() -> None:
    assert [status for status in Status if not status.is_final] == [Status.HELD]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        (Scores("a-model", {}, language="de"), True),
        (Scores("a-model", {}), True),
        (Scores("a-model", {"abusive": 0.0}, language="en"), False),
        (Scores("a-model", {"abusive": 0.0}), False),
    ],
    ids=str,
)
def test_scores_are_withheld_where_there_are_none(scores: Scores, expected: bool) -> None:
    assert scores.are_withheld is expected
