"""The API's description, made of the very types that check it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, request
from pydantic import BaseModel, RootModel, ValidationError
from pydantic.json_schema import models_json_schema
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, Rule

from service import __version__
from service.web.auth import notice_person
from service.web.errors import Refused
from service.web.shapes import NAMES, ErrorAnswer

View = TypeVar("View", bound=Callable[..., Any])
Refs = Mapping[Any, Any]
"""A shape to the reference that stands for it in the document."""
Auth = Literal["site", "moderator", "signature"]
Shaped = TypeVar("Shaped", bound=BaseModel)

ERRORS = {
    400: "The request is not as described; `details` lists every problem.",
    401: "The key, or the signature, is missing or wrong.",
    403: "Whoever is signed in may only look, or has to choose a password first.",
    404: "There is nothing under this number.",
    409: "Somebody else decided first; `details` holds their decision.",
    413: "The body is too large.",
    429: "Too many calls; `Retry-After` says when to try again.",
    503: "The database or the model is not available just now; `Retry-After` says when to try again.",
}


@dataclass(frozen=True)
class Operation:
    """What one route takes and gives."""

    takes: type[BaseModel] | None
    gives: Mapping[int, type[BaseModel] | None]
    fails: tuple[int, ...]
    auth: Auth
    query: type[BaseModel] | None


_operations: dict[str, Operation] = {}
LARGEST_BODY = 1_000_000
_REF = "#/components/schemas/{model}"

pages = Blueprint("openapi", __name__)


def operation(
    *,
    gives: Mapping[int, type[BaseModel] | None],
    takes: type[BaseModel] | None = None,
    fails: tuple[int, ...] = (),
    auth: Auth = "site",
    query: type[BaseModel] | None = None,
) -> Callable[[View], View]:
    """Describe a view; its docstring becomes the summary."""

    def remember(view: View) -> View:
        _operations[view.__name__] = Operation(takes, gives, fails, auth, query)
        return view

    return remember


def read(shape: type[Shaped]) -> Shaped:
    """Return the request's body as one of our types; raise Refused with every problem in it."""
    return checked(shape, read_json())


def raw_body() -> bytes:
    """Return the request's body as it came; raise RequestEntityTooLarge where it is too large."""
    raw = request.get_data()
    if len(raw) > LARGEST_BODY:
        # One whose length was not said beforehand: werkzeug cuts it off without a word.
        raise RequestEntityTooLarge
    return raw


def read_json(empty: bytes = b"") -> Any:  # noqa: ANN401  # whatever was sent
    """Return what the request's body says, or what an empty one stands for; raise Refused where it is no JSON."""
    raw = raw_body() or empty
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_named)
    except UnicodeDecodeError as error:
        raise Refused(400, "not_utf8", f"UTF-8 was expected; byte {error.start} of the body is not.") from None
    except (ValueError, RecursionError) as error:
        # ValueError also for a number of thousands of digits, which Python refuses to read.
        said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refused(400, "not_json", f"JSON was expected: {said}.") from None


def _named(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose field names can be said again, in the list of problems, without lone surrogates."""
    return {name.encode("utf-8", "replace").decode("utf-8"): value for name, value in pairs}


def read_query(shape: type[Shaped]) -> Shaped:
    """Return the request's query as one of our types; raise Refused with every problem in it."""
    return checked(shape, request.args.to_dict())


def checked(shape: type[Shaped], value: object) -> Shaped:
    """Return what was sent as one of our types; raise Refused with every problem in it."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        raise Refused(400, "invalid", "The request is not as described.", _problems(error)) from None


def _problems(error: ValidationError) -> list[dict[str, object]]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        {"field": ".".join(str(each) for each in one["loc"]), "problem": _said(one["type"], one["msg"])}
        for one in found
    ]


def _said(kind: str, message: str) -> str:
    if kind in ("model_type", "model_attributes_type"):
        return "an object was expected"  # pydantic would name our class
    return message.removeprefix("Value error, ")


def describe(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an application's API."""
    shapes: set[type[BaseModel]] = {ErrorAnswer}
    for each in _operations.values():
        shapes |= {shape for shape in (each.takes, each.query, *each.gives.values()) if shape}
    ordered = sorted(shapes, key=lambda shape: shape.__name__)
    names, definitions = models_json_schema([(shape, _mode(shape)) for shape in ordered], ref_template=_REF)
    refs = {shape: reference for (shape, _), reference in names.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Undertone",
            "version": __version__,
            "description": "Scores a blog's comments, decides by its rules, tells it what its moderators decide.",
        },
        "paths": _paths(app, refs),
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {
                "site": {"type": "http", "scheme": "bearer", "description": "The site's `api_key`."},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "webhook-signature",
                    "description": "Standard Webhooks, with `webhook-id` and `webhook-timestamp`, made with the site's "
                    "`webhook_secret`.",
                },
                "moderator": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
            },
        },
    }


def _mode(shape: type[BaseModel]) -> Literal["validation", "serialization"]:
    is_taken = shape.model_config.get("extra") == "forbid" or issubclass(shape, RootModel)
    return "validation" if is_taken else "serialization"


def _paths(app: Flask, refs: Refs) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for rule, view, found in _routes(app):
        path = rule.rule.replace("<int:", "{").replace("<", "{").replace(">", "}")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(path, {})[method.lower()] = _described(view, found, rule, refs)
    links = _links(paths)
    for each in _responses(paths):
        if led := links.get(_shown_shape(each)):
            each["links"] = led
    return paths


def _routes(app: Flask) -> Iterator[tuple[Rule, Callable[..., Any], Operation]]:
    """Yield every route of the API that is described, with its view."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        found = _operations.get(view.__name__)
        if found and rule.rule.startswith("/api/"):
            yield rule, view, found


def _responses(paths: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in paths.values():
        for route in methods.values():
            yield from route["responses"].values()


def _shown_shape(response: Mapping[str, Any]) -> str:
    """Return the name of the type that a response shows, an empty one where it shows none."""
    content = response.get("content", {}).get("application/json", {})
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]


def _links(paths: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return, for each type that names something, the operations that take the name."""
    routes = [route for methods in paths.values() for route in methods.values()]
    return {
        shape: {
            route["operationId"]: {
                "operationId": route["operationId"],
                "parameters": {name: f"$response.body#{place}"},
            }
            for name, place in names.items()
            for route in routes
            if [each["name"] for each in route["parameters"] if each["in"] == "path"] == [name]
        }
        for shape, names in NAMES.items()
    }


def _described(view: Callable[..., Any], found: Operation, rule: Rule, refs: Refs) -> dict[str, Any]:
    summary, _, rest = (view.__doc__ or "").partition("\n\n")
    described: dict[str, Any] = {
        "operationId": view.__name__,
        "summary": summary,
        "security": [{found.auth: []}],
        "parameters": _path_parameters(rule) + _query_parameters(found.query),
        "responses": {str(status): _response(status, shape, refs) for status, shape in found.gives.items()},
    }
    for status in sorted(_failures(found, rule)):
        described["responses"][str(status)] = _response(status, ErrorAnswer, refs)
    if rest:
        described["description"] = " ".join(rest.split())
    if found.takes:
        content = {"application/json": {"schema": refs[found.takes]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _failures(found: Operation, rule: Rule) -> set[int]:
    """Return the errors that an operation may answer: its own, and those of everything that is made like it."""
    common = {400, 401, 429, 503, *found.fails}
    common |= {404} if rule.arguments else set()
    common |= {413} if found.takes else set()
    return common | ({403} if found.auth == "moderator" else set())


def _path_parameters(rule: Rule) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(rule, name)}
        for name in sorted(rule.arguments)
    ]


def _path_schema(rule: Rule, name: str) -> dict[str, Any]:
    is_number = isinstance(rule._converters[name], IntegerConverter)
    return {"type": "integer", "minimum": 0} if is_number else {"type": "string", "minLength": 1}


def _query_parameters(shape: type[BaseModel] | None) -> list[dict[str, Any]]:
    properties = shape.model_json_schema(ref_template=_REF)["properties"] if shape else {}
    return [{"name": name, "in": "query", "required": False, "schema": each} for name, each in properties.items()]


def _response(status: int, shape: type[BaseModel] | None, refs: Refs) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": ERRORS.get(status, shape.__doc__ if shape else "Done; there is no body.")
    }
    if shape:
        response["content"] = {"application/json": {"schema": refs[shape]}}
    return response


@pages.get("/openapi.json")
def openapi_json() -> Response:
    """The API's description for programs."""
    return jsonify(describe(current_app))


@pages.get("/docs")
def docs() -> str:
    """The API's description for people."""
    notice_person()
    return render_template("docs.html", api=describe(current_app))
