"""Every error in one shape: `{"error": {"code", "message", "details": [...]}}` to programs, a page to people."""

import logging
import math
from collections.abc import Sequence

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from service.domain.policy import RuleRefused
from service.domain.wording import Refusal
from service.flows.blogs import SiteRefused
from service.flows.people import AccountRefused
from service.flows.review import CommentGone
from service.ml.errors import ModelUnavailable
from service.store.lists import CursorRefused

RETRY_SECONDS = 5

log = logging.getLogger(__name__)
errors = Blueprint("errors", __name__)


class Refused(Exception):
    """A request that is not answered as asked; the message says what was expected, what came, what to do."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Sequence[dict[str, object]] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status
        self.code = code
        self.message = message
        self.details = list(details)


def error_body(code: str, message: str, details: Sequence[dict[str, object]] = ()) -> dict[str, object]:
    """Return the one shape of an error."""
    return {"error": {"code": code, "message": message, "details": list(details)}}


def is_for_programs() -> bool:
    """Whether the request was made by a program rather than by a person with a browser."""
    return request.path.startswith(("/api/", "/openapi.json", "/healthz", "/readyz"))


def answer(status: int, code: str, message: str, details: Sequence[dict[str, object]] = ()) -> Response:
    """Return an error as JSON or as a page, whoever asked."""
    if is_for_programs():
        response = make_response(jsonify(error_body(code, message, details)), status)
    else:
        response = make_response(render_template("error.html", status=status, message=message), status)
    if status == 503:  # noqa: PLR2004  # RFC 9110, section 15.6.4
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


@errors.app_errorhandler(Refused)
def on_refused(error: Refused) -> Response:
    """Answer what a view refused."""
    response = answer(error.status, error.code, error.message, error.details)
    if error.status == 401:  # noqa: PLR2004  # RFC 9110, section 15.5.2
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    return response


@errors.app_errorhandler(CSRFError)
def on_csrf(error: CSRFError) -> Response:
    """Answer a form whose token is missing or old, or that comes from another address than the page."""
    log.warning("a form was refused: %s", error.description)
    if "referrer" in (error.description or ""):
        said = "The page and the form have different addresses. Behind a proxy: let it pass on the Host header."
        return answer(400, "csrf", said)
    return answer(400, "csrf", "This form is no longer valid. Go back, reload the page and send it again.")


@errors.app_errorhandler(HTTPException)
def on_http(error: HTTPException) -> Response:
    """Answer what Flask itself refuses: an unknown address, a method that is not there, a body too large."""
    name = (error.name or "error").lower().replace(" ", "_")
    message = error.description or error.name or "refused"
    if error.code == 413:  # noqa: PLR2004  # RFC 9110, section 15.5.14
        message = f"The body is larger than {current_app.config['MAX_CONTENT_LENGTH'] - 1:,} bytes. Send less at once."
    response = answer(error.code or 500, name, message)
    if error.code == 405:  # noqa: PLR2004  # the standard wants the methods that are there
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
    return response


@errors.app_errorhandler(Refusal)
@errors.app_errorhandler(RuleRefused)
@errors.app_errorhandler(SiteRefused)
@errors.app_errorhandler(AccountRefused)
def on_refusal_by_a_flow(error: ValueError) -> Response:
    """Answer what a flow refused to write."""
    return answer(400, "invalid", str(error))


@errors.app_errorhandler(CursorRefused)
def on_no_cursor(error: CursorRefused) -> Response:
    """Answer a question for a page of a list that begins nowhere."""
    return answer(400, "invalid", str(error), [{"field": "cursor", "problem": str(error)}])


@errors.app_errorhandler(CommentGone)
def on_gone(error: CommentGone) -> Response:
    """Answer a question about a comment that is not there."""
    return answer(404, "not_found", str(error))


@errors.app_errorhandler(ModelUnavailable)
def on_no_model(error: ModelUnavailable) -> Response:
    """Answer a request for scores while there is no model."""
    return answer(503, "no_model", f"There is no model to score with: {error}")


@errors.app_errorhandler(DBAPIError)
def on_database(error: DBAPIError) -> Response:
    """Answer while the database is locked, full, read-only or away: nothing was stored, and the site may retry."""
    log.error("the database failed: %s", error.orig)
    return answer(503, "storage", "The database cannot be written or read just now. Nothing was stored; try again.")


@errors.app_errorhandler(Exception)
def on_mistake(error: Exception) -> Response:
    """Answer for a mistake of ours."""
    log.error("a request broke", exc_info=error)
    return answer(500, "internal", "Something broke on our side; it is in the log. Nothing was stored.")
