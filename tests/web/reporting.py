"""A report as it is had on the desk: asked for, made by the worker, gone to."""

from collections.abc import Mapping
from functools import partial

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.flows.jobs import Bench, Reporting
from service.outgoing import Outgoing
from service.web import report_mail
from service.web.parts import EXTENSION, Parts
from tests import work


def bench_of(app: Flask) -> Bench:
    """Return what an application's worker works with."""
    parts: Parts = app.extensions[EXTENSION]
    reporting = Reporting(parts.public_url, partial(report_mail.write, app), Outgoing().post)
    return Bench(parts.database.reading, parts.database.writing, parts.intake, Outgoing().send, reporting)


def make_report(browser: FlaskClient, form: Mapping[str, str]) -> TestResponse:
    """Ask for a report and return the answer: what refuses it, or what leads to it once it is made."""
    answer = browser.post("/reports", data=form)
    if answer.status_code != 303:
        return answer
    assert work.make_report(bench_of(browser.application))
    return browser.get(answer.location)
