"""What changed by more than chance stands first in a mail, and is drawn over time."""

from flask import Flask

from service.domain.stretches import Stretch
from service.domain.tone_json import to_json
from service.store import reports as store
from service.store import schedules
from service.store.engine import Database
from service.store.tables import Maker
from service.web import report_mail
from tests import cast, reports


def test_what_changed_is_drawn_over_time_and_says_so(app: Flask, sqlite: Database) -> None:
    report = reports.report()
    with sqlite.writing() as session:
        site, _keys = cast.add_site(session)
        run = schedules.add_run(session, site, Stretch.MONTH, report.period, "UTC", 0, cast.NOW)
        run.report = store.add(
            session,
            site,
            report.scope,
            report.period,
            report.step,
            zone=report.zone,
            models=[reports.MODEL],
            report=to_json(report),
            quoted={},
            made_at=cast.NOW,
            made_by=Maker.SCHEDULE,
        )
        session.flush()
        mail = report_mail.write(app, session, run, "ana@example.org")
    text, page = mail.iter_parts()
    html, *pictures = page.iter_parts()
    assert [each["Content-ID"] for each in pictures] == ["<volume>", "<changes>", "<share-abusive>", "<share-cost>"]
    assert "** Cost: more, from 8" in text.get_content()
    assert "** is more than chance." in text.get_content()
    assert html.get_content().count("◆ ") == 2
    assert mail["Subject"] == "Tone of the month at The Relay, 28 September to 22 November 2026"
