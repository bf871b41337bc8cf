"""The moderators' desk: one blueprint, one guard, all pages behind it."""

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

from service.domain.wording import N_
from service.flows import people
from service.store import comments, jobs
from service.store.tables import JobStatus
from service.web import auth
from service.web.language import refusal
from service.web.parts import parts

desk = Blueprint("desk", __name__)
desk.before_request(auth.require_person)


@desk.app_context_processor
def around() -> dict[str, object]:
    """Give every page what stands around it: who is signed in, how much waits, what could not be delivered."""
    if "user" not in g:
        return {}
    return {"user": g.user, **_counts()}


def _counts() -> dict[str, int]:
    try:
        with parts().database.reading() as database:
            held, undelivered = comments.count_held(database), jobs.count(database, JobStatus.GAVE_UP)
    except DBAPIError:
        return {}  # the page that says so must not fail for the same reason
    return {"held_count": held, "undelivered_count": undelivered}


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
