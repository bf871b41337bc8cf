"""Scoring without a database: lines of JSON in, lines of JSON out."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from service.domain.comment import Reading, Scores
from service.ml.classifier import Classifier

_AT_ONCE = 256
_OPTIONAL = ("parent", "post_title")


class LineRefused(ValueError):
    """A line that is no comment; the text says what was expected."""


class _Asked(NamedTuple):
    id: str | int | None
    reading: Reading


def score_lines(
    classifier: Classifier, lines: Iterable[bytes], write: Callable[[str], object], complain: Callable[[str], object]
) -> int:
    """Score a comment a line, and return how many lines were none; those are complained about, and the rest goes on."""
    refused = 0
    waiting: list[_Asked] = []
    for number, line in enumerate(lines, start=1):
        try:
            waiting.extend(_read(line))
        except LineRefused as error:
            complain(f"line {number}: {error}")
            refused += 1
        if len(waiting) == _AT_ONCE:
            _answer(classifier, waiting, write)
            waiting.clear()
    _answer(classifier, waiting, write)
    return refused


def _read(line: bytes) -> Iterator[_Asked]:
    """Yield what a line asks for: a comment, or nothing where it is blank."""
    if line.strip():
        row = _parsed(line)
        yield _Asked(_id(row), Reading(_text(row), *(_optional(row, name) for name in _OPTIONAL)))


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LineRefused(f"expected UTF-8, found byte {line[error.start]:#04x} at place {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise LineRefused(f"expected a JSON object, found something else ({_first_line(error)})") from error
    if not isinstance(row, dict):
        raise LineRefused(f'expected a JSON object like {{"id": "1", "text": "…"}}, found {_kind(row)}')
    return row


def _text(row: dict[str, Any]) -> str:
    if "text" not in row:
        raise LineRefused('expected "text", found an object without it')
    if not isinstance(row["text"], str):
        raise LineRefused(f'expected a string as "text", found {_kind(row["text"])}')
    return row["text"]


def _id(row: dict[str, Any]) -> str | int | None:
    value = row.get("id")
    if value is None or isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise LineRefused(f'expected a string or a whole number as "id", found {_kind(value)}')


def _optional(row: dict[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is None or isinstance(value, str):
        return value
    raise LineRefused(f'expected a string or null as "{name}", found {_kind(value)}')


def _kind(value: object) -> str:
    """Return what JSON calls a value's type."""
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__


def _answer(classifier: Classifier, asked: list[_Asked], write: Callable[[str], object]) -> None:
    for each, scores in zip(asked, classifier.score([each.reading for each in asked]), strict=True):
        write(_withheld(each.id, scores, classifier) if scores.are_withheld else json.dumps(_line(each.id, scores)))


def _withheld(name: str | int | None, scores: Scores, classifier: Classifier) -> str:
    """Return the line of a comment in a language that the model does not read: the scores are those of no words at all.

    Whoever reads these lines wants a number for every label, and this is what is known of any comment beforehand.
    """
    nothing = replace(classifier.score_any(Reading("")), labels=(), language=scores.language)
    return json.dumps({**_line(name, nothing), "withheld": True})


def _line(name: str | int | None, scores: Scores) -> dict[str, Any]:
    # Written in ASCII: an id may hold half a surrogate pair, which no encoding can write.
    return {
        "id": name,
        "model": scores.model,
        "scores": {label: round(p, 6) for label, p in scores.probabilities.items()},
        "labels": list(scores.labels),
        "language": scores.language,
    }
