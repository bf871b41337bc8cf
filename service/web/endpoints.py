"""The pages of a site's endpoints: which there are, how each fares, what it was told, and the buttons to mend it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from service.domain.events import MEANINGS, Event
from service.domain.wording import N_, Refusal, typed
from service.flows import endpoints as flow
from service.flows.endpoints import EndpointRefused, Trial
from service.store import endpoints
from service.store.tables import EndpointRow, JobStatus
from service.web import language
from service.web.auth import require_admin
from service.web.deliveries import STATES, TOLD
from service.web.desk import desk, site_of
from service.web.language import gettext as _
from service.web.parts import now, parts

DONE = {
    "added": N_("Added. Send a test to see whether it is heard."),
    "saved": N_("Saved."),
    "paused": N_("Paused. What there is to tell waits until you go on."),
    "resumed": N_("It goes on. What has waited is sent now."),
    "on": N_("Switched on. What was given up is not sent by itself: see below."),
    "again": N_("It is sent again."),
}
"""What is said above an endpoint's page after a button was pressed."""


@dataclass(frozen=True)
class Form:
    """What stands in an endpoint's form: as it is kept, or as somebody typed it who has to be told what is wrong."""

    url: str = ""
    events: tuple[str, ...] = ()


@desk.get("/sites/<int:site_id>/endpoints")
def endpoint_list(site_id: int) -> str:
    """Show a site's endpoints."""
    return _list(site_id)


@desk.post("/sites/<int:site_id>/endpoints")
def add_endpoint(site_id: int) -> Response | tuple[str, int]:
    """Add an endpoint; what cannot be is refused and nothing is changed."""
    require_admin()
    form = _typed()
    try:
        flow.check(parts().outside, form.url)
        with parts().database.writing() as session:
            added = flow.add(session, site_of(session, site_id), form.url, form.events, now())
    except Refusal as error:
        return _list(site_id, form, language.refusal(error)), 400
    return redirect(url_for("desk.endpoint", endpoint_id=added.id, done="added"), 303)


@desk.get("/endpoints/<int:endpoint_id>")
def endpoint(endpoint_id: int) -> str:
    """Show one endpoint: how it fares and what it was told."""
    return _page(endpoint_id)


@desk.post("/endpoints/<int:endpoint_id>")
def save_endpoint(endpoint_id: int) -> Response | tuple[str, int]:
    """Save where an endpoint is and what it wants to hear of; what cannot be is refused and nothing is changed."""
    require_admin()
    form = _typed()
    try:
        flow.check(parts().outside, form.url)
        with parts().database.writing() as session:
            flow.change(_endpoint(session, endpoint_id), form.url, form.events)
    except Refusal as error:
        return _page(endpoint_id, form, language.refusal(error)), 400
    return _back(endpoint_id, "saved")


@desk.post("/endpoints/<int:endpoint_id>/pause")
def pause_endpoint(endpoint_id: int) -> Response:
    """Let what an endpoint is to be told wait."""
    return _do(endpoint_id, flow.pause, "paused")


@desk.post("/endpoints/<int:endpoint_id>/resume")
def resume_endpoint(endpoint_id: int) -> Response:
    """Go on telling an endpoint."""
    return _do(endpoint_id, flow.resume, "resumed")


@desk.post("/endpoints/<int:endpoint_id>/switch-on")
def switch_endpoint_on(endpoint_id: int) -> Response:
    """Switch an endpoint on again that was switched off because it only failed."""
    return _do(endpoint_id, flow.switch_on, "on")


@desk.post("/endpoints/<int:endpoint_id>/remove")
def remove_endpoint(endpoint_id: int) -> Response:
    """Forget an endpoint."""
    require_admin()
    with parts().database.writing() as session:
        removed = _endpoint(session, endpoint_id)
        site_id = removed.site_id
        flow.remove(session, removed)
    return redirect(url_for("desk.endpoint_list", site_id=site_id), 303)


@desk.post("/endpoints/<int:endpoint_id>/test")
def try_endpoint(endpoint_id: int) -> str:
    """Send a test message at once, and show what was answered."""
    require_admin()
    with parts().database.reading() as session:
        message = flow.trial_message(_endpoint(session, endpoint_id), now())
    return _page(endpoint_id, trial=flow.try_out(parts().outside, message))


@desk.post("/endpoints/<int:endpoint_id>/replay")
def replay_to_endpoint(endpoint_id: int) -> Response | tuple[str, int]:
    """Send again what was given up since a moment."""
    require_admin()
    try:
        since = _since()
        with parts().database.writing() as session:
            flow.replay_given_up(session, _endpoint(session, endpoint_id), since, now())
    except Refusal as error:
        return _page(endpoint_id, refused=language.refusal(error)), 400
    parts().wake()
    return _back(endpoint_id, "again")


def _do(endpoint_id: int, act: Callable[[EndpointRow], None], done: str) -> Response:
    require_admin()
    with parts().database.writing() as session:
        act(_endpoint(session, endpoint_id))
    parts().wake()
    return _back(endpoint_id, done)


def _back(endpoint_id: int, done: str) -> Response:
    return redirect(url_for("desk.endpoint", endpoint_id=endpoint_id, done=done), 303)


def _endpoint(session: Session, endpoint_id: int) -> EndpointRow:
    return endpoints.get(session, endpoint_id) or abort(404, _("There is no such endpoint."))


def _typed() -> Form:
    return Form(request.form.get("url", "").strip(), tuple(request.form.getlist("event")))


def _since() -> datetime | None:
    asked = request.form.get("since", "").strip()
    try:
        moment = datetime.fromisoformat(asked) if asked else None
    except ValueError as error:
        raise EndpointRefused(
            N_("'%(time)s' is no time. Write one like 2026-11-21T09:00."), time=typed(asked)
        ) from error
    return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _counts(session: Session, endpoint: EndpointRow) -> dict[JobStatus, int]:
    """Return how much waits for an endpoint, and how much was given up."""
    return {each: endpoints.count(session, endpoint, each) for each in (JobStatus.WAITING, JobStatus.GAVE_UP)}


def _list(site_id: int, form: Form | None = None, refused: str | None = None) -> str:
    form = form or Form(events=(Event.COMMENT_DECIDED,))
    with parts().database.reading() as session:
        site = site_of(session, site_id)
        counted = {each.id: _counts(session, each) for each in site.endpoints}
        return render_template(
            "endpoints.html", site=site, counts=counted, form=form, refused=refused, meanings=MEANINGS
        )


def _page(endpoint_id: int, form: Form | None = None, refused: str | None = None, trial: Trial | None = None) -> str:
    with parts().database.reading() as session:
        shown = _endpoint(session, endpoint_id)
        oldest = endpoints.given_up(session, shown, None, 1)
        return render_template(
            "endpoint.html",
            endpoint=shown,
            form=form or Form(shown.url, tuple(shown.events)),
            refused=refused,
            trial=trial,
            done=DONE.get(request.args.get("done", "")),
            counts=_counts(session, shown),
            given_up_since=oldest[0].created_at if oldest else None,
            log=endpoints.log(session, shown, request.args.get("before", type=int)),
            most=endpoints.LOGGED,
            meanings=MEANINGS,
            states=STATES,
            told=TOLD,
        )
