"""Every error in one shape: `{"error": {"code", "message", "details": [...]}}` to programs, a page to people."""

import logging
import math
from collections.abc import Sequence

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from service.domain.wording import N_, Refusal
from service.flows.review import CommentGone
from service.ml.errors import ModelUnavailable
from service.store.lists import CursorRefused
from service.web.language import gettext, number, refusal
from service.web.parts import is_for_programs

RETRY_SECONDS = 5
SAID = {
    400: N_("The request cannot be understood. Go back, reload the page and try again."),
    404: N_("There is nothing at this address. Go back, or begin at the queue."),
    405: N_("This address cannot be opened like this. Go back and use the links and buttons of the page."),
}
"""What people read instead of what Flask would say, where no view has said anything better."""

log = logging.getLogger(__name__)
errors = Blueprint("errors", __name__)


class Refused(Refusal):
    """A request that is not answered as asked; the text says what was expected, what came, what to do."""

    def __init__(
        self,
        status: int,
        code: str,
        text: str,
        details: Sequence[dict[str, object]] = (),
        retry_after: float | None = None,
        **values: object,
    ) -> None:
        super().__init__(text, **values)
        self.retry_after = retry_after
        self.status = status
        self.code = code
        self.details = list(details)


def error_body(code: str, message: str, details: Sequence[dict[str, object]] = ()) -> dict[str, object]:
    """Return the one shape of an error."""
    return {"error": {"code": code, "message": message, "details": list(details)}}


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
    response = answer(error.status, error.code, refusal(error), error.details)
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
        said = gettext(
            "The page and the form have different addresses. Behind a proxy: let it pass on the Host header."
        )
        return answer(400, "csrf", said)
    return answer(400, "csrf", gettext("This form is no longer valid. Go back, reload the page and send it again."))


@errors.app_errorhandler(HTTPException)
def on_http(error: HTTPException) -> Response:
    """Answer what Flask itself refuses: an unknown address, a method that is not there, a body too large."""
    name = (error.name or "error").lower().replace(" ", "_")
    response = answer(error.code or 500, name, _said(error))
    if error.code == 405:  # noqa: PLR2004  # the standard wants the methods that are there
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
    return response


@errors.app_errorhandler(Refusal)
def on_refusal_by_a_flow(error: Exception) -> Response:
    """Answer what a flow refused to write."""
    return answer(400, "invalid", _told(error))


@errors.app_errorhandler(CursorRefused)
def on_no_cursor(error: CursorRefused) -> Response:
    """Answer a question for a page of a list that begins nowhere."""
    return answer(400, "invalid", refusal(error), [{"field": "cursor", "problem": refusal(error)}])


@errors.app_errorhandler(CommentGone)
def on_gone(error: CommentGone) -> Response:
    """Answer a question about a comment that is not there."""
    return answer(404, "not_found", _told(error))


@errors.app_errorhandler(ModelUnavailable)
def on_no_model(error: ModelUnavailable) -> Response:
    """Answer a request for scores while there is no model."""
    return answer(503, "no_model", gettext("There is no model to score with: %(error)s", error=error))


@errors.app_errorhandler(DBAPIError)
def on_database(error: DBAPIError) -> Response:
    """Answer while the database is locked, full, read-only or away: nothing was stored, and the site may retry."""
    log.error("the database failed: %s", error.orig)
    said = gettext("The database cannot be written or read just now. Nothing was stored; try again.")
    return answer(503, "storage", said)


@errors.app_errorhandler(Exception)
def on_mistake(error: Exception) -> Response:
    """Answer for a mistake of ours."""
    log.error("a request broke", exc_info=error)
    return answer(500, "internal", gettext("Something broke on our side; it is in the log. Nothing was stored."))


def _told(error: Exception) -> str:
    """Return what an exception says, in the language of this request where it can be said in others."""
    return refusal(error) if isinstance(error, Refusal) else str(error)


def _said(error: HTTPException) -> str:
    """Return what is said of what Flask or a view refused: the view's own words, else ours, else Flask's."""
    if error.code == 413:  # noqa: PLR2004  # RFC 9110, section 15.5.14
        most = number(current_app.config["MAX_CONTENT_LENGTH"] - 1)
        return gettext("The body is larger than %(most)s bytes. Send less at once.", most=most)
    is_flasks_own = error.description == type(error).description
    said = SAID.get(error.code or 500) if is_flasks_own and not is_for_programs() else None
    return gettext(said or error.description or error.name or "refused")
