"""Perspective's door: what Google's own answers look like, and Google's own library in front of it."""

import json
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from service.domain.comment import Reading
from service.domain.labels import LABELS
from service.ml.artefacts import Shelf
from service.settings import Settings
from service.store import engine
from service.store.engine import Database
from service.store.tables import FeedbackRow
from service.web.openapi import LARGEST_BODY
from service.web.parts import EXTENSION
from service.web.protocols.perspective import ATTRIBUTES, LONGEST_BYTES
from tests import cast
from tests.thoroughness import examples
from tests.web.protocols.conftest import RunPython, Started

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
GERMAN = "Das ist eine sehr teure Behandlung und niemand bezahlt sie."
ERROR = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
PRODUCTION = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")


def post(blog: cast.Blog, path: str, body: object) -> TestResponse:
    return blog.client.post(path, query_string={"key": blog.keys.api_key}, json=body)


def asking(text: object = cast.UNKIND, **more: object) -> dict[str, Any]:
    return {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, **more}


def analyze(blog: cast.Blog, text: object = cast.UNKIND, **more: object) -> TestResponse:
    return post(blog, ANALYZE, asking(text, **more))


def suggesting(text: str = cast.UNKIND, **more: object) -> dict[str, Any]:
    scores = {"TOXICITY": {"summaryScore": {"value": 1, "type": "PROBABILITY"}}}
    return {"comment": {"text": text}, "attributeScores": scores, **more}


@pytest.fixture
def feedback(sqlite: Database) -> Callable[[], list[tuple[str, Any, Any]]]:
    """Return a function that lists what feedback is kept."""

    def kept() -> list[tuple[str, Any, Any]]:
        with sqlite.reading() as session:
            return [(row.text, row.scores, row.context) for row in session.scalars(select(FeedbackRow))]

    return kept


# What it answers.


def test_an_answer_has_all_that_clients_look_for(blog: cast.Blog, shelf: Shelf) -> None:
    [scores] = shelf.current().score([Reading(cast.UNKIND)])
    value = {"value": scores.probabilities["abusive"], "type": "PROBABILITY"}
    assert analyze(blog, clientToken="t-1").json == {
        "attributeScores": {
            "TOXICITY": {
                "summaryScore": value,
                "spanScores": [{"begin": 0, "end": len(cast.UNKIND), "score": value}],
            }
        },
        "languages": ["en"],
        "detectedLanguages": ["en"],
        "clientToken": "t-1",
        "undertoneModel": shelf.current().name,
    }


def test_every_attribute_is_scored_by_what_stands_for_it(door: cast.Blog, shelf: Shelf) -> None:
    [scores] = shelf.current().score([Reading(cast.UNKIND)])
    ours = {**scores.probabilities, **scores.kinds}
    answer = analyze(door, requestedAttributes={name: {} for name in ATTRIBUTES}).json
    found = {name: each["summaryScore"]["value"] for name, each in answer["attributeScores"].items()}
    assert found == {name: ours[output] for name, output in ATTRIBUTES.items()}


def test_the_production_attributes_their_aliases_and_all_our_labels_are_there() -> None:
    names = {*PRODUCTION, *(f"{name}_EXPERIMENTAL" for name in PRODUCTION), "SPAM"}
    assert names | {f"UNDERTONE_{label.upper()}" for label in LABELS} <= ATTRIBUTES.keys()


@pytest.mark.parametrize("text", ["😀 Hello there. You idiot! ", "é\ud83d. You idiot!"])
def test_sentences_are_scored_by_themselves_and_placed_in_utf_16(door: cast.Blog, text: str) -> None:
    spans = analyze(door, text, spanAnnotations=True).json["attributeScores"]["TOXICITY"]["spanScores"]
    units = text.encode("utf-16-le", "surrogatepass")
    said = [units[each["begin"] * 2 : each["end"] * 2].decode("utf-16-le", "surrogatepass") for each in spans]
    assert (said[-1], len(said)) == ("You idiot!", 2)
    alone = analyze(door, "You idiot!").json["attributeScores"]["TOXICITY"]["summaryScore"]
    assert spans[-1]["score"] == alone


def test_a_sentence_in_a_language_that_is_not_read_has_no_span(door: cast.Blog) -> None:
    answer = analyze(door, f"{cast.UNKIND} {GERMAN}", spanAnnotations=True).json
    ends = [each["end"] for each in answer["attributeScores"]["TOXICITY"]["spanScores"]]
    assert ends
    assert max(ends) == len(cast.UNKIND)


def test_scores_below_the_threshold_are_left_out(door: cast.Blog) -> None:
    asked = {"TOXICITY": {"scoreThreshold": 0.9}, "SPAM": {"scoreThreshold": "0.9"}}
    assert list(analyze(door, requestedAttributes=asked).json["attributeScores"]) == ["TOXICITY"]


def test_a_threshold_holds_for_spans_too(door: cast.Blog) -> None:
    asked = {"TOXICITY": {"scoreThreshold": 0.5}}
    answer = analyze(door, f"{cast.KIND} {cast.UNKIND}", requestedAttributes=asked, spanAnnotations=True).json
    spans = answer["attributeScores"]["TOXICITY"]["spanScores"]
    assert spans
    assert all(each["score"]["value"] >= 0.5 for each in spans)


def test_the_comment_that_is_answered_is_read_with_it(door: cast.Blog, shelf: Shelf) -> None:
    context = {"articleAndParentComment": {"parentComment": {"text": "Good morning everybody"}}}
    [scores] = shelf.current().score([Reading("So brave.", "Good morning everybody")])
    found = analyze(door, "So brave.", context=context).json["attributeScores"]["TOXICITY"]["summaryScore"]["value"]
    assert found == scores.probabilities["abusive"]


def test_both_spellings_of_a_field_are_read(door: cast.Blog) -> None:
    body = {"comment": {"text": cast.UNKIND}, "requested_attributes": {"TOXICITY": {"score_threshold": 0.0}}}
    assert post(door, ANALYZE, {**body, "client_token": "t"}).json["clientToken"] == "t"


@pytest.mark.parametrize("languages", [["en"], ["en-GB"], ["fr", "en"]])
def test_languages_come_back_as_they_were_asked(door: cast.Blog, languages: list[str]) -> None:
    assert analyze(door, languages=languages).json["languages"] == languages


def test_a_text_too_short_to_tell_is_read_as_english_and_said_to_be_unknown(door: cast.Blog) -> None:
    answer = analyze(door, "Idiot").json
    assert (answer["languages"], answer["detectedLanguages"]) == (["en"], ["und"])


def test_nothing_that_is_analyzed_is_stored(
    blog: cast.Blog, stored: Callable[[], int], feedback: Callable[[], list[Any]]
) -> None:
    assert analyze(blog, doNotStore=False, sessionId="s", communityId="c").status_code == 200
    assert (stored(), feedback()) == (0, [])


def test_query_parameters_that_google_knows_are_passed_over(door: cast.Blog) -> None:
    query = {"key": door.keys.api_key, "alt": "json", "prettyPrint": "false", "fields": "x", "$.xgafv": "2"}
    assert door.client.post(ANALYZE, query_string=query, json=asking()).status_code == 200


# Keys.


@pytest.mark.parametrize("which", ["api_key", "akismet_key"])
@pytest.mark.parametrize("how", ["query", "header", "bearer"])
def test_either_key_opens_wherever_it_stands(door: cast.Blog, which: str, how: str) -> None:
    key = getattr(door.keys, which)
    headers = {"query": {}, "header": {"X-Goog-Api-Key": key}, "bearer": {"Authorization": f"Bearer {key}"}}[how]
    query = {"key": key} if how == "query" else {}
    assert door.client.post(ANALYZE, query_string=query, headers=headers, json=asking()).status_code == 200


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
def test_a_wrong_key_is_refused_to_the_letter(client: FlaskClient, path: str) -> None:
    answer = client.post(path, query_string={"key": "AIza-wrong"}, json={})
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "commentanalyzer.googleapis.com"},
    }
    said = {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}
    assert (answer.status_code, answer.json) == (400, {"error": {**said, "details": [info]}})


def test_no_key_is_refused(client: FlaskClient) -> None:
    answer = client.post(ANALYZE, json=asking())
    assert (answer.status_code, answer.json["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert answer.json["error"]["details"][0]["reason"] == "CREDENTIALS_MISSING"


# Errors.

BOTH = {"entries": [{"text": "a"}], "articleAndParentComment": {"article": {"text": "b"}}}
HTML = {"text": "a", "type": "HTML"}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "an empty object": ({}, "COMMENT_EMPTY", "Comment must be non-empty."),
    "an empty text": (asking(""), "COMMENT_EMPTY", "Comment must be non-empty."),
    "white space": (asking(" \n"), "COMMENT_EMPTY", "Comment must be non-empty."),
    "a long text": (asking("é" * (LONGEST_BYTES // 2 + 1)), "COMMENT_TOO_LONG", "Comment text too long."),
    "no attributes": (asking(requestedAttributes={}), "NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes"),
    "an unknown attribute": (
        asking(requestedAttributes={"FLIRTATION": {}}),
        "INVALID_REQUEST",
        "Unknown requested attribute: FLIRTATION",
    ),
    "another score": (
        asking(requestedAttributes={"TOXICITY": {"scoreType": "PERCENTILE"}}),
        "INVALID_REQUEST",
        "Requested score type PERCENTILE is not supported by attribute TOXICITY",
    ),
    "HTML": (asking(comment=HTML), "INVALID_REQUEST", "Currently, only 'PLAIN_TEXT' comments are supported"),
    "another type": (asking(comment={"text": "a", "type": "RTF"}), "INVALID_REQUEST", "Unknown text type"),
    "two contexts": (
        asking(context=BOTH),
        "INVALID_REQUEST",
        "Context can have either entries or article_and_parent_comment, but both fields were populated.",
    ),
    "other languages": (
        asking(languages=["fr", "de"]),
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        "Attribute TOXICITY does not support request languages: fr, de",
    ),
    "another language": (
        asking(GERMAN),
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        "Attribute TOXICITY does not support request languages: de",
    ),
    "another language than it says": (
        asking(GERMAN, languages=["en"]),
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        "Attribute TOXICITY does not support request languages: de",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_analyzed_is_refused_in_their_words(door: cast.Blog, name: str) -> None:
    body, kind, message = REFUSED[name]
    answer = post(door, ANALYZE, body)
    error = answer.json["error"]
    assert answer.status_code == 400
    assert (error["code"], error["status"], error["message"]) == (400, "INVALID_ARGUMENT", message)
    assert (error["details"][0]["@type"], error["details"][0]["errorType"]) == (ERROR, kind)


@pytest.mark.parametrize(
    ("more", "which", "languages"),
    [({"languages": ["fr"]}, "requestedLanguages", ["fr"]), ({}, "detectedLanguages", ["de"])],
)
def test_it_says_which_languages_are_not_supported(
    door: cast.Blog, more: dict[str, Any], which: str, languages: list[str]
) -> None:
    [detail] = analyze(door, GERMAN, **more).json["error"]["details"]
    assert detail["languageNotSupportedByAttributeError"] == {"attribute": "TOXICITY", which: languages}


@pytest.mark.parametrize("data", [b"", b"{}"])
def test_an_empty_body_with_a_good_key_is_an_empty_comment(door: cast.Blog, data: bytes) -> None:
    answer = door.client.post(ANALYZE, query_string={"key": door.keys.api_key}, data=data)
    assert answer.json["error"]["details"][0]["errorType"] == "COMMENT_EMPTY"


@pytest.mark.parametrize(
    "data",
    [b"{", b"[]", b"5", b"null", b"\xff\xfe{}", b"{" * 100_000, b"[" * 100_000, b'{"a":' + b"9" * 5000 + b"}"],
    ids=lambda data: data[:8].decode("latin-1"),
)
def test_what_is_no_message_is_refused(door: cast.Blog, data: bytes) -> None:
    answer = door.client.post(ANALYZE, query_string={"key": door.keys.api_key}, data=data)
    assert answer.status_code == 400
    assert answer.json["error"]["status"] == "INVALID_ARGUMENT"
    assert answer.json["error"]["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"


DEEP: Any = json.loads('{"a":' * 400 + "1" + "}" * 400)
WRONG_TYPES: dict[str, dict[str, Any]] = {
    "comment": asking(comment=5),
    "comment.text": asking(5),
    "comment.type": asking(comment={"text": "a", "type": ["HTML"]}),
    "requestedAttributes": asking(requestedAttributes=["TOXICITY"]),
    "requestedAttributes.TOXICITY": asking(requestedAttributes={"TOXICITY": 0.5}),
    "requestedAttributes.TOXICITY.scoreThreshold": asking(requestedAttributes={"TOXICITY": {"scoreThreshold": DEEP}}),
    "spanAnnotations": asking(spanAnnotations="yes"),
    "languages": asking(languages="en"),
    "clientToken": asking(clientToken=DEEP),
    "context": asking(context="a"),
    "context.entries": asking(context={"entries": ["a"]}),
}


@pytest.mark.parametrize("field", WRONG_TYPES)
def test_a_field_of_another_type_is_named(door: cast.Blog, field: str) -> None:
    answer = post(door, ANALYZE, WRONG_TYPES[field])
    [violation] = answer.json["error"]["details"][0]["fieldViolations"]
    assert (answer.status_code, violation["field"]) == (400, field)


@pytest.mark.parametrize("threshold", ["NaN", "Infinity", "1e999", True, "a"])
def test_a_threshold_is_a_number(door: cast.Blog, threshold: object) -> None:
    assert analyze(door, requestedAttributes={"TOXICITY": {"scoreThreshold": threshold}}).status_code == 400


def test_a_body_that_is_too_large_is_refused(door: cast.Blog) -> None:
    answer = analyze(door, clientToken="a" * LARGEST_BODY)
    assert (answer.status_code, answer.json["error"]["code"]) == (413, 413)
    assert answer.json["error"]["message"] == f"Request payload size exceeds the limit: {LARGEST_BODY} bytes."


def test_too_many_calls_are_over_the_quota(
    settings: Settings, make_app: Callable[..., Flask], sqlite: Database
) -> None:
    client = make_app(replace(settings, rate_limit="2/minute")).test_client()
    with sqlite.writing() as session:
        site, keys = cast.add_site(session)
        blog = cast.Blog(client, keys, site.id)
    for _ in range(2):
        assert post(blog, ANALYZE, {}).status_code == 400
    answer = post(blog, ANALYZE, asking())
    info, rest = answer.json["error"]["details"]
    assert (answer.status_code, answer.json["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert answer.json["error"]["message"].startswith(
        "Quota exceeded for quota metric 'Analysis requests (AnalyzeComment)' and limit "
    )
    assert (info["reason"], info["metadata"]["quota_limit_value"]) == ("RATE_LIMIT_EXCEEDED", "2")
    assert rest["@type"] == "type.googleapis.com/google.rpc.Help"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
def test_without_a_model_it_is_unavailable(
    settings: Settings, make_app: Callable[..., Flask], sqlite: Database, tmp_path: Path, path: str
) -> None:
    client = make_app(replace(settings, models_dir=tmp_path)).test_client()
    with sqlite.writing() as session:
        site, keys = cast.add_site(session)
        blog = cast.Blog(client, keys, site.id)
    answer = post(blog, path, {**asking(), **suggesting()})
    assert (answer.status_code, answer.json["error"]["status"]) == (503, "UNAVAILABLE")
    assert answer.json["error"]["details"][0]["retryDelay"] == f"{answer.headers['Retry-After']}s"


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
def test_without_a_database_it_is_unavailable(blog: cast.Blog, sqlite: Database, app: Flask, path: str) -> None:
    app.extensions[EXTENSION].database.dispose()
    Path(str(sqlite.url.database)).write_bytes(b"this is no database at all, and was never one" * 100)
    answer = post(blog, path, {**asking(), **suggesting()})
    assert (answer.status_code, answer.json["error"]["status"]) == (503, "UNAVAILABLE")


def test_a_suggestion_that_cannot_be_written_is_to_be_sent_again(
    make_app: Callable[..., Flask], sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.01)
    client = make_app().test_client()
    with sqlite.writing() as session:
        site, keys = cast.add_site(session)
        blog = cast.Blog(client, keys, site.id)
    with closing(sqlite3.connect(str(sqlite.url.database))) as another:
        another.execute("BEGIN IMMEDIATE")
        answer = post(blog, SUGGEST, suggesting())
    assert (answer.status_code, answer.json["error"]["status"]) == (503, "UNAVAILABLE")
    assert post(blog, SUGGEST, suggesting()).status_code == 200


@pytest.mark.parametrize("path", ["/v1alpha1/comments%3Aanalyze", "/v1alpha1//comments:analyze"])
def test_other_ways_to_write_the_address(door: cast.Blog, path: str) -> None:
    answer = door.client.post(path, query_string={"key": door.keys.api_key}, json=asking(), follow_redirects=True)
    assert answer.status_code == 200


def test_a_mistake_of_ours_is_told_in_their_shape(blog: cast.Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.flows.intake.score", lambda *_: 1 / 0)
    answer = analyze(blog)
    assert (answer.status_code, answer.json["error"]["status"]) == (500, "INTERNAL")
    assert "ZeroDivisionError" not in answer.text


# Suggestions.


def test_a_suggestion_is_kept_and_thanked_for(blog: cast.Blog, feedback: Callable[[], list[Any]]) -> None:
    answer = post(blog, SUGGEST, suggesting(languages=["en"], clientToken="t", communityId="c", sessionId="s"))
    thanks = {"clientToken": "t", "detectedLanguages": ["en"], "requestedLanguages": ["en"]}
    assert (answer.status_code, answer.json) == (200, thanks)
    assert feedback() == [(cast.UNKIND, {"TOXICITY": 1.0}, {"community": "c"})]


def test_what_coral_packs_into_the_context_is_kept(blog: cast.Blog, feedback: Callable[[], list[Any]]) -> None:
    packed = {"url": "https://a.example/s", "Coral_comment_id": "9", "reply_to_id_Coral_comment_id": "", "more": "x"}
    context = {"entries": [{"text": json.dumps(packed)}]}
    assert post(blog, SUGGEST, suggesting(context=context)).status_code == 200
    assert feedback()[0][2] == {"url": "https://a.example/s", "comment_id": "9"}


def test_spans_are_kept_where_they_are_in_the_text(blog: cast.Blog, feedback: Callable[[], list[Any]]) -> None:
    spans = [{"begin": 0, "end": 3, "score": {"value": 0.5}}]
    body = suggesting(attributeScores={"INSULT": {"spanScores": spans}})
    assert post(blog, SUGGEST, body).status_code == 200
    assert feedback()[0][1:] == ({}, {"spans": {"INSULT": [{"begin": 0, "end": 3, "value": 0.5}]}})


def test_a_text_in_any_language_may_be_suggested_for(blog: cast.Blog, feedback: Callable[[], list[Any]]) -> None:
    assert post(blog, SUGGEST, suggesting(GERMAN)).json["detectedLanguages"] == ["de"]
    assert len(feedback()) == 1


def test_a_suggestion_sent_twice_is_kept_once(blog: cast.Blog, feedback: Callable[[], list[Any]]) -> None:
    answers = [post(blog, SUGGEST, suggesting()) for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert len(feedback()) == 1


@pytest.mark.parametrize(
    "scores",
    [
        {},
        {"TOXICITY": {}},
        {"NUANCE": {"summaryScore": {"value": 1}}},
        {"TOXICITY": {"summaryScore": {"value": 1.5}}},
        {"TOXICITY": {"summaryScore": {"value": "NaN"}}},
        {"TOXICITY": {"spanScores": [{"begin": 0, "end": 9999, "score": {"value": 1}}]}},
        {"TOXICITY": {"spanScores": [{"begin": 0.5, "end": 2, "score": {"value": 1}}]}},
        {"TOXICITY": {"spanScores": [{"begin": 0, "end": 2, "score": {"value": 1}}] * 300}},
        {"TOXICITY": {"summaryScore": {"value": 1}}, "INSULT": {"summaryScore": {"value": -1}}},
        [],
    ],
    ids=str,
)
def test_nothing_is_kept_of_a_suggestion_that_is_refused(
    blog: cast.Blog, feedback: Callable[[], list[Any]], scores: object
) -> None:
    answer = post(blog, SUGGEST, suggesting(attributeScores=scores))
    assert (answer.status_code, answer.json["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert feedback() == []


# Whatever is thrown at it.

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(codec=None), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("comment", "requestedAttributes", "attributeScores", "context", "languages", "spanAnnotations", "clientToken")


@examples(60)
@given(
    more=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3),
    text=st.text(st.characters(codec=None)),
    path=st.sampled_from([ANALYZE, SUGGEST]),
)
def test_random_fields_break_nothing(blog: cast.Blog, more: dict[str, Any], text: str, path: str) -> None:
    body = {**asking(text), **suggesting(text), **more}
    answer = post(blog, path, body)
    assert answer.status_code in (200, 400, 429), answer.text
    assert answer.status_code == 200 or answer.json["error"]["details"][0]


# Google's own library, and another for Node.


@pytest.fixture
def google(started: Started) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it imports speaks of the future
        from googleapiclient import discovery

    address = f"{started.server.url}/$discovery/rest?version=v1alpha1"
    client = discovery.build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=started.keys["api_key"],
        discoveryServiceUrl=address,
        static_discovery=False,
    )
    yield client
    client.close()


def test_googles_library_analyzes(google: Any) -> None:  # noqa: ANN401
    answer = google.comments().analyze(body=asking(spanAnnotations=True)).execute()
    assert answer["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.9


def test_googles_library_suggests(google: Any) -> None:  # noqa: ANN401
    assert google.comments().suggestscore(body=suggesting(clientToken="t")).execute()["clientToken"] == "t"


def test_googles_library_reads_our_errors(google: Any) -> None:  # noqa: ANN401
    from googleapiclient.errors import HttpError

    with pytest.raises(HttpError) as caught:
        google.comments().analyze(body=asking(GERMAN)).execute()
    assert caught.value.reason == "Attribute TOXICITY does not support request languages: de"
    assert caught.value.error_details[0]["errorType"] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"


def test_there_is_no_other_version_to_discover(client: FlaskClient) -> None:
    answer = client.get("/$discovery/rest?version=v2")
    assert (answer.status_code, answer.json["error"]["status"]) == (404, "NOT_FOUND")


def test_the_discovery_document_names_the_public_address(client: FlaskClient, settings: Settings) -> None:
    assert client.get("/$discovery/rest").json["rootUrl"] == f"{settings.public_url}/"


PERSPECTIVE_API_CLIENT = """
const axios = require("axios");  // its address is written into it
axios.interceptors.request.use((config) => {
  config.url = config.url.replace("https://commentanalyzer.googleapis.com", process.env.ADDRESS);
  return config;
});
const Perspective = require("perspective-api-client");
const client = new Perspective({ apiKey: process.env.KEY });
const stranger = new Perspective({ apiKey: "AIza-wrong" });
(async () => {
  const answer = await client.analyze(process.env.TEXT, { attributes: ["toxicity", "insult"] });
  const refused = await stranger.analyze(process.env.TEXT).catch((error) => error.message);
  console.log(JSON.stringify({ answer, refused }));
})();
"""


def test_a_client_for_node_analyzes(started: Started, node: Callable[..., Any]) -> None:
    found = node(PERSPECTIVE_API_CLIENT, ADDRESS=started.server.url, KEY=started.keys["api_key"], TEXT=cast.UNKIND)
    assert set(found["answer"]["attributeScores"]) == {"TOXICITY", "INSULT"}
    assert found["refused"] == "API key not valid. Please pass a valid API key."


GOOGLEAPIS = """
const { Discovery } = require("googleapis-common");
(async () => {
  const build = await new Discovery({}).discoverAPI(process.env.ADDRESS + "/$discovery/rest?version=v1alpha1");
  const ask = (key, requestBody) => build({}).comments.analyze({ key, requestBody });
  const requestBody = { comment: { text: process.env.TEXT }, requestedAttributes: { TOXICITY: {}, THREAT: {} } };
  const answer = await ask(process.env.KEY, requestBody);
  const refused = await ask("none", requestBody).catch((error) => error.message);
  console.log(JSON.stringify({ answer: answer.data, refused }));
})();
"""


def test_googles_library_for_node_builds_itself_from_our_description(
    started: Started, node: Callable[..., Any]
) -> None:
    found = node(GOOGLEAPIS, ADDRESS=started.server.url, KEY=started.keys["api_key"], TEXT=cast.UNKIND)
    assert set(found["answer"]["attributeScores"]) == {"TOXICITY", "THREAT"}
    assert "API key not valid" in found["refused"]


@pytest.mark.parametrize(("library", "refused"), [("pyperspective", "InvalidAuthKey"), ("perspectiveapi", "KeyError")])
def test_clients_for_python_read_the_scores(
    started: Started, in_python: RunPython, shelf: Shelf, library: str, refused: str
) -> None:
    heard = in_python(library, started.server.url, started.keys["akismet_key"], cast.UNKIND)
    [scores] = shelf.current().score([Reading(cast.UNKIND)])
    wanted = {"TOXICITY": scores.probabilities["abusive"], "THREAT": scores.kinds["threat"]}
    assert heard == {"found": pytest.approx(wanted), "span": cast.UNKIND, "wrong": refused}


def test_no_key_stands_in_the_servers_log(google: Any, started: Started) -> None:  # noqa: ANN401
    google.comments().analyze(body=asking()).execute()
    assert started.keys["api_key"] not in started.server.log.read_text()
