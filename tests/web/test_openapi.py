"""The API's description: whole, true, and browsable."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel, TypeAdapter
from standardwebhooks.webhooks import Webhook
from werkzeug.test import TestResponse

from service.web import shapes
from tests import cast
from tests.web.page import Page

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    """Return the description as a program gets it."""
    answer: dict[str, Any] = client.get("/openapi.json").json
    return answer


def everything(value: object) -> Iterator[dict[str, Any]]:
    """Yield every object of a document."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from everything(each)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and description of every operation."""
    for path, item in document["paths"].items():
        for method in item.keys() & METHODS:
            yield path, method, item[method]


def resolved(document: dict[str, Any], reference: str) -> Any:  # noqa: ANN401
    """Return what a reference stands for; KeyError where it leads nowhere."""
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_it_says_which_openapi_it_is(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])


def test_it_has_what_every_description_needs(document: dict[str, Any]) -> None:
    assert [document["info"][name] for name in ("title", "version")] == ["Undertone", "0.1.0"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = {each["$ref"] for each in everything(document) if "$ref" in each}
    assert all(isinstance(resolved(document, each), dict) for each in references)
    assert references


def test_every_type_is_one_that_json_schema_knows(document: dict[str, Any]) -> None:
    types = {
        each["type"] for each in everything(document["components"]["schemas"]) if isinstance(each.get("type"), str)
    }
    assert types <= {"string", "number", "integer", "boolean", "array", "object", "null"}


def test_every_route_of_the_api_is_described_and_no_other(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }
    assert {(path, method) for path, method, _ in operations(document)} == routes


def test_every_operation_has_its_own_name(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for *_, operation in operations(document)]
    assert sorted(names) == sorted(set(names))


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    assert [path for path, _, operation in operations(document) if not operation["summary"].endswith(".")] == []


def test_every_parameter_of_a_path_is_described(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        described = {each["name"] for each in operation["parameters"] if each["in"] == "path" and each["required"]}
        assert described == set(re.findall(r"{(\w+)}", path))


def test_every_operation_says_who_may(document: dict[str, Any]) -> None:
    schemes = set(document["components"]["securitySchemes"])
    assert all({*each} <= schemes for *_, operation in operations(document) for each in operation["security"])


def test_every_operation_tells_of_the_answers_that_any_may_get(document: dict[str, Any]) -> None:
    for *_, operation in operations(document):
        assert {"400", "401", "429", "503"} <= operation["responses"].keys()


def test_every_error_has_the_one_shape(document: dict[str, Any]) -> None:
    errors = {
        response["content"]["application/json"]["schema"]["$ref"]
        for *_, operation in operations(document)
        for status, response in operation["responses"].items()
        if status >= "400"
    }
    assert errors == {"#/components/schemas/ErrorAnswer"}


def test_every_response_is_put_in_words(document: dict[str, Any]) -> None:
    answers = [each for *_, operation in operations(document) for each in operation["responses"].values()]
    assert [each for each in answers if not each["description"]] == []


def test_a_shape_that_refuses_unknown_fields_says_so(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert [schemas[name]["additionalProperties"] for name in ("NewComment", "AuthorShape", "Edit")] == [False] * 3


def message(blog: cast.Blog) -> TestResponse:
    """Send a message as Standard Webhooks says."""
    body = json.dumps({"type": "comment.created", "data": {"text": cast.UNKIND, "thread": {"url": cast.POST}}})
    at = datetime.now(UTC)
    signature = Webhook(blog.keys.webhook_secret).sign("msg_1", at, body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return blog.client.post(f"/api/v1/webhooks/{blog.site_id}", data=body, headers=headers)


@pytest.fixture
def answers(careful: cast.Blog, held: int, ana: FlaskClient) -> dict[tuple[str, str], TestResponse]:
    """Return a real answer of every operation."""
    blog, one = careful, "/api/v1/comments/1"
    text = {"text": "some other words"}
    decided = ana.post(f"{one}/decisions", json={"decision": "spam", "reason": "An advert."})
    undone = ana.post(f"/api/v1/decisions/{decided.json['id']}/undo")
    picks = [{"id": 1, "seen": undone.json["number"]}, {"id": 9, "seen": 1}]
    bulk = ana.post("/api/v1/bulks", json={"comments": picks, "decision": "approve"})
    private = blog.post("Write to maya@example.org, I have spare cooling vests.", id="3").json["id"]
    note = ana.post(f"{one}/notes", json={"text": "Maya again."})
    days = {"from": "2026-11-09", "to": "2026-11-15"}
    report = blog.client.post("/api/v1/reports", json=days, headers=blog.headers)
    return {
        ("get", "/api/v1/comments"): blog.get("/comments"),
        ("post", "/api/v1/comments"): blog.post(cast.UNKIND, id="2", parent_id="9"),
        ("post", "/api/v1/comments/{comment_id}/decisions"): decided,
        ("post", "/api/v1/decisions/{decision_id}/undo"): undone,
        ("post", "/api/v1/bulks"): bulk,
        ("post", "/api/v1/bulks/{bulk_id}/undo"): ana.post(f"/api/v1/bulks/{bulk.json['id']}/undo"),
        ("post", "/api/v1/comments/{comment_id}/redaction"): ana.post(f"/api/v1/comments/{private}/redaction", json={}),
        ("post", "/api/v1/comments/{comment_id}/notes"): note,
        ("delete", "/api/v1/notes/{note_id}"): ana.delete(f"/api/v1/notes/{note.json['id']}"),
        ("put", "/api/v1/comments/{comment_id}/claim"): ana.put(f"{one}/claim"),
        ("get", "/api/v1/news"): ana.get("/api/v1/news"),
        ("delete", "/api/v1/comments/{comment_id}/claim"): ana.delete(f"{one}/claim"),
        ("get", "/api/v1/comments/{comment_id}"): blog.get("/comments/1"),
        ("patch", "/api/v1/comments/{comment_id}"): blog.client.patch(one, json=text, headers=blog.headers),
        ("post", "/api/v1/comments/{comment_id}/report"): blog.client.post(f"{one}/report", headers=blog.headers),
        ("delete", "/api/v1/comments/{comment_id}"): blog.client.delete(one, headers=blog.headers),
        ("post", "/api/v1/reports"): report,
        ("get", "/api/v1/reports"): blog.get("/reports"),
        ("get", "/api/v1/reports/{report_id}"): blog.get(f"/reports/{report.json['id']}"),
        ("post", "/api/v1/webhooks/{site}"): message(blog),
        ("post", "/api/v1/score"): blog.client.post("/api/v1/score", json={"comments": [text]}, headers=blog.headers),
    }


def shape_of(document: dict[str, Any], method: str, path: str, answer: TestResponse) -> type[BaseModel] | None:
    """Return the shape that the description promises for an answer; KeyError where it promises none."""
    response = document["paths"][path][method]["responses"][str(answer.status_code)]
    if "content" not in response:
        return None
    name = response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    shape: type[BaseModel] = getattr(shapes, name)
    return shape


def test_there_is_an_answer_for_every_operation(
    document: dict[str, Any], answers: dict[tuple[str, str], TestResponse]
) -> None:
    assert set(answers) == {(method, path) for path, method, _ in operations(document)}


def test_real_answers_are_as_described(document: dict[str, Any], answers: dict[tuple[str, str], TestResponse]) -> None:
    for (method, path), answer in answers.items():
        shape = shape_of(document, method, path, answer)
        again = TypeAdapter(shape).validate_json(answer.data).model_dump(mode="json") if shape else None
        assert again == answer.get_json(silent=True), (method, path)  # nothing lost, nothing undescribed


def test_every_link_leads_from_what_an_answer_names_to_who_takes_it(
    document: dict[str, Any], answers: dict[tuple[str, str], TestResponse]
) -> None:
    takers = {each["operationId"]: [one["name"] for one in each["parameters"]] for *_, each in operations(document)}
    followed = set()
    for (method, path), answer in answers.items():
        links = document["paths"][path][method]["responses"][str(answer.status_code)].get("links", {})
        for link in links.values():
            [(name, place)] = link["parameters"].items()
            assert name in takers[link["operationId"]]
            assert named(answer.json, place) not in (None, "")
            followed.add(link["operationId"])
    numbered = {each["operationId"] for path, _, each in operations(document) if "{" in path and "{site}" not in path}
    assert followed == numbered


def named(answer: Any, place: str) -> Any:  # noqa: ANN401
    """Return what stands in a place of an answer that a link names; KeyError where nothing does."""
    for step in place.removeprefix("$response.body#/").split("/"):
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer


def test_a_real_error_is_as_described(document: dict[str, Any], blog: cast.Blog) -> None:
    answer = blog.post("")
    shape = shape_of(document, "post", "/api/v1/comments", answer)
    assert shape
    assert shape.model_validate(answer.json).model_dump() == answer.json


def test_the_page_shows_every_operation(client: FlaskClient, document: dict[str, Any]) -> None:
    shown = {each.words for section in Page(client.get("/docs")).all("h2") for each in section.inside}
    assert {f"{method.upper()} {path}" for path, method, _ in operations(document)} <= shown


def test_the_page_shows_every_type(client: FlaskClient, document: dict[str, Any]) -> None:
    shown = {each.attributes["id"] for each in Page(client.get("/docs")).all("section", class_="schema")}
    assert shown == set(document["components"]["schemas"])


def test_every_link_within_the_page_leads_somewhere(client: FlaskClient) -> None:
    page = Page(client.get("/docs"))
    wanted = {str(each.attributes["href"]) for each in page.all("a")}
    places = {f"#{each.attributes['id']}" for each in page.elements if "id" in each.attributes}
    assert {each for each in wanted if each.startswith("#")} <= places
