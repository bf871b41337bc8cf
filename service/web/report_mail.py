"""A report as mail: its sentences, its main figures and pictures, and where it stands. Nobody's words are mailed.

What a report quotes may have to be quoted no longer tomorrow, and a mail cannot be taken back.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from urllib.parse import urlsplit
from uuid import uuid4

from flask import Flask, g, render_template, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from service.domain.labels import LABELS
from service.domain.mail import Letter, written
from service.domain.stretches import Stretch
from service.domain.tone import Line, Speaker, ToneReport
from service.domain.wording import N_
from service.flows import reports
from service.flows import schedules as flow
from service.store import schedules
from service.store.tables import ReportRow, ReportRunRow, SiteRow
from service.web import charts, figures, findings, pictures
from service.web.language import LANGUAGES
from service.web.language import gettext as _
from service.web.parts import EXTENSION, Parts, parts
from service.web.reading import Read, changes_of

MOST_COURSES = 4
"""So many labels that changed by more than chance are drawn over time; the report has them all."""

SUBJECTS = {
    Stretch.WEEK: N_("Tone of the week at %(site)s, %(days)s"),
    Stretch.MONTH: N_("Tone of the month at %(site)s, %(days)s"),
}


def write(app: Flask, session: Session, run: ReportRunRow, address: str) -> EmailMessage:
    """Write to one address of the report that a run made, in the language of the site's schedule."""
    if run.report is None:
        raise ValueError(f"run {run.id} has no report")
    joined: Parts = app.extensions[EXTENSION]
    schedule = schedules.of_site(session, run.site)
    with app.test_request_context():
        g.language = schedule.language if schedule and schedule.language in LANGUAGES else "en"
        return written(_letter(run, run.report, address), joined.mail_from, datetime.now(UTC))


def trial(site: SiteRow, address: str, now: datetime) -> EmailMessage:
    """Write a mail by which a person sees whether mail arrives."""
    subject = _("A test by Undertone")
    said = _("The reports of %(site)s can be mailed to this address.", site=site.name)
    page = render_template("mail.html", title=subject, said=said)
    letter = Letter(address, subject, f"{said}\n", page, f"test-{uuid4().hex}@{_host()}")
    return written(letter, parts().mail_from, now)


def _letter(run: ReportRunRow, row: ReportRow, address: str) -> Letter:
    read = Read(row, reports.report_in(row), {}, None)
    drawn = dict(_drawn(read.report))
    why = _why(run)
    page = render_template(
        "report_mail.html",
        read=read,
        report=read.report,
        line=_readers(read.report),
        compared=changes_of(_readers(read.report)),
        findings=findings,
        figures=figures,
        labels=LABELS,
        told={name: _told(svg) for name, svg in drawn.items()},
        width=charts.WIDTH,
        why=why,
    )
    subject = _(SUBJECTS[run.stretch], site=run.site.name, days=figures.stretch(read.report.period))
    images = {name: pictures.png(svg) for name, svg in drawn.items()}
    return Letter(address, subject, _text(read, why), page, flow.message_id(run, address, _host()), images)


def _text(read: Read, why: str) -> str:
    """Return the mail for who reads no HTML: what the pictures show stands in the sentences too."""
    found = findings.summary(read.report)
    said = [
        read.title,
        _days(read.report),
        "\n".join(f"{'**' if each.is_found else '*'} {each.text}" for each in found),
        *([_("** is more than chance.")] if any(each.is_found for each in found) else []),
        _("The whole report, with every figure and what is to be known of it:") + f"\n{read.address}",
        "-- \n" + why,
    ]
    return "\n\n".join(said) + "\n"


def _drawn(report: ToneReport) -> Iterator[tuple[str, Markup]]:
    """Yield the pictures of a mail: how many comments, before and now, and what changed by more than chance."""
    line = _readers(report)
    if not line.whole.volume:
        return
    yield "volume", charts.volume_chart(line, report.period, report.model_changes)
    if findings.are_comparable(line.changes):
        yield "changes", charts.change_chart(line.speaker, line.changes)
    drawable = findings.with_a_course(line)
    changed = [each.label for each in line.changes if each.is_found and each.label in drawable]
    for label in changed[:MOST_COURSES]:
        yield f"share-{label}", charts.share_chart(line, label, report.period, report.model_changes)


def _told(svg: Markup) -> str:
    """Return what a picture shows; the table with every figure, of which it speaks, is in the report."""
    return pictures.told(svg).removesuffix(_("The table below it has every figure.")).rstrip()


def _readers(report: ToneReport) -> Line:
    return next(line for line in report.lines if line.speaker is Speaker.READERS)


def _days(report: ToneReport) -> str:
    compared = _("compared with %(before)s", before=figures.stretch(report.before))
    return f"{figures.stretch(report.period)}; {compared}"


def _why(run: ReportRunRow) -> str:
    address = parts().public_url + url_for("desk.schedule", site_id=run.site_id)
    return _(
        "This address is on the list for the reports of %(site)s. An admin changes the list at %(address)s",
        site=run.site.name,
        address=address,
    )


def _host() -> str:
    """Return the name by which this service numbers its mails."""
    return urlsplit(parts().public_url).hostname or "localhost"
