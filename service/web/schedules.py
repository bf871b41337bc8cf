"""The page of a site's schedule: when reports are made by themselves, who is sent them, what became of the last."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import available_timezones

from babel.dates import get_day_names
from flask import abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from service.domain import calendar, mail
from service.domain.calendar import MOST_DAYS_AFTER, USUAL_HOUR, CalendarRefused, Rhythm
from service.domain.stretches import Stretch
from service.domain.tone import Period
from service.domain.wording import N_, Refusal
from service.flows import endpoints, reports
from service.flows import schedules as flow
from service.flows.endpoints import Trial
from service.store import jobs
from service.store import schedules as store
from service.store.tables import JobRow, ScheduleRow, SiteRow
from service.web import figures, language, report_mail
from service.web.auth import require_admin
from service.web.desk import desk, site_of
from service.web.language import gettext as _
from service.web.parts import now, parts

FIELDS = ("stretch", "weekday", "day", "hour", "zone", "language", "recipients")
FORESEEN = 6
"""So many of the next times stand on the page."""

DONE = {
    "saved": N_("Saved."),
    "paused": N_("Paused. No report is made by itself until you go on."),
    "resumed": N_("It goes on, from now: what fell due in the pause is not made."),
    "now": N_("The report is being made. It stands below in a moment."),
    "again": N_("It is tried again."),
    "removed": N_("Removed. The reports that were made stay."),
}
"""What is said above the page after a button was pressed."""


@desk.get("/sites/<int:site_id>/schedule")
def schedule(site_id: int) -> str:
    """Show when a site's reports are made by themselves, and what became of the last ones."""
    return _page(site_id)


@desk.post("/sites/<int:site_id>/schedule")
def save_schedule(site_id: int) -> Response | tuple[str, int]:
    """Save when, and by an admin for whom; what cannot be is refused and nothing is changed."""
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    if "recipients" in request.form:
        require_admin()
    try:
        rhythm = _rhythm(typed)
        recipients = flow.recipients_in(typed["recipients"]) if "recipients" in request.form else None
        spoken = typed["language"] if typed["language"] in language.LANGUAGES else "en"
        parts().database.write(
            lambda session: flow.save(session, site_of(session, site_id), rhythm, spoken, now(), recipients)
        )
    except Refusal as error:
        return _page(site_id, typed, language.refusal(error)), 400
    return _back(site_id, "saved")


@desk.post("/sites/<int:site_id>/schedule/pause")
def pause_schedule(site_id: int) -> Response:
    """Make no more of a site's reports by themselves."""
    return _do(site_id, lambda _session, row: flow.pause(row), "paused")


@desk.post("/sites/<int:site_id>/schedule/resume")
def resume_schedule(site_id: int) -> Response:
    """Make a site's reports by themselves again."""
    return _do(site_id, lambda _session, row: flow.resume(row, now()), "resumed")


@desk.post("/sites/<int:site_id>/schedule/remove")
def remove_schedule(site_id: int) -> Response:
    """Forget a site's schedule and who was sent its reports."""
    require_admin()
    return _do(site_id, lambda session, row: flow.remove(session, row, now()), "removed")


@desk.post("/sites/<int:site_id>/schedule/now")
def make_scheduled_report(site_id: int) -> Response | tuple[str, int]:
    """Make the report of the last week or month at once, and mail it."""
    try:
        return _do(site_id, lambda session, row: flow.begin_now(session, row, now()), "now")
    except Refusal as error:
        return _page(site_id, refused=language.refusal(error)), 409


@desk.post("/sites/<int:site_id>/schedule/test")
def try_mail(site_id: int) -> str | tuple[str, int]:
    """Send a test mail at once, and show what the mail server answered."""
    require_admin()
    try:
        address = mail.address(request.form.get("to", ""))
    except Refusal as error:
        return _page(site_id, refused=language.refusal(error)), 400
    with parts().database.reading() as session:
        written = report_mail.trial(site_of(session, site_id), address, now())
    return _page(site_id, trial=endpoints.timed(lambda: parts().outside.post(written)), tried=address)


@desk.post("/sites/<int:site_id>/schedule/jobs/<int:job_id>/again")
def repeat_scheduled(site_id: int, job_id: int) -> Response | tuple[str, int]:
    """Make a report, or mail it, once more where that was given up."""
    try:
        with parts().database.writing() as session:
            flow.again(session, _job(session, site_id, job_id), now())
    except Refusal as error:
        return _page(site_id, refused=language.refusal(error)), 409
    parts().wake()
    return _back(site_id, "again")


def said(row: ScheduleRow) -> str:
    """Return when a schedule's reports are made, in a phrase."""
    values = {"hour": f"{row.hour:02}:00", "zone": row.zone}
    if row.stretch is Stretch.WEEK:
        return _("every week, on %(day)s at %(hour)s (%(zone)s)", day=weekdays()[row.days_after], **values)
    return _("every month, on day %(day)s at %(hour)s (%(zone)s)", day=row.days_after + 1, **values)


def weekdays() -> list[str]:
    """Return the names of the days of the week, Monday first."""
    names = get_day_names("wide", locale=language.language())
    return [names[day] for day in range(7)]


def _do(site_id: int, act: Callable[[Session, ScheduleRow], object], done: str) -> Response:
    def work(session: Session) -> None:
        act(session, store.of_site(session, site_of(session, site_id)) or abort(404, _("This site has no schedule.")))

    parts().database.write(work)
    parts().wake()
    return _back(site_id, done)


def _back(site_id: int, done: str) -> Response:
    return redirect(url_for("desk.schedule", site_id=site_id, done=done), 303)


def _job(session: Session, site_id: int, job_id: int) -> JobRow:
    job = jobs.get(session, job_id)
    if job is None or job.site_id != site_id or job.run_id is None:
        abort(404, _("There is no such report by schedule."))
    return job


def _rhythm(typed: Mapping[str, str]) -> Rhythm:
    """Read when reports are to be made; raise Refusal for what cannot be."""
    if typed["stretch"] not in list(Stretch):
        raise CalendarRefused(N_("Reports are made by themselves of weeks or of months. Choose one of them."))
    stretch = Stretch(typed["stretch"])
    days_after = _number(typed["weekday"]) if stretch is Stretch.WEEK else _number(typed["day"]) - 1
    return Rhythm(stretch, typed["zone"] or "UTC", days_after, _number(typed["hour"]))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 2):  # noqa: PLR2004  # an hour, or a day of a month
        raise CalendarRefused(N_("Choose a day and an hour from the lists."))
    return int(text)


def _kept(session: Session, site: SiteRow, row: ScheduleRow | None) -> dict[str, str]:
    """Return what stands in the form: what is kept, or what suits most."""
    if row is None:
        usual = {"stretch": Stretch.WEEK.value, "weekday": "0", "day": "1", "hour": str(USUAL_HOUR), "recipients": ""}
        return {**usual, "zone": reports.zone_of(session, site), "language": language.language()}
    is_weekly = row.stretch is Stretch.WEEK
    return {
        "stretch": row.stretch.value,
        "weekday": str(row.days_after if is_weekly else 0),
        "day": str(1 if is_weekly else row.days_after + 1),
        "hour": str(row.hour),
        "zone": row.zone,
        "language": row.language,
        "recipients": "\n".join(row.recipients),
    }


def _upcoming(session: Session, row: ScheduleRow) -> list[tuple[Period, datetime]]:
    """Return the next stretches of time whose reports are made, and when: not those that somebody had made before."""
    made = store.begun(session, row.site, row.stretch)
    return [each for each in calendar.upcoming(flow.rhythm_of(row), now(), FORESEEN) if each[0].start not in made]


def _page(
    site_id: int,
    typed: Mapping[str, str] | None = None,
    refused: str | None = None,
    trial: Trial | None = None,
    tried: str = "",
) -> str:
    with parts().database.reading() as session:
        site = site_of(session, site_id)
        row = store.of_site(session, site)
        return render_template(
            "schedule.html",
            site=site,
            schedule=row,
            said=said,
            form=typed or _kept(session, site, row),
            upcoming=_upcoming(session, row) if row and not row.is_paused else [],
            runs=store.runs(session, site),
            period_of=flow.period_of,
            refused=refused,
            trial=trial,
            tried=tried,
            done=DONE.get(request.args.get("done", "")),
            has_mail_server=bool(parts().mail_from),
            weekdays=weekdays(),
            days=range(1, MOST_DAYS_AFTER[Stretch.MONTH] + 2),
            languages=language.LANGUAGES,
            zones=sorted(available_timezones()),
            figures=figures,
        )
