"""The page on which comments are drawn to be checked: what to expect, how far it is, and how to call it off."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from flask import abort, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from service.domain.periods import zone_of
from service.domain.tone import Period
from service.domain.wording import N_, Refusal, typed
from service.flows import reports
from service.flows import sampling as flow
from service.flows.sampling import DrawRefused, Wanted
from service.ml.shares import FEWEST_CHECKED, FEWEST_CHECKED_HERE
from service.store import draws, sites
from service.store.tables import DrawRow, SiteRow
from service.web import figures
from service.web.auth import user_in
from service.web.desk import desk, site_of
from service.web.language import gettext as _
from service.web.language import refusal
from service.web.parts import now, parts

FIELDS = ("site", "zone", "thread", "group", "from", "to", "count")


@desk.get("/sample")
def sample() -> str:
    """Show what a draw of some comments would tell, and the draws that were made."""
    return _page({name: request.args.get(name, "").strip()[:2000] for name in FIELDS})


@desk.post("/sample")
def draw() -> Response | tuple[str, int]:
    """Draw comments to be checked; what cannot be is said above the form, with all that was typed."""
    asked = {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        wanted, count, moment = _wanted(asked), _count(asked["count"]), now()
        with parts().database.reading() as session:
            among = flow.among(session, site_of(session, asked["site"]), wanted, moment)
            order = flow.in_order(session, among)
        with parts().database.writing() as session:
            site, user = site_of(session, asked["site"]), user_in(session)
            flow.draw(session, site, among, wanted.zone, order, count, moment, user)
    except Refusal as error:
        return _page(asked, refusal(error)), 400
    return redirect(url_for("desk.queue", view="sample", site=asked["site"]), 303)


@desk.post("/sample/<int:draw_id>/call-off")
def call_off(draw_id: int) -> Response:
    """Let those of a draw go that are not checked yet."""
    with parts().database.writing() as session:
        row = draws.get(session, draw_id) or abort(404, _("There is no such draw."))
        draws.call_off(session, row, now())
    return redirect(url_for("desk.sample"), 303)


def days_of(row: DrawRow) -> Period:
    """Return the days that a draw is of."""
    zone = zone_of(row.zone)
    last = row.until.astimezone(zone)
    end = last.date() if last.time() == last.time().min else figures.day_after(last.date())
    return Period(row.since.astimezone(zone).date(), end)


def _page(asked: Mapping[str, str], refused: str | None = None) -> str:
    with parts().database.reading() as session:
        known = sites.all_of_them(session)
        site = next((each for each in known if str(each.id) == asked["site"]), next(iter(known), None))
        given = _filled(session, site, asked) if site else dict(asked)
        if site and refused is None:
            prospect, refused = _prospect(session, site, given)
        else:
            prospect = None
        made = draws.page(session)
        return render_template(
            "sample.html",
            sites=known,
            typed=given,
            refused=refused,
            prospect=prospect,
            suggested=flow.SUGGESTED,
            rare=flow.RARE,
            common=flow.COMMON,
            most=flow.MOST_WAITING,
            fewest=FEWEST_CHECKED,
            fewest_here=FEWEST_CHECKED_HERE,
            made=[(row, days_of(row)) for row in made],
            progress=draws.progress(session, made),
            figures=figures,
            may_draw=g.user.role != "viewer",
        )


def _filled(session: Session, site: SiteRow, asked: Mapping[str, str]) -> dict[str, str]:
    """Return what the form begins with: what the link said that led here, else all that a site has."""
    zone = asked["zone"] or reports.zone_of(session, site)
    filled = {**asked, "site": str(site.id), "zone": zone, "count": asked["count"] or str(flow.SUGGESTED[1])}
    first = draws.first_written(session, site.id)
    if not asked["from"] and not asked["to"] and first:
        place = _known_zone(zone)
        filled["from"], filled["to"] = (each.astimezone(place).date().isoformat() for each in (first, now()))
    return filled


def _known_zone(name: str) -> ZoneInfo:
    """Return a time zone, or UTC where there is none of that name: what is typed is refused later, with the rest."""
    try:
        return zone_of(name)
    except Refusal:
        return zone_of("UTC")


def _prospect(session: Session, site: SiteRow, given: Mapping[str, str]) -> tuple[flow.Prospect | None, str | None]:
    """Return what a draw would tell, or why there can be none."""
    if not given["from"]:
        return None, None
    try:
        return flow.prospect(session, site, flow.among(session, site, _wanted(given), now())), None
    except Refusal as error:
        return None, refusal(error)


def _wanted(given: Mapping[str, str]) -> Wanted:
    """Read of which comments some are to be drawn; raise Refusal for what cannot be."""
    period = reports.of_days(given["from"], given["to"])
    return Wanted(period, given["zone"] or "UTC", given["thread"] or None, given["group"] or None)


def _count(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > len(str(flow.MOST_WAITING)):
        said = N_("'%(value)s' is no number of comments. Write one from 1 to %(most)s.")
        raise DrawRefused(said, value=typed(value), most=flow.MOST_WAITING)
    return int(value)
