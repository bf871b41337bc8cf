"""OpenAI's moderations: thirteen categories for each text, and whether any of them flags it. Nothing is stored."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.domain.comment import Reading, Scores
from service.domain.labels import LABELS
from service.flows import intake
from service.web.auth import admit, site_in
from service.web.openapi import read_json
from service.web.parts import parts
from service.web.protocols.failures import failure_of
from service.web.shapes import LONGEST_TEXT, MOST_AT_ONCE

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "harassment": ("abusive",),
    "harassment/threatening": ("threat",),
    "hate": ("identity_attack",),
    "hate/threatening": ("identity_attack", "threat"),
    "illicit": (),
    "illicit/violent": (),
    "self-harm": (),
    "self-harm/instructions": (),
    "self-harm/intent": (),
    "sexual": (),
    "sexual/minors": (),
    "violence": (),
    "violence/graphic": (),
}
"""Their category to what of ours has to be so. Where nothing of ours says it, the score is 0 and no input is applied.

`violence` is what depicts violence; our `threat` is what threatens, which they call harassment.
"""

LIKELY = 0.5
"""From which probability a kind of abuse counts as found: likelier than not. Labels have thresholds of their own."""

DEFAULT_MODEL = "omni-moderation-latest"
LONGEST_NAME = 255

door = Blueprint("openai", __name__)


class Unanswerable(Exception):
    """A request that OpenAI would not answer either, in its own words."""

    def __init__(self, message: str, code: str | None, param: str | None = "input", status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.body = _error_body(message, "invalid_request_error", code, param)


@dataclass(frozen=True)
class Question:
    """What is asked: a text for each result that is wanted, None where there are only pictures."""

    texts: Sequence[str | None]
    model: str


# Their request to what is asked of us.


def read_question(body: object) -> Question:
    """Return what is asked; raise Unanswerable for what cannot be."""
    if not isinstance(body, dict):
        raise Unanswerable("We could not parse the JSON body of your request: an object was expected.", None, None)
    model = body.get("model")
    if not isinstance(model, str | None) or len(model or "") > LONGEST_NAME:
        raise Unanswerable("Invalid type for 'model': expected a short string.", "invalid_type", "model")
    if body.get("input") is None:
        raise Unanswerable("Missing required parameter: 'input'.", "missing_required_parameter")
    texts = _texts(body["input"])
    for number, text in enumerate(texts):
        _check_length(_name(number, texts), text or "")
    return Question(texts, model or DEFAULT_MODEL)


def _texts(value: object) -> list[str | None]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise _wrong_type("input", "one of a string, array of strings, or array of objects")
    if not 1 <= len(value) <= MOST_AT_ONCE:
        code = "array_above_max_length" if value else "empty_array"
        said = f"Expected an array of 1 to {MOST_AT_ONCE}, but got one of {len(value)} instead."
        raise Unanswerable(f"Invalid 'input': {said}", code)
    if isinstance(value[0], dict):
        found = [_part(number, each) for number, each in enumerate(value)]
        said_in_words = [each for each in found if each is not None]
        return ["\n".join(said_in_words) if said_in_words else None]
    for number, each in enumerate(value):
        if not isinstance(each, str):
            raise _wrong_type(f"input[{number}]", "a string")
    return value


def _part(number: int, part: object) -> str | None:
    """Return the text of a part, None for a picture: its address is not looked at, far less fetched."""
    if not isinstance(part, dict):
        raise _wrong_type(f"input[{number}]", "an object")
    kind = part.get("type")
    if kind == "text":
        if not isinstance(part.get("text"), str):
            raise _wrong_type(f"input[{number}].text", "a string")
        return str(part["text"])
    if kind == "image_url":
        picture = part.get("image_url")
        if not isinstance(picture, dict) or not isinstance(picture.get("url"), str):
            raise _wrong_type(f"input[{number}].image_url", "an object with a 'url'")
        return None
    raise Unanswerable(
        f"Invalid value for 'input[{number}].type': supported values are: 'text' and 'image_url'.", "invalid_value"
    )


def _check_length(name: str, text: str) -> None:
    if len(text) > LONGEST_TEXT:
        said = f"Expected a string with maximum length {LONGEST_TEXT}, but got one of length {len(text)} instead."
        raise Unanswerable(f"Invalid '{name}': string too long. {said}", "string_above_max_length")


def _name(number: int, texts: Sequence[object]) -> str:
    return "input" if len(texts) == 1 else f"input[{number}]"


def _wrong_type(name: str, expected: str) -> Unanswerable:
    return Unanswerable(f"Invalid type for '{name}': expected {expected}.", "invalid_type")


# What we found, as their answer.


def write_answer(question: Question, found: Sequence[Scores | None]) -> dict[str, Any]:
    """Return the answer, a result for each text; raise Unanswerable where the model does not read one's language."""
    for number, scores in enumerate(found):
        if scores and scores.are_withheld:
            # Zeros would be read as "harmless" of what nobody has read.
            raise Unanswerable(
                f"The text '{_name(number, found)}' is in a language that no model here reads ({scores.language}), "
                "so nothing can be said about it. Let a person look at it.",
                "language_not_supported",
            )
    models = {scores.model for scores in found if scores}
    return {
        "id": f"modr-{secrets.token_hex(12)}",
        "model": question.model,
        "results": [_result(scores) for scores in found],
        "undertone_model": models.pop() if models else None,
    }


def _result(scores: Scores | None) -> dict[str, Any]:
    scored = {name: needs for name, needs in CATEGORIES.items() if scores and needs}
    values = {name: _probability(scores, needs) for name, needs in scored.items()} if scores else {}
    flags = {name: _is_found(scores, needs) for name, needs in scored.items()} if scores else {}
    return {
        "flagged": any(flags.values()),
        "categories": {name: flags.get(name, False) for name in CATEGORIES},
        "category_scores": {name: values.get(name, 0.0) for name in CATEGORIES},
        "category_applied_input_types": {name: ["text"] if name in scored else [] for name in CATEGORIES},
    }


def _probability(scores: Scores, needs: Sequence[str]) -> float:
    """Return how probable it is that all of this is so.

    Two kinds of abuse are taken to be independent of each other in what is abuse, which both of them are. The plain
    product would count twice that it is abuse; the lesser of the two would say that one never comes without the other.
    """
    first, *others = [_of(scores, need) for need in needs]
    joint = first
    for value in others:
        joint = min(joint, value, joint * value / (scores.probabilities["abusive"] or 1.0))
    return joint


def _is_found(scores: Scores, needs: Sequence[str]) -> bool:
    if all(need in LABELS for need in needs):
        return all(need in scores.labels for need in needs)
    return _probability(scores, needs) >= LIKELY


def _of(scores: Scores, output: str) -> float:
    return scores.probabilities[output] if output in LABELS else scores.kinds[output]


# The door.


@door.post("/v1/moderations")
def moderate() -> Response:
    """Score texts by OpenAI's categories; nothing is stored."""
    _let_in()
    question = read_question(read_json())
    texts = [text for text in question.texts if text is not None]
    with parts().database.reading() as session:
        site = site_in(session)
    scored = iter(intake.score(parts().intake.shelf, site, [Reading(text) for text in texts]) if texts else [])
    return jsonify(write_answer(question, [None if text is None else next(scored) for text in question.texts]))


def _let_in() -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        said = "You didn't provide an API key. Send the site's key as Authorization: Bearer YOUR_KEY."
        raise Unanswerable(said, None, None, 401)
    if not admit(key):
        raise Unanswerable("Incorrect API key provided.", "invalid_api_key", None, 401)


@door.after_request
def number_the_request(response: Response) -> Response:
    """Give every answer a number, which OpenAI's libraries show."""
    response.headers["x-request-id"] = f"req_{secrets.token_hex(16)}"
    return response


@door.errorhandler(Unanswerable)
def on_unanswerable(error: Unanswerable) -> tuple[Response, int]:
    """Answer what OpenAI would not answer either."""
    return jsonify(error.body), error.status


@door.errorhandler(Exception)
def on_failure(error: Exception) -> tuple[Response, int, dict[str, str]]:
    """Answer whatever else goes wrong, as OpenAI does."""
    failure = failure_of(error)
    kind, code = {
        429: ("requests", "rate_limit_exceeded"),
        503: ("server_error", "service_unavailable"),
    }.get(failure.status, ("invalid_request_error" if failure.status < 500 else "server_error", None))  # noqa: PLR2004
    message = failure.message
    if failure.status == 400:  # noqa: PLR2004
        message = f"We could not parse the JSON body of your request. {message}"
    headers = {}
    if failure.retry_after:
        headers = {"retry-after": str(failure.retry_after), "retry-after-ms": str(failure.retry_after * 1000)}
    return jsonify(_error_body(message, kind, code, None)), failure.status, headers


def _error_body(message: str, kind: str, code: str | None, param: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
