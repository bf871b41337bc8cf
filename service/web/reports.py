"""The pages of reports: what was made, a form to make one, a report, its files."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from zoneinfo import available_timezones

from flask import Response, abort, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from service.domain import stretches
from service.domain.stretches import STEP_OF, Stretch
from service.domain.tone import Step
from service.domain.wording import N_, Refusal
from service.flows import asked_reports as asking
from service.flows import reports as flow
from service.flows.reports import ReportRefused, Wanted
from service.store import asked_reports, schedules, sites
from service.store import reports as store
from service.store.tables import AskedReportRow, JobStatus, ReportRow, Role, SiteRow
from service.web import figures, reading, report_files
from service.web.auth import user_in
from service.web.desk import desk, site_of
from service.web.errors import Refused
from service.web.language import gettext as _
from service.web.language import refusal
from service.web.parts import now, parts
from service.web.schedules import said

PRESETS = {
    Stretch.WEEK: N_("The last week"),
    Stretch.MONTH: N_("The last month"),
    Stretch.QUARTER: N_("The last quarter"),
}
STEPS = {Step.DAY: N_("day"), Step.WEEK: N_("week"), Step.MONTH: N_("month")}
PATIENCE_SECONDS = 1.0
"""How long a page waits for a report; most take less than a second, and nobody has to see that they were waited for."""
_LOOK_EVERY_SECONDS = 0.05
FIELDS = ("site", "zone", "thread", "group", "from", "to", "step")


@desk.get("/reports")
def reports() -> str:
    """Show the reports that were made, and the form to make one."""
    return _page()


@desk.post("/reports")
def make_report() -> Answer | tuple[str, int]:
    """Have a report made and go where it will be; what cannot be is said above the form, with all that was typed."""
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        wanted = _wanted(typed)
        with parts().database.writing() as session:
            asked = asking.ask(session, site_of(session, typed["site"]), wanted, user_in(session), now())
    except Refusal as error:
        return _page(refusal(error), typed), 400
    parts().wake()
    return redirect(url_for("desk.asked_report", asked_id=asked.id), 303)


@desk.get("/reports/asked/<int:asked_id>")
def asked_report(asked_id: int) -> Answer | str:
    """Go to a report that was asked for, a moment ago waiting for it; where it takes longer, show how far it is."""
    while True:
        with parts().database.reading() as session:
            row = _asked(session, asked_id)
            if row.report_id:
                return redirect(url_for("desk.report", report_id=row.report_id), 303)
            if row.status is not JobStatus.WAITING or now() > row.asked_at + timedelta(seconds=PATIENCE_SECONDS):
                return render_template("report_asked.html", row=row, period=flow.period_of(row), figures=figures)
        time.sleep(_LOOK_EVERY_SECONDS)


@desk.post("/reports/asked/<int:asked_id>/call-off")
def call_off_report(asked_id: int) -> Answer:
    """Make no report of what was asked for."""
    with parts().database.writing() as session:
        row = asked_reports.locked(session, _asked(session, asked_id).id)
        if row:
            asking.call_off(row, now())
    return redirect(url_for("desk.reports"), 303)


@desk.get("/reports/<int:report_id>")
def report(report_id: int) -> str:
    """Show a report."""
    with parts().database.reading() as session:
        row = _row(session, report_id)
        read = reading.read(session, row)
        return render_template(
            "report.html",
            **report_files.shown(read, is_outside=False),
            kinds={kind: name for kind, (name, *_rest) in report_files.KINDS.items()},
            may_remove=_may_remove(row),
        )


@desk.get("/reports/<int:report_id>.<kind>")
def report_file(report_id: int, kind: str) -> Response:
    """Give a report as a file."""
    if kind not in report_files.KINDS:
        abort(404, N_("A report is had as html, json, csv or md."))
    _name, mimetype, write = report_files.KINDS[kind]
    with parts().database.reading() as session:
        row = _row(session, report_id)
        written = write(reading.read(session, row))
    name = f"tone-{row.starts_on}-{figures.last_day(flow.period_of(row))}-{row.id}.{kind}"
    answer = Response(written.encode("utf-8", "replace"), content_type=f"{mimetype}; charset=utf-8")
    # Kept, not opened here: what is allowed in a file of its own is not what is allowed on our pages.
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@desk.post("/reports/<int:report_id>/remove")
def remove_report(report_id: int) -> Answer:
    """Remove a report for good."""
    with parts().database.writing() as session:
        row = _row(session, report_id)
        if not _may_remove(row):
            raise Refused(403, "not_yours", N_("Only an admin, or who made it, can remove a report."))
        session.delete(row)
    return redirect(url_for("desk.reports"), 303)


def _page(refused: str | None = None, typed: Mapping[str, str] | None = None) -> str:
    before = request.args.get("before", type=int)
    with parts().database.reading() as session:
        known = sites.all_of_them(session)
        rows = store.page(session, before=before)
        return render_template(
            "reports.html",
            sites=known,
            schedules={each.site_id: each for each in schedules.all_of_them(session)},
            said=said,
            waiting=[(row, flow.period_of(row)) for row in asked_reports.waiting(session)],
            rows=[(row, flow.period_of(row)) for row in rows],
            older=rows[-1].id if len(rows) == store.PAGE else None,
            refused=refused,
            typed=typed or _suggested(session, known),
            presets=PRESETS,
            steps=STEPS,
            zones=sorted(available_timezones()),
            figures=figures,
            maker_of=reading.maker_of,
        )


def _suggested(session: Session, known: Sequence[SiteRow]) -> dict[str, str]:
    """Return what the form begins with: what the link said that led here, and the last whole month."""
    asked = request.args.get("site", type=int)
    site = next((each for each in known if each.id == asked), next(iter(known), None))
    zone = flow.zone_of(session, site) if site else "UTC"
    month = stretches.last(Stretch.MONTH, flow.today_in(zone, now()))
    return {
        "site": str(site.id) if site else "",
        "zone": zone,
        "thread": request.args.get("thread", "")[:2000],
        "group": request.args.get("group", "")[:255],
        "from": month.start.isoformat(),
        "to": figures.last_day(month).isoformat(),
        "step": Step.WEEK.value,
    }


def _wanted(typed: Mapping[str, str]) -> Wanted:
    """Read what a report is to be about; raise Refusal for what cannot be."""
    zone, preset = typed["zone"] or "UTC", request.form.get("preset", "")
    about = (zone, typed["thread"] or None, typed["group"] or None)
    if preset in list(Stretch):
        stretch = Stretch(preset)
        return Wanted(stretches.last(stretch, flow.today_in(zone, now())), STEP_OF[stretch], *about)
    if typed["step"] not in list(Step):
        raise ReportRefused(N_("A report has steps of a day, a week or a month."))
    return Wanted(flow.of_days(typed["from"], typed["to"]), Step(typed["step"]), *about)


def _asked(session: Session, asked_id: int) -> AskedReportRow:
    return asked_reports.get(session, asked_id) or abort(404, _("No such report was asked for."))


def _row(session: Session, report_id: int) -> ReportRow:
    return store.get(session, report_id) or abort(404, _("There is no such report; somebody may have removed it."))


def _may_remove(row: ReportRow) -> bool:
    return bool(g.user.role is Role.ADMIN or (row.user_id == g.user.id and g.user.role is not Role.VIEWER))
