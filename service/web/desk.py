"""The moderators' desk: one blueprint, one guard, all pages behind it."""

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from service.domain.preferences import GO, KEYS, Preferences
from service.domain.wording import N_
from service.flows import people
from service.store import endpoints, jobs, lists, sites
from service.store.tables import JobStatus, SiteRow, find
from service.store.users import preferences_of
from service.web import auth
from service.web.language import gettext as _
from service.web.language import refusal
from service.web.parts import now, parts
from service.web.script import for_script

desk = Blueprint("desk", __name__)
desk.before_request(auth.require_person)


def site_of(session: Session, number: int | str) -> SiteRow:
    """Return the site of a number, as an address or a form has it; answer 404 where there is none."""
    text = str(number)
    found = find(session, SiteRow, int(text[:20])) if text.isascii() and text.isdigit() else None
    return found or abort(404, _("There is no such site."))


@desk.app_context_processor
def around() -> dict[str, object]:
    """Give every page what stands around it: who is signed in and what they chose, what waits, what went wrong."""
    if "user" not in g:
        return {}
    chosen = preferences_of(g.user)
    return {
        "user": g.user,
        "choices": chosen,
        "keys": KEYS,
        "go": GO,
        "kbd": _kbd(chosen),
        "shortcut": _shortcuts(chosen),
        "at": _addresses(),
        **_from_the_database(chosen),
    }


def _kbd(chosen: Preferences) -> dict[str | int, Markup]:
    """Return what shows each key on a button, ready: a list of comments has hundreds of buttons."""
    if not chosen.keys_are_on:
        return {}
    shown: list[tuple[str | int, str]] = [*chosen.keymap.items(), *((digit, str(digit)) for digit in range(1, 10))]
    return {what: Markup(' <kbd aria-hidden="true">{}</kbd>').format(key) for what, key in shown}


def _shortcuts(chosen: Preferences) -> dict[str, Markup]:
    if not chosen.keys_are_on:
        return {}
    return {action: Markup(' aria-keyshortcuts="{}"').format(key) for action, key in chosen.keymap.items()}


def _addresses() -> dict[str, str]:
    """Return where addresses with a number begin, ready likewise."""
    return {
        "comment": url_for("desk.comment", comment_id=0).removesuffix("0"),
        "thread": url_for("desk.thread", thread_id=0).removesuffix("0"),
        "decision": url_for("desk.undo", decision_id=0).removesuffix("0/undo"),
    }


def count(database: Session, view: lists.View, wanted: lists.Filter, moment: datetime) -> int:
    """Return how many comments a list has, once for a page: what stands above the list is what its menu says."""
    counted: dict[tuple[lists.View, lists.Filter], int] = g.setdefault("counted", {})
    if (view, wanted) not in counted:
        counted[view, wanted] = lists.count(database, view, wanted, moment)
    return counted[view, wanted]


def _from_the_database(chosen: Preferences) -> dict[str, object]:
    try:
        with parts().database.reading() as database:
            moment, any_of_them = now(), lists.Filter()
            return {
                "held_count": count(database, lists.View.HELD, any_of_them, moment),
                "escalated_count": count(database, lists.View.ESCALATED, any_of_them, moment),
                "undelivered_count": jobs.count(database, JobStatus.GAVE_UP),
                "switched_off": endpoints.disabled(database),
                "script": for_script(g.user, chosen, sites.all_of_them(database)),
            }
    except DBAPIError:
        return {}  # the page that says so must not fail for the same reason


def back_to_queue(**more: object) -> str:
    """Return the address of the list in which a form stood, with more to be said above it."""
    queue, asked = url_for("desk.queue"), request.form.get("back", "")
    path, _mark, query = asked.partition("?")
    # Put together here: `url_for` has names of its own, and an address may say anything.
    kept = [(name, value) for name, value in parse_qsl(query) if name != "done"] if path == queue else []
    said = urlencode([*kept, *more.items()], errors="replace")
    return f"{queue}?{said}" if said else queue


@desk.get("/")
def home() -> Response:
    """Go to the queue."""
    return redirect(url_for("desk.queue"))


@desk.post("/logout")
def logout() -> Response:
    """Sign out, everywhere: a cookie that was copied is of no use any more."""
    with parts().database.writing() as database:
        people.sign_out(auth.user_in(database))
    session.clear()
    return redirect(url_for("auth.login"))


@desk.route("/password", methods=["GET", "POST"])
def password() -> str | Response | tuple[str, int]:
    """Change one's own password."""
    if request.method == "GET":
        return render_template("password.html")
    auth.slow_down(g.user.name)
    try:
        # The old one is asked for, so that a desk left open is no way to take an account over. Before the writing
        # begins, since to check a password takes its time.
        with parts().database.reading() as database:
            if people.recognise(database, g.user.name, request.form.get("old", "")) is None:
                raise people.AccountRefused(N_("The present password is not right."))
        chosen = _chosen()
        with parts().database.writing() as database:
            user = auth.user_in(database)
            people.change_password(user, chosen)
    except people.AccountRefused as error:
        return render_template("password.html", refused=refusal(error)), 400
    auth.sign_in(user)
    return redirect(url_for("desk.queue"))


def _chosen() -> str:
    new = request.form.get("new", "")
    if new != request.form.get("again"):
        raise people.AccountRefused(N_("The two new passwords differ. Type the same one twice."))
    if new == request.form.get("old"):
        raise people.AccountRefused(N_("The new password is the present one. Choose another."))
    return new
