"""What the views are given to work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import current_app, request
from limits import RateLimitItem
from limits.strategies import RateLimiter

from service.flows.endpoints import Outside
from service.flows.intake import Intake
from service.store.engine import Database

EXTENSION = "undertone"
FOR_PROGRAMS = (
    "/api/",
    "/openapi.json",
    "/healthz",
    "/readyz",
    "/1.1/",
    "/1.2/",
    "/v1alpha1/",
    "/$discovery/",
    "/v1/",
)
"""Where addresses begin that are ours, or another protocol's, to be called by programs."""


@dataclass(frozen=True)
class Parts:
    """The joined parts of one application."""

    database: Database
    intake: Intake
    wake: Callable[[], None]
    """Called after a person's act that wrote a job, so that the worker need not find it by looking.

    Not after every comment that comes in: the workers would look as often, and find nothing that is due yet.
    """
    limiter: RateLimiter
    site_rate: RateLimitItem
    """How many calls one site may make."""
    outside: Outside
    """The door to the outside, for what a person wants to see answered at once; all else is a job."""
    public_url: str
    """The address under which others reach this service, without a slash at its end."""
    mail_from: str
    """Whom mail comes from; nothing where no mail server is set."""


def parts() -> Parts:
    """Return the parts of the application that answers this request."""
    found: Parts = current_app.extensions[EXTENSION]
    return found


def is_for_programs() -> bool:
    """Whether the request is for what programs read rather than for a page that people see."""
    return request.path.startswith(FOR_PROGRAMS)


def now() -> datetime:
    """Return the moment this request happens."""
    return datetime.now(UTC)
