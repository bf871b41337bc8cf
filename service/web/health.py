"""For whoever watches the service: is it alive, is it ready."""

import logging
from datetime import timedelta

from flask import Blueprint, Response, jsonify, make_response
from sqlalchemy.exc import DBAPIError

from service.ml.errors import ModelUnavailable
from service.store import jobs, schema
from service.web.parts import now, parts

log = logging.getLogger(__name__)

LATE = timedelta(minutes=5)

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """Answer 200 as long as this process answers at all."""
    return jsonify({"status": "alive"})


@health.get("/readyz")
def readyz() -> Response:
    """Answer 200 when database, model and jobs are ready, else 503 with what is not."""
    found = {"database": _database(), "model": _model(), "jobs": _jobs()}
    is_ready = not any(state.startswith("not ready") for state in found.values())
    return make_response(jsonify({"status": "ready" if is_ready else "not ready", **found}), 200 if is_ready else 503)


def _database() -> str:
    try:
        return "ready" if schema.is_current(parts().database) else "not ready: run `python -m service db upgrade`"
    except DBAPIError as error:
        return _unreadable(error)


def _unreadable(error: DBAPIError) -> str:
    log.error("the database cannot be read: %s", error.orig)  # what the driver says is for the log, not for everybody
    return "not ready: it cannot be read; the log says why"


def _jobs() -> str:
    try:
        with parts().database.reading() as session:
            is_late = jobs.is_due(session, now() - LATE)
    except DBAPIError as error:
        return _unreadable(error)
    return "not ready: a job has waited for minutes; run `python -m service worker`" if is_late else "ready"


def _model() -> str:
    try:
        return parts().intake.shelf.current().name
    except ModelUnavailable as error:
        return f"not ready: {error}"
