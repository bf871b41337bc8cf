"""The one place where the parts are joined."""

import os
from collections.abc import Callable
from functools import partial

from flask import Blueprint, Flask
from flask_wtf.csrf import CSRFProtect
from limits import parse
from limits.strategies import MovingWindowRateLimiter
from werkzeug.middleware.proxy_fix import ProxyFix

from service import settings as known
from service.flows.intake import Intake
from service.flows.jobs import Bench, Reporting
from service.ml.artefacts import Shelf
from service.outgoing import MailServer, Outgoing
from service.settings import Settings
from service.store.engine import Database
from service.web import (
    auth,
    authors,
    deliveries,
    desk_api,
    discussion,
    display,
    endpoints,
    health,
    language,
    live,
    me,
    moderation,
    openapi,
    report_mail,
    reports,
    reports_api,
    rules,
    sampling,
    schedules,
    scores,
    site_pages,
    themes,
    threads,
)
from service.web.api import api
from service.web.calls import Calls
from service.web.desk import desk
from service.web.errors import errors
from service.web.parts import EXTENSION, Parts
from service.web.protocols import akismet, coral, openai, perspective, webhooks

DOORS: tuple[Blueprint, ...] = (webhooks.door, akismet.door, perspective.door, openai.door, coral.door)
"""Other people's protocols, each a file of `web/protocols/`."""

PAGES = (
    moderation,
    desk_api,
    live,
    threads,
    authors,
    scores,
    reports,
    sampling,
    schedules,
    discussion,
    themes,
    deliveries,
    rules,
    site_pages,
    endpoints,
    me,
)
"""The files whose pages stand behind the desk's guard: importing them puts them there."""

FOR_SITES = (reports_api,)
"""The files whose answers stand behind a site's key, beside `web/api.py`: likewise."""


def create_app(settings: Settings | None = None, wake: Callable[[], None] = lambda: None) -> Flask:
    """Return the web application; `wake` is called after a moderator's act that wrote a job."""
    settings = settings or known.load(os.environ)
    app = Flask(__name__, template_folder="web/templates", static_folder="web/static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=openapi.LARGEST_BODY + 1,
        MAX_FORM_MEMORY_SIZE=openapi.LARGEST_BODY + 1,
        SESSION_COOKIE_NAME="undertone",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a desk stays open overnight
    )
    app.extensions[EXTENSION] = build_parts(settings, wake)
    # The API is called with a key that no browser sends by itself, so that nobody can be tricked into calling it.
    protect = CSRFProtect(app)
    for blueprint in (api, *DOORS):
        protect.exempt(blueprint)
    for blueprint in (errors, api, *DOORS, desk, openapi.pages, health.health):
        app.register_blueprint(blueprint)
    auth.init_app(app)
    display.init_app(app)
    language.init_app(app)
    if settings.trusted_proxies:
        # Who asks and over what: not under which name, which a proxy passes on as the Host header or not at all.
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    return app


def build_parts(settings: Settings, wake: Callable[[], None]) -> Parts:
    """Join what the views work with."""
    return Parts(
        database=Database(settings.database_url),
        intake=Intake(Shelf(settings.models_dir, settings.model, settings.second_reader), settings.undo_seconds),
        wake=wake,
        limiter=MovingWindowRateLimiter(Calls()),
        site_rate=parse(settings.rate_limit),
        outside=_outgoing(settings),
        public_url=settings.public_url,
        mail_from=settings.smtp_from if settings.smtp_host else "",
    )


def build_bench(settings: Settings, app: Flask) -> Bench:
    """Join what the worker works with; mails are written as the application's pages are."""
    parts: Parts = app.extensions[EXTENSION]
    outside = _outgoing(settings)
    reporting = Reporting(settings.public_url, partial(report_mail.write, app), outside.post)
    return Bench(parts.database.reading, parts.database.writing, parts.intake, outside.send, reporting)


def _outgoing(settings: Settings) -> Outgoing:
    server = MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_user,
        settings.smtp_password,
        settings.smtp_from,
    )
    return Outgoing(settings.callback_allow, server if server.host else None)
