"""OpenAI's door: their thirteen categories, their errors, and their own libraries in front of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from service.domain.comment import Reading, Scores
from service.ml.artefacts import Shelf
from service.settings import Settings
from service.store.engine import Database
from service.web.openapi import LARGEST_BODY
from service.web.protocols.openai import CATEGORIES, DEFAULT_MODEL, Question, write_answer
from service.web.shapes import LONGEST_TEXT, MOST_AT_ONCE
from tests import cast
from tests.thoroughness import examples
from tests.web.protocols.conftest import RunPython, Started

PATH = "/v1/moderations"
GERMAN = "Das ist eine sehr teure Behandlung und niemand bezahlt sie."
THREAT = "I will find you and kill you, you filthy Muslim scum."
PICTURE = {"type": "image_url", "image_url": {"url": "http://127.0.0.1:1/picture.png"}}
SCORED = ("harassment", "harassment/threatening", "hate", "hate/threatening")


def moderate(blog: cast.Blog, said: object, **more: object) -> TestResponse:
    return blog.client.post(PATH, json={"input": said, **more}, headers=blog.headers)


def result(blog: cast.Blog, said: object) -> Any:  # noqa: ANN401
    [found] = moderate(blog, said).json["results"]
    return found


def scores(abusive: float, threat: float, identity_attack: float, *labels: str) -> Scores:
    kinds = {"threat": threat, "identity_attack": identity_attack}
    return Scores("m", {"abusive": abusive}, labels=labels, kinds=kinds)


def written(found: Scores) -> Any:  # noqa: ANN401
    [answer] = write_answer(Question(["a"], DEFAULT_MODEL), [found])["results"]
    return answer


# What it answers.


def test_what_ours_says_is_scored_and_all_else_is_zero_without_an_input(door: cast.Blog, shelf: Shelf) -> None:
    [expected] = shelf.current().score([Reading(cast.UNKIND)])
    found = result(door, cast.UNKIND)
    values = found["category_scores"]
    assert values["harassment"] == expected.probabilities["abusive"]
    assert values["harassment/threatening"] == expected.kinds["threat"]
    assert values["hate"] == expected.kinds["identity_attack"]
    assert {name for name, types in found["category_applied_input_types"].items() if types == ["text"]} == set(SCORED)
    assert {values[name] for name in CATEGORIES if name not in SCORED} == {0.0}


def test_an_insult_is_flagged_and_a_kind_word_is_not(door: cast.Blog) -> None:
    unkind, kind = moderate(door, [cast.UNKIND, cast.KIND]).json["results"]
    assert (unkind["flagged"], unkind["categories"]["harassment"]) == (True, True)
    assert (kind["flagged"], set(kind["categories"].values())) == (False, {False})


def test_criticism_is_not_flagged(door: cast.Blog) -> None:
    assert result(door, cast.CRITICAL)["flagged"] is False


def test_a_threat_to_a_group_is_all_four(door: cast.Blog) -> None:
    assert all(result(door, THREAT)["categories"][name] for name in SCORED)


def test_harassment_is_flagged_by_the_models_own_threshold() -> None:
    assert written(scores(0.6, 0.0, 0.0))["flagged"] is False
    assert written(scores(0.6, 0.0, 0.0, "abusive"))["flagged"] is True


def test_a_kind_of_abuse_is_flagged_where_it_is_likelier_than_not() -> None:
    assert written(scores(0.5, 0.49, 0.0))["categories"]["harassment/threatening"] is False
    assert written(scores(0.5, 0.5, 0.0))["categories"]["harassment/threatening"] is True


@pytest.mark.parametrize(("abusive", "threat", "attack", "both"), [(0.8, 0.4, 0.4, 0.2), (0.1, 0.4, 0.2, 0.2)])
def test_both_at_once_are_independent_in_what_is_abuse(
    abusive: float, threat: float, attack: float, both: float
) -> None:
    assert written(scores(abusive, threat, attack))["category_scores"]["hate/threatening"] == pytest.approx(both)


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_both_at_once_are_never_likelier_than_either(each: tuple[float, float, float]) -> None:
    values = written(scores(*each))["category_scores"]
    assert 0 <= values["hate/threatening"] <= min(values["hate"], values["harassment/threatening"])


@pytest.mark.parametrize("name", ["omni-moderation-2024-09-26", "text-moderation-stable", "whatever"])
def test_the_model_that_was_asked_for_comes_back_beside_the_one_that_scored(
    door: cast.Blog, shelf: Shelf, name: str
) -> None:
    answer = moderate(door, "hello", model=name).json
    assert (answer["model"], answer["undertone_model"]) == (name, shelf.current().name)


def test_every_answer_has_an_id_of_its_own(door: cast.Blog) -> None:
    answers = [moderate(door, "hello") for _ in range(2)]
    assert all(each.json["id"].startswith("modr-") for each in answers)
    assert len({each.json["id"] for each in answers} | {each.headers["x-request-id"] for each in answers}) == 4


def test_a_list_of_parts_has_one_result_and_its_pictures_are_not_looked_at(door: cast.Blog) -> None:
    parts = [{"type": "text", "text": cast.UNKIND}, PICTURE]
    assert result(door, parts) == result(door, cast.UNKIND)


def test_a_picture_alone_is_applied_to_nothing(door: cast.Blog) -> None:
    found = result(door, [PICTURE])
    assert (found["flagged"], set(found["category_scores"].values())) == (False, {0.0})
    assert list(found["category_applied_input_types"].values()) == [[]] * 13


def test_nothing_is_stored(blog: cast.Blog, stored: Callable[[], int]) -> None:
    assert moderate(blog, cast.UNKIND).status_code == 200
    assert stored() == 0


# Errors.


def error(answer: TestResponse) -> tuple[int, str, str | None, str | None]:
    said = answer.json["error"]
    assert answer.headers["x-request-id"].startswith("req_")
    assert set(said) == {"message", "type", "param", "code"}
    return answer.status_code, said["type"], said["param"], said["code"]


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, None), ({"Authorization": "Basic abc"}, None), ({"Authorization": "Bearer sk-wrong"}, "invalid_api_key")],
)
def test_without_a_good_key_nobody_comes_in(door: cast.Blog, headers: dict[str, str], code: str | None) -> None:
    answer = door.client.post(PATH, json={"input": "a"}, headers=headers)
    assert error(answer) == (401, "invalid_request_error", None, code)
    assert "sk-wrong" not in answer.text


def test_the_short_key_opens_too(door: cast.Blog) -> None:
    headers = {"Authorization": f"Bearer {door.keys.akismet_key}"}
    assert door.client.post(PATH, json={"input": "a"}, headers=headers).status_code == 200


REFUSED: dict[str, tuple[object, str]] = {
    "nothing": (None, "missing_required_parameter"),
    "a number": (5, "invalid_type"),
    "an object": ({"type": "text", "text": "a"}, "invalid_type"),
    "an empty list": ([], "empty_array"),
    "a number among texts": (["a", 5], "invalid_type"),
    "a part among texts": (["a", PICTURE], "invalid_type"),
    "a text among parts": ([PICTURE, "a"], "invalid_type"),
    "a part without a text": ([{"type": "text"}], "invalid_type"),
    "a picture without an address": ([{"type": "image_url", "image_url": "x"}], "invalid_type"),
    "another part": ([{"type": "audio"}], "invalid_value"),
    "too many": (["a"] * (MOST_AT_ONCE + 1), "array_above_max_length"),
    "too long": ("a" * (LONGEST_TEXT + 1), "string_above_max_length"),
    "too long together": ([{"type": "text", "text": "a" * 15_000}] * 2, "string_above_max_length"),
    "another language": (GERMAN, "language_not_supported"),
    "another language among others": (["hello", GERMAN], "language_not_supported"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_scored_is_refused(door: cast.Blog, name: str) -> None:
    said, code = REFUSED[name]
    assert error(moderate(door, said)) == (400, "invalid_request_error", "input", code)


@pytest.mark.parametrize("model", [5, ["a"], "a" * 256])
def test_a_model_has_a_short_name(door: cast.Blog, model: object) -> None:
    assert error(moderate(door, "a", model=model)) == (400, "invalid_request_error", "model", "invalid_type")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"input":"\xe9"}'])
def test_what_is_no_json_is_refused(door: cast.Blog, data: bytes) -> None:
    answer = door.client.post(PATH, data=data, headers=door.headers)
    assert error(answer) == (400, "invalid_request_error", None, None)


def test_a_body_that_is_too_large_is_refused(door: cast.Blog) -> None:
    assert error(moderate(door, "a" * LARGEST_BODY)) == (413, "invalid_request_error", None, None)


def with_settings(settings: Settings, make_app: Callable[..., Flask], sqlite: Database) -> cast.Blog:
    client = make_app(settings).test_client()
    with sqlite.writing() as session:
        site, keys = cast.add_site(session)
        return cast.Blog(client, keys, site.id)


def test_too_many_calls_are_told_when_to_come_back(
    settings: Settings, make_app: Callable[..., Flask], sqlite: Database
) -> None:
    blog = with_settings(replace(settings, rate_limit="1/minute"), make_app, sqlite)
    moderate(blog, [])
    answer = moderate(blog, "a")
    assert error(answer) == (429, "requests", None, "rate_limit_exceeded")
    assert int(answer.headers["retry-after-ms"]) == int(answer.headers["retry-after"]) * 1000


def test_without_a_model_it_is_unavailable(
    settings: Settings, make_app: Callable[..., Flask], sqlite: Database, tmp_path: Path
) -> None:
    blog = with_settings(replace(settings, models_dir=tmp_path), make_app, sqlite)
    answer = moderate(blog, "a")
    assert error(answer) == (503, "server_error", None, "service_unavailable")
    assert answer.headers["retry-after"]


def test_a_mistake_of_ours_is_told_in_their_shape(blog: cast.Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.flows.intake.score", lambda *_: 1 / 0)
    assert error(moderate(blog, "a")) == (500, "server_error", None, None)


# Whatever is thrown at it.

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(codec=None), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PARTS = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["text", "image_url"]), "text": JSON, "image_url": JSON})
)


@examples(60)
@given(said=JSON | PARTS | st.lists(st.text(st.characters(codec=None))), model=JSON)
def test_random_fields_break_nothing(door: cast.Blog, said: object, model: object) -> None:
    answer = door.client.post(PATH, data=json.dumps({"input": said, "model": model}), headers=door.headers)
    assert answer.status_code in (200, 400, 429), answer.text
    if answer.status_code == 200:
        assert all(len(each["categories"]) == 13 for each in answer.json["results"])


# OpenAI's own libraries.


@pytest.fixture
def library(started: Started) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{started.server.url}/v1", api_key=started.keys["api_key"]) as client:
        yield client


def test_openais_library_moderates(library: openai.OpenAI) -> None:
    answer = library.moderations.create(input=[cast.UNKIND, cast.KIND])
    unkind, kind = answer.results
    assert (unkind.flagged, unkind.categories.harassment, kind.flagged) == (True, True, False)
    assert unkind.category_applied_input_types.harassment == ["text"]
    assert unkind.category_applied_input_types.sexual == []
    assert answer.model_extra == {"undertone_model": "comments-en-1"}


def test_openais_library_sends_parts(library: openai.OpenAI) -> None:
    parts: Any = [{"type": "text", "text": cast.UNKIND}, PICTURE]
    [found] = library.moderations.create(model="omni-moderation-latest", input=parts).results
    assert found.flagged


def test_openais_library_knows_our_errors(library: openai.OpenAI, started: Started) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        library.moderations.create(input=GERMAN)
    assert (refused.value.code, refused.value.param) == ("language_not_supported", "input")
    assert str(refused.value.request_id).startswith("req_")
    stranger = openai.OpenAI(base_url=f"{started.server.url}/v1", api_key="sk-wrong")
    with stranger, pytest.raises(openai.AuthenticationError) as wrong:
        stranger.moderations.create(input="a")
    assert wrong.value.code == "invalid_api_key"


NODE = """
const OpenAI = require("openai");
const options = { baseURL: process.env.ADDRESS + "/v1" };
const client = new OpenAI({ ...options, apiKey: process.env.KEY });
const stranger = new OpenAI({ ...options, apiKey: "sk-wrong" });
(async () => {
  const answer = await client.moderations.create({ input: [process.env.TEXT] });
  const refused = await stranger.moderations.create({ input: "a" }).catch((error) => [error.status, error.code]);
  console.log(JSON.stringify({ answer, refused, id: answer._request_id }));
})();
"""


def test_openais_library_for_node_moderates(started: Started, node: Callable[..., Any]) -> None:
    found = node(NODE, ADDRESS=started.server.url, KEY=started.keys["api_key"], TEXT=cast.UNKIND)
    assert found["answer"]["results"][0]["categories"]["harassment"] is True
    assert found["refused"] == [401, "invalid_api_key"]


OPENAI_EDGE = """
const { Configuration, OpenAIApi } = require("openai-edge");
const client = (apiKey) => new OpenAIApi(new Configuration({ apiKey, basePath: process.env.ADDRESS + "/v1" }));
(async () => {
  const answer = await client(process.env.KEY).createModeration({ input: process.env.TEXT });
  const refused = await client("sk-wrong").createModeration({ input: "a" });
  console.log(JSON.stringify({ answer: await answer.json(), refused: [refused.status, await refused.json()] }));
})();
"""


def test_a_client_for_the_edge_moderates(started: Started, node: Callable[..., Any]) -> None:
    found = node(OPENAI_EDGE, ADDRESS=started.server.url, KEY=started.keys["api_key"], TEXT=cast.UNKIND)
    assert found["answer"]["results"][0]["categories"]["harassment"] is True
    assert (found["refused"][0], found["refused"][1]["error"]["code"]) == (401, "invalid_api_key")


def test_another_client_for_python_moderates(started: Started, in_python: RunPython) -> None:
    heard = in_python("gpru", started.server.url, started.keys["api_key"], cast.UNKIND)
    assert heard == {"found": {"flagged": True, "harassment": True}, "wrong": "ApiError"}
