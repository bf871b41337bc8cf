import json
from pathlib import Path

import pytest

from service.domain.labels import LABELS
from service.flows.scoring import score_lines
from service.ml.artefacts import Shelf
from tests.ml import small


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Return the small model: how it scores is told elsewhere."""
    small.save(tmp_path)
    return Shelf(tmp_path)


def scored(shelf: Shelf, *lines: bytes) -> tuple[list[dict[str, object]], list[str], int]:
    written: list[str] = []
    complaints: list[str] = []
    refused = score_lines(shelf.current(), lines, written.append, complaints.append)
    return [json.loads(line) for line in written], complaints, refused


def test_a_line_is_answered_with_scores_and_labels(shelf: Shelf) -> None:
    answers, _, refused = scored(
        shelf, b'{"id": "7", "text": "You are an idiot.", "parent": null, "post_title": "Mice"}'
    )
    assert refused == 0
    assert set(answers[0]) == {"id", "model", "scores", "labels", "language"}
    assert answers[0]["id"] == "7"
    assert answers[0]["model"] == shelf.current().name
    assert answers[0]["labels"] == ["abusive"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"text": "caf\xe9"}', "expected UTF-8, found byte 0xe9"),
        (b"{text}", "expected a JSON object"),
        (b'["text"]', "found a list"),
        (b'"text"', "found a string"),
        (b"null", "found null"),
        (b"[" * 100_000, "expected a JSON object"),
        (b'{"id": "1"}', 'expected "text"'),
        (b'{"text": null}', 'expected a string as "text", found null'),
        (b'{"text": 5}', 'expected a string as "text", found a number'),
        (b'{"text": ["a"]}', 'expected a string as "text", found a list'),
        (b'{"text": "a", "parent": {}}', 'expected a string or null as "parent", found an object'),
        (b'{"text": "a", "post_title": true}', 'expected a string or null as "post_title", found true or false'),
        (b'{"text": "a", "id": []}', 'expected a string or a whole number as "id", found a list'),
        (b'{"text": "a", "id": true}', 'expected a string or a whole number as "id", found true or false'),
    ],
)
def test_a_bad_line_is_named_and_the_rest_is_scored(shelf: Shelf, line: bytes, expected: str) -> None:
    answers, complaints, refused = scored(shelf, b'{"id": 1, "text": "a"}', line, b'{"id": 3, "text": "b"}')
    assert [answer["id"] for answer in answers] == [1, 3]
    assert refused == 1
    assert complaints[0].startswith("line 2: ")
    assert expected in complaints[0]


def test_blank_lines_are_passed_over(shelf: Shelf) -> None:
    assert scored(shelf, b"\n", b'{"text": "a"}\n', b"  \n")[2] == 0


def test_a_line_without_an_id_is_answered_without_one(shelf: Shelf) -> None:
    assert scored(shelf, b'{"text": "a"}')[0][0]["id"] is None


GERMAN = json.dumps({"id": 1, "text": "Das ist eine sehr teure Behandlung und niemand bezahlt sie."}).encode()


def test_a_line_in_another_language_says_so_and_has_a_number_for_every_label(shelf: Shelf) -> None:
    [answer], _, refused = scored(shelf, GERMAN)
    assert (answer["withheld"], answer["language"], answer["labels"], refused) == (True, "de", [], 0)
    assert list(answer["scores"]) == list(LABELS)


def test_what_is_withheld_scores_like_no_words_at_all(shelf: Shelf) -> None:
    german, nothing = scored(shelf, GERMAN, b'{"text": ""}')[0]
    assert german["scores"] == nothing["scores"]


def test_what_is_scored_is_not_said_to_be_withheld(shelf: Shelf) -> None:
    assert "withheld" not in scored(shelf, b'{"text": "Thank you for this!"}')[0][0]


@pytest.mark.parametrize("text", ["", "a" * 20_000, "\x00", "\ud800", "🤡" * 50, "you idiot " * 2_000])
def test_odd_texts_are_scored(shelf: Shelf, text: str) -> None:
    answers, _, refused = scored(shelf, json.dumps({"id": "\ud800", "text": text}).encode())
    assert refused == 0
    assert answers[0]["id"] == "\ud800"


def test_answers_come_in_the_order_of_the_lines_however_many(shelf: Shelf) -> None:
    lines = [json.dumps({"id": number, "text": f"Comment {number}"}).encode() for number in range(600)]
    assert [answer["id"] for answer in scored(shelf, *lines)[0]] == list(range(600))
