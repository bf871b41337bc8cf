"""What `/openapi.json` promises is kept, whatever Schemathesis asks that reads it: in turn, and each by itself."""

import io
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import Phase, given, settings
from hypothesis.stateful import initialize
from schemathesis import Case, CheckContext, GenerationMode, Response
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput
from schemathesis.specs.openapi.schemas import OpenApiSchema
from werkzeug.wrappers import Request

from service import settings as known
from service.app import create_app
from service.ml.artefacts import Shelf
from service.web.parts import EXTENSION
from tests import cast
from tests.thoroughness import examples
from tests.web.protocols.doors import webhook_headers

pytestmark = pytest.mark.hypothesis

STEPS = 8
FEW = 3
NEW = "POST /api/v1/comments -> 201"
WHATEVER = ("POST /api/v1/bulks/{bulk_id}/undo", "DELETE /api/v1/comments/{comment_id}/claim")
"""What takes any words, or any number, so that none can be wrong."""


class Doorkeeper:
    """Stands before the application: lets everybody in, and sees to it that nothing is stored of what is refused."""

    def __init__(self, app: Flask, blog: cast.Blog, cookie: str, path: Path) -> None:
        self.app = app
        self.blog = blog
        self.cookie = cookie
        self.path = path
        self.seen: Counter[tuple[str, int]] = Counter()
        self._first = path.with_suffix(".first")
        self._messages = 0
        self._database = app.extensions[EXTENSION].database
        self._database.dispose()
        shutil.copy(path, self._first)
        self._file = sqlite3.connect(path)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self._let_in(environ)
        before = self._version()
        said: list[int] = []

        def start(status: str, *rest: Any) -> Any:  # noqa: ANN401  # as WSGI has it
            said.append(int(status[:3]))
            return start_response(status, *rest)

        body = list(self.app(environ, start))
        [status] = said
        with self.app.request_context(environ) as context:
            rule = context.request.url_rule
        self.seen[f"{environ['REQUEST_METHOD']} {rule.rule if rule else '?'}", status] += 1
        assert status < 400 or self._version() == before, f"{status}, and yet something was stored"
        return body

    def begin_anew(self) -> None:
        """Put everything back to where it was at first: what is asked then does not depend on what was asked before."""
        self.close()
        shutil.copy(self._first, self.path)
        self._file = sqlite3.connect(self.path)
        self._messages = 0

    def close(self) -> None:
        self._file.close()
        self._database.dispose()

    def _let_in(self, environ: dict[str, Any]) -> None:
        raw = Request(environ).get_data()
        environ["wsgi.input"] = io.BytesIO(raw)
        environ["HTTP_AUTHORIZATION"] = f"Bearer {self.blog.keys.api_key}"
        environ["HTTP_COOKIE"] = f"undertone={self.cookie}"
        self._messages += 1
        signed = webhook_headers(raw, self.blog.keys.webhook_secret, f"msg_{self._messages}")
        for name, value in signed.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value

    def _version(self) -> int:
        """Return a number that is another one after anybody else has written to the file."""
        return int(self._file.execute("PRAGMA data_version").fetchone()[0])


@pytest.fixture(scope="module")
def keeper(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory, shelf: Shelf) -> Iterator[Doorkeeper]:
    path = tmp_path_factory.mktemp("promises") / "undertone.db"
    shutil.copy(migrated_file, path)
    environment = {"UNDERTONE_DATABASE_URL": f"sqlite:///{path}", "UNDERTONE_SECRET_KEY": "x" * 32}
    app = create_app(known.load({**environment, "UNDERTONE_RATE_LIMIT": "1000000/second"}))
    app.config["WTF_CSRF_ENABLED"] = False
    parts = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(parts, intake=replace(parts.intake, shelf=shelf))
    with parts.database.writing() as session:
        site, keys = cast.add_site(session)
        blog = cast.Blog(app.test_client(), keys, site.id)
    blog.post()
    blog.post("Another.")
    browser = cast.sign_in(parts.database, app, cast.ANA)
    opened = Doorkeeper(app, blog, browser.get_cookie("undertone").value, path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def described(keeper: Doorkeeper) -> OpenApiSchema:
    """Return what Schemathesis reads: the description, but for who may come in, which is for tests/web/test_auth.py."""
    document = keeper.app.test_client().get("/openapi.json").json
    del document["components"]["securitySchemes"]
    for methods in document["paths"].values():
        for route in methods.values():
            del route["security"]
            for each in route["parameters"]:
                if each["in"] == "path" and each["schema"]["type"] == "integer":
                    each["schema"]["maximum"] = FEW  # else it would ask for what is not there, and for nothing else
    # Its own check knows no refusal but that of the description; there are those of the house: see `is_no_surprise`.
    checks = {
        "positive_data_acceptance": {"enabled": False},
        "negative_data_rejection": {"expected-statuses": [400, 401, 404, 413]},
    }
    config = SchemathesisConfig.from_dict({"checks": checks, "generation": {"mode": "positive"}})
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = keeper
    return schema


def is_no_surprise(_context: CheckContext, response: Response, case: Case) -> None:
    """Fail where what is as described is called "not as described", field by field.

    It may be refused all the same, in a sentence: there may be nothing to undo, or nothing to take out. And no
    description can say what a cursor is: only a list writes them.
    """
    if case.meta and case.meta.generation.mode.is_positive and response.status_code == 400:
        fields = {each["field"] for each in response.json()["error"]["details"]}
        assert fields <= {"cursor"}, response.text


def test_what_is_asked_in_turn_is_answered_as_promised(described: OpenApiSchema, keeper: Doorkeeper) -> None:
    workflow: Any = described.as_state_machine()

    class Blog(workflow):
        """A blog and its moderator: one comment comes in, then whatever the links lead to."""

        def setup(self) -> None:
            keeper.begin_anew()

        @initialize(target=workflow.bundles[NEW], case=described["/api/v1/comments"]["POST"].as_strategy())
        def write(self, case: Case) -> StepOutput | None:
            step = StepInput.initial(case)
            self.recorder.record_case(case=case)
            self.control.record_step(step, self.recorder)
            return self._step(step)

        def validate_response(self, response: Response, case: Case, *_: object, **more: Any) -> None:  # noqa: ANN401
            super().validate_response(response, case, [is_no_surprise], **more)

    keeper.seen.clear()
    Blog.run(settings=settings(examples(20), stateful_step_count=STEPS, phases=[Phase.generate]))
    done = {asked for asked, status in keeper.seen if status < 300}
    assert {f"{method} /api/v1/comments/<int:comment_id>" for method in ("GET", "PATCH", "DELETE")} <= done
    assert "POST /api/v1/comments/<int:comment_id>/decisions" in done


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_what_is_asked_by_itself_is_answered_as_promised(
    described: OpenApiSchema, keeper: Doorkeeper, mode: GenerationMode
) -> None:
    keeper.seen.clear()
    for found in described.get_all_operations():
        keeper.begin_anew()
        operation = found.ok()
        if mode.is_negative and operation.label in WHATEVER:
            continue

        @examples(8)
        @given(case=operation.as_strategy(generation_mode=mode))
        def law(case: Case) -> None:
            case.call_and_validate(additional_checks=[is_no_surprise])

        law()
    wanted = "PATCH /api/v1/comments/<int:comment_id>"
    assert (keeper.seen[wanted, 200] > 0, keeper.seen[wanted, 400] > 0) == (mode.is_positive, mode.is_negative)
