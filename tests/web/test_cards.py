"""What a card marks in a text, and in which order it says why."""

import pytest

from service.domain.comment import Evidence, Scores
from service.web.cards import pieces_of

TEXT = "You want applause, selfish cow."
SCORES = Scores(
    "a-model",
    {"abusive": 0.9, "supportive": 0.6},
    ("abusive", "supportive"),
    {"abusive": (Evidence(19, 30, 1.2),), "supportive": (Evidence(0, 8, 2.5), Evidence(19, 30, 1.9))},
    "en",
)


def marked(held_for: str | None) -> dict[str, str]:
    return {piece.text: piece.label.key for piece in pieces_of(TEXT, SCORES, held_for) if piece.label}


@pytest.mark.parametrize(
    ("held_for", "expected"),
    [
        (None, {"You want": "supportive", "selfish cow": "supportive"}),
        ("abusive", {"You want": "supportive", "selfish cow": "abusive"}),
    ],
)
def test_of_two_marks_that_of_the_label_it_is_held_for_is_shown(held_for: str | None, expected: dict[str, str]) -> None:
    assert marked(held_for) == expected


@pytest.mark.parametrize("held_for", [None, "abusive", "audit"])
def test_the_pieces_are_the_text(held_for: str | None) -> None:
    assert "".join(piece.text for piece in pieces_of(TEXT, SCORES, held_for)) == TEXT


def test_what_could_not_be_scored_is_marked_nowhere() -> None:
    assert [piece.label for piece in pieces_of(TEXT, None)] == [None]
