"""Perspective, Google's Comment Analyzer v1alpha1: attributes asked for, a score from 0 to 1 for each.

Nothing that is analyzed is stored, whatever `doNotStore` says. What is suggested is kept as feedback.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, jsonify, request
from sqlalchemy.orm import Session

from service.domain.comment import Reading, Scores, Stretch
from service.domain.labels import LABELS
from service.flows import feedback, intake
from service.ml.language import READ, UNKNOWN
from service.ml.sentences import sentences
from service.web.auth import admit, site_in
from service.web.openapi import LARGEST_BODY, read_json
from service.web.parts import now, parts
from service.web.protocols.failures import failure_of
from service.web.protocols.proto_json import FieldRefused, Message

_PRODUCTION = {
    "TOXICITY": "abusive",
    "SEVERE_TOXICITY": "severe",
    "IDENTITY_ATTACK": "identity_attack",
    "INSULT": "insult",
    "PROFANITY": "profanity",
    "THREAT": "threat",
}
ATTRIBUTES: Mapping[str, str] = {
    **_PRODUCTION,
    **{f"{name}_EXPERIMENTAL": output for name, output in _PRODUCTION.items()},
    "TOXICITY_FAST": "abusive",
    "SPAM": "spam",
    **{f"UNDERTONE_{label.upper()}": label for label in LABELS},
}
"""Their attribute to our label or kind of abuse. What is not here is answered with their own error, never a number."""

LONGEST_BYTES = 20_480
LONGEST_LINE = 2_000
READ_AS = READ[0]
"""The language that a text is read as which is too short to tell."""

_TYPE = "type.googleapis.com/google.commentanalyzer.v1alpha1"
_RPC = "type.googleapis.com/google.rpc"
_API = "commentanalyzer.googleapis.com"
_QUOTA = "Analysis requests (AnalyzeComment)"
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}
_DISCOVERY: Mapping[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_CORAL = {"url": "url", "Coral_comment_id": "comment_id", "reply_to_id_Coral_comment_id": "reply_to"}
"""What Coral packs into a suggestion's context, and our names for it."""

door = Blueprint("perspective", __name__)


class Unanswerable(Exception):
    """A request that Perspective would not answer either, in its own words."""

    def __init__(self, status: int, message: str, details: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details


@dataclass(frozen=True)
class Analysis:
    """What is asked of a text."""

    reading: Reading
    attributes: Mapping[str, float | None]
    """Each with the score below which it is left out, where one is given."""
    languages: Sequence[str]
    by_sentence: bool
    token: str | None

    @property
    def stretches(self) -> list[Stretch]:
        """The parts of the text that are scored by themselves."""
        return sentences(self.reading.text) if self.by_sentence else []


@dataclass(frozen=True)
class Suggestion:
    """What somebody says that a text should have scored."""

    reading: Reading
    scores: Mapping[str, float]
    context: Mapping[str, Any]
    languages: Sequence[str]
    token: str | None


# Their request to what is asked of us.


def read_analysis(message: Message) -> Analysis:
    """Return what a request to analyze asks for; raise Unanswerable in the order in which Perspective looks."""
    reading = _reading(message)
    asked = message.child("requestedAttributes")
    if not asked.fields:
        raise _error("NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes")
    attributes = {name: _threshold(_known(name), asked.child(name)) for name in asked.fields}
    languages = message.strings("languages")
    if languages and not any(each.partition("-")[0].lower() in READ for each in languages):
        raise _not_supported(next(iter(attributes)), "requestedLanguages", languages)
    return Analysis(reading, attributes, languages, message.boolean("spanAnnotations"), message.text("clientToken"))


def read_suggestion(message: Message) -> Suggestion:
    """Return what a request to suggest scores says; raise Unanswerable where it says nothing that can be kept."""
    reading = _reading(message)
    asked = message.child("attributeScores")
    if not asked.fields:
        raise _error("INVALID_REQUEST", "Missing attribute_scores")
    scores: dict[str, float] = {}
    spans: dict[str, list[dict[str, float]]] = {}
    for name in asked.fields:
        given = asked.child(_known(name))
        summary = given.child("summaryScore").number("value")
        if summary is not None:
            scores[name] = given.child("summaryScore").probability("value")
        if found := [_span(each, reading.text) for each in given.children("spanScores")]:
            spans[name] = found
        if summary is None and not found:
            raise _error("INVALID_REQUEST", f"Missing summary_score or span_scores of attribute {name}")
    context = _context(message, reading) | ({"spans": spans} if spans else {})
    return Suggestion(reading, scores, context, message.strings("languages"), message.text("clientToken"))


def _reading(message: Message) -> Reading:
    comment, context = message.child("comment"), message.child("context")
    text = comment.text("text") or ""
    if not text.strip():
        raise _error("COMMENT_EMPTY", "Comment must be non-empty.")
    _check_type(comment)
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST_BYTES:
        raise _error("COMMENT_TOO_LONG", "Comment text too long.")
    if context.children("entries") and context.child("articleAndParentComment").fields:
        said = "Context can have either entries or article_and_parent_comment, but both fields were populated."
        raise _error("INVALID_REQUEST", said)
    return Reading(text, context.child("articleAndParentComment").child("parentComment").text("text") or None)


def _check_type(comment: Message) -> None:
    kind = comment.text("type")
    if kind in (None, "PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"):
        return
    if kind == "HTML":
        raise _error("INVALID_REQUEST", "Currently, only 'PLAIN_TEXT' comments are supported")
    raise _error("INVALID_REQUEST", "Unknown text type")


def _known(name: str) -> str:
    if name not in ATTRIBUTES:
        raise _error("INVALID_REQUEST", f"Unknown requested attribute: {name[:100]}")
    return name


def _threshold(name: str, parameters: Message) -> float | None:
    kind = parameters.text("scoreType") or "PROBABILITY"
    if kind not in ("PROBABILITY", "SCORE_TYPE_UNSPECIFIED"):
        said = f"Requested score type {kind[:100]} is not supported by attribute {name}"
        raise _error("INVALID_REQUEST", said)
    return parameters.number("scoreThreshold")


def _span(span: Message, text: str) -> dict[str, float]:
    begin, end = span.whole_number("begin"), span.whole_number("end")
    if not 0 <= begin < end <= _utf16(text, len(text)):
        raise _error("INVALID_REQUEST", f"Span from {begin} to {end} is not in the comment")
    return {"begin": begin, "end": end, "value": span.child("score").probability("value")}


def _context(message: Message, reading: Reading) -> dict[str, Any]:
    """Return what is kept of where a text stands: nothing but these few fields, and no session, which is a person's."""
    kept = {"parent": reading.parent, "community": (message.text("communityId") or "")[:255]}
    entries = message.child("context").children("entries")
    kept |= _coral((entries[0].text("text") or "") if entries else "")
    return {name: value for name, value in kept.items() if value}


def _coral(entry: str) -> dict[str, str]:
    try:
        packed = json.loads(entry) if entry.startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    kept = {ours: packed.get(theirs) for theirs, ours in _CORAL.items()}
    return {name: each for name, each in kept.items() if isinstance(each, str) and _is_kept(name, each)}


def _is_kept(name: str, value: str) -> bool:
    return len(value) <= LONGEST_LINE and (name != "url" or _is_web(value))


def _is_web(address: str) -> bool:
    try:
        return urlsplit(address).scheme in ("http", "https")
    except ValueError:
        return False


# What we found, as their answer.


def write_analysis(asked: Analysis, whole: Scores, parts_of_it: Sequence[Scores]) -> dict[str, Any]:
    """Return the answer to an analysis; raise Unanswerable where the model does not read the text's language."""
    if whole.language == UNKNOWN:
        raise _error("LANGUAGE_DETECTION_FAILED", "Unable to detect language")
    if whole.are_withheld:
        raise _not_supported(next(iter(asked.attributes)), "detectedLanguages", [whole.language or UNKNOWN])
    text = asked.reading.text
    spans = list(zip(asked.stretches, parts_of_it, strict=True)) or [(Stretch(0, len(text.rstrip())), whole)]
    placed = [(_utf16(text, each.start), _utf16(text, each.end), scores) for each, scores in spans]
    found = {}
    for name, threshold in asked.attributes.items():
        if (summary := _value(whole, name)) >= (threshold or 0.0):
            found[name] = {
                "summaryScore": _score(summary),
                "spanScores": [
                    {"begin": begin, "end": end, "score": _score(_value(scores, name))}
                    for begin, end, scores in placed
                    # A sentence in another language has no score of its own.
                    if not scores.are_withheld and _value(scores, name) >= (threshold or 0.0)
                ],
            }
    detected = [whole.language or UNKNOWN]
    answer = {
        "attributeScores": found,
        "languages": asked.languages or [whole.language or READ_AS],
        "detectedLanguages": detected,
        "undertoneModel": whole.model,
    }
    return answer | _token(asked.token)


def write_thanks(suggestion: Suggestion, scores: Scores) -> dict[str, Any]:
    """Return the answer to a suggestion."""
    answer = {"detectedLanguages": [scores.language or UNKNOWN], "requestedLanguages": suggestion.languages}
    return answer | _token(suggestion.token)


def _value(scores: Scores, attribute: str) -> float:
    output = ATTRIBUTES[attribute]
    return scores.probabilities[output] if output in LABELS else scores.kinds[output]


def _score(value: float) -> dict[str, Any]:
    return {"value": value, "type": "PROBABILITY"}


def _utf16(text: str, place: int) -> int:
    """Return a place in the code units that JavaScript and Java count in."""
    return len(text[:place].encode("utf-16-le", "surrogatepass")) // 2


def _token(token: str | None) -> dict[str, str]:
    return {"clientToken": token} if token else {}


# The door.


@door.post("/v1alpha1/comments:analyze")
def analyze() -> Response:
    """Score a text by the attributes asked for; nothing is stored."""
    _let_in()
    asked = read_analysis(_message())
    texts = [asked.reading.text, *(asked.reading.text[each.start : each.end] for each in asked.stretches)]
    whole, *by_sentence = _scored([replace(asked.reading, text=each) for each in texts])
    return jsonify(write_analysis(asked, whole, by_sentence))


@door.post("/v1alpha1/comments:suggestscore")
def suggest_score() -> Response:
    """Keep what somebody says that a text should have scored."""
    _let_in()
    said = read_suggestion(_message())
    [scores] = _scored([said.reading])

    def work(session: Session) -> None:
        feedback.suggest(session, site_in(session), said.reading.text, said.scores, said.context, now())

    parts().database.write(work)
    return jsonify(write_thanks(said, scores))


@door.get("/$discovery/rest")
def describe() -> Response:
    """Describe this door as Google's libraries want it, so that they build their client from it."""
    if request.args.get("version", "v1alpha1") != "v1alpha1":
        raise Unanswerable(404, "Discovery document not found.", [_bad_request("There is v1alpha1 and no other.")])
    root = f"{parts().public_url}/"
    return jsonify({**_DISCOVERY, "rootUrl": root, "baseUrl": root})


def _scored(readings: Sequence[Reading]) -> list[Scores]:
    with parts().database.reading() as session:
        site = site_in(session)
    return intake.score(parts().intake.shelf, site, readings)


def _message() -> Message:
    value = read_json(empty=b"{}")
    if not isinstance(value, dict):
        raise FieldRefused('Invalid JSON payload received. Unknown name "": Root element must be a message.', "")
    return Message(value)


def _let_in() -> None:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    key = request.args.get("key") or request.headers.get("X-Goog-Api-Key")
    key = key or (bearer if scheme.lower() == "bearer" else "")
    if not key.strip():
        raise Unanswerable(
            403,
            "Method doesn't allow unregistered callers (callers without established identity). "
            "Please use API Key or other form of API consumer identity to call this API.",
            [_error_info("CREDENTIALS_MISSING", service=_API)],
        )
    if not admit(key):
        said = "API key not valid. Please pass a valid API key."
        raise Unanswerable(400, said, [_error_info("API_KEY_INVALID", service=_API)])


@door.errorhandler(Unanswerable)
def on_unanswerable(error: Unanswerable) -> tuple[Response, int]:
    """Answer what Perspective would not answer either."""
    return jsonify(_error_body(error.status, error.message, error.details)), error.status


@door.errorhandler(FieldRefused)
def on_field(error: FieldRefused) -> tuple[Response, int]:
    """Answer a field that is not of its type."""
    return jsonify(_error_body(400, str(error), [_bad_request(str(error), error.field)])), 400


@door.errorhandler(Exception)
def on_failure(error: Exception) -> tuple[Response, int, dict[str, str]]:
    """Answer whatever else goes wrong, as Google's services do."""
    failure = failure_of(error)
    message, details = failure.message, [_bad_request(failure.message)]
    if failure.status == 429:  # noqa: PLR2004
        message, details = _over_quota()
    elif failure.status == 413:  # noqa: PLR2004
        message = f"Request payload size exceeds the limit: {LARGEST_BODY} bytes."
    elif failure.status == 400:  # noqa: PLR2004
        message = f"Invalid JSON payload received. {message}"
    elif failure.retry_after:
        details = [{"@type": f"{_RPC}.RetryInfo", "retryDelay": f"{failure.retry_after}s"}]
    headers = {"Retry-After": str(failure.retry_after)} if failure.retry_after else {}
    return jsonify(_error_body(failure.status, message, details)), failure.status, headers


def _error_body(status: int, message: str, details: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    said = {"code": status, "message": message, "status": _STATUSES.get(status, "INTERNAL"), "details": details}
    return {"error": said}


def _error(kind: str, message: str, **more: object) -> Unanswerable:
    return Unanswerable(400, message, [{"@type": f"{_TYPE}.Error", "errorType": kind, **more}])


def _not_supported(attribute: str, which: str, languages: Sequence[str]) -> Unanswerable:
    kind = "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
    said = f"Attribute {attribute} does not support request languages: {', '.join(languages)[:200]}"
    return _error(kind, said, languageNotSupportedByAttributeError={"attribute": attribute, which: list(languages)})


def _bad_request(description: str, field: str = "") -> dict[str, Any]:
    violation = {"field": field, "description": description} if field else {"description": description}
    return {"@type": f"{_RPC}.BadRequest", "fieldViolations": [violation]}


def _error_info(reason: str, **metadata: str) -> dict[str, Any]:
    return {"@type": f"{_RPC}.ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def _over_quota() -> tuple[str, list[dict[str, Any]]]:
    rate, consumer = parts().site_rate, f"project_number:{g.get('site_id', 0)}"
    message = (
        f"Quota exceeded for quota metric '{_QUOTA}' and limit '{_QUOTA} per minute' "
        f"of service '{_API}' for consumer '{consumer}'."
    )
    info = _error_info(
        "RATE_LIMIT_EXCEEDED",
        service=_API,
        consumer=consumer,
        quota_metric=f"{_API}/analysis_requests",
        quota_limit="AnalyzeRequestsPerMinutePerProject",
        quota_limit_value=str(math.floor(rate.amount * 60 / rate.get_expiry())),
        quota_location="global",
    )
    link = {"description": "Who runs this service sets the rate.", "url": parts().public_url}
    return message, [info, {"@type": f"{_RPC}.Help", "links": [link]}]
