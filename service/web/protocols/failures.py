"""Why a door does not answer as asked, before it is written in the words of that door's protocol."""

import logging
import math
from dataclasses import dataclass

from flask import current_app
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from service.domain.wording import Refusal
from service.ml.errors import ModelUnavailable
from service.web.errors import RETRY_SECONDS, Refused

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """An HTTP status, a sentence in plain English, and the seconds after which to try again, where that may help."""

    status: int
    message: str
    retry_after: int | None = None


def failure_of(error: Exception) -> Failure:
    """Return what to say of whatever went wrong; what is a mistake of ours is logged."""
    if isinstance(error, Refused):
        return Failure(error.status, str(error), _seconds(error.retry_after))
    if isinstance(error, Refusal):
        return Failure(400, str(error))
    if isinstance(error, HTTPException):
        return Failure(error.code or 500, _said(error))
    if isinstance(error, ModelUnavailable):
        return Failure(503, f"There is no model to score with: {error}", RETRY_SECONDS)
    if isinstance(error, DBAPIError):
        log.error("the database failed: %s", error.orig)
        return Failure(503, "The database cannot be written or read just now. Nothing was stored.", RETRY_SECONDS)
    log.error("a request broke", exc_info=error)
    return Failure(500, "Something broke on our side; it is in the log. Nothing was stored.")


def _seconds(wait: float | None) -> int | None:
    return None if wait is None else max(1, math.ceil(wait))


def _said(error: HTTPException) -> str:
    if isinstance(error, RequestEntityTooLarge):
        return f"The body is larger than {current_app.config['MAX_CONTENT_LENGTH'] - 1} bytes. Send less at once."
    return error.description or error.name
