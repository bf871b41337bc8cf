"""Who knocks: a site with its key, or a person with a session."""

import base64
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from flask import Blueprint, Flask, g, redirect, render_template, request, session, url_for
from limits import RateLimitItem, parse
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from service.domain.wording import N_
from service.flows import people
from service.store import sites, users
from service.store.tables import Role, SiteRow, UserRow, find
from service.web.errors import Refused
from service.web.parts import parts

SESSION_LIFETIME = timedelta(days=7)

# Enough for somebody who has forgotten which password it was; far too few to guess one. By name and address together,
# so that nobody can lock a moderator out from elsewhere, and loosely by name, for whoever has many addresses.
SIGN_INS = parse("10/5minutes")
SIGN_INS_PER_ADDRESS = parse("50/5minutes")
SIGN_INS_PER_NAME = parse("200/5minutes")

# Akismet's keys have twelve characters, of 36 each: at this rate, some millions of millions of years.
WRONG_KEYS = parse("300/5minutes")

_NOBODYS = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()

LOOKING = ("GET", "HEAD", "OPTIONS")
OWN_ACCOUNT = ("desk.password", "desk.logout", "desk.save_me", "desk.save_folding")
"""What everybody who is signed in may do."""

auth = Blueprint("auth", __name__)


def require_site() -> None:
    """Let a request pass that carries a site's key, and no more of them than the site may make."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Refused(401, "no_key", "Send the site's key as `Authorization: Bearer <api_key>`.")
    if not admit(key):
        raise Refused(
            401, "wrong_key", "No site has this key. `python -m service site renew URL` gives a site new keys."
        )


def admit(key: str | None) -> bool:
    """Whether a key opens a site, wherever a protocol carries it; then `site_in` returns that site.

    Counts the call; raises Refused where the site has made too many, or the caller has tried too many keys.
    """
    if not key or not key.strip():
        return False
    with parts().database.reading() as database:
        site = sites.by_key(database, key.strip())
    if site is None:
        too_many = N_("No more than %(count)s attempts in %(minutes)s minutes are taken. Wait and try again.")
        _limit(too_many, WRONG_KEYS, "wrong key", request.remote_addr or "")
        return False
    admit_site(site)
    return True


def admit_site(site: SiteRow) -> None:
    """Let a site pass that has shown who it is; counts the call, and raises Refused where there were too many."""
    g.site = site
    _limit(
        "No more calls of a site than %(rate)s are taken. Wait and try again.", parts().site_rate, "site", str(site.id)
    )


def admit_signed(
    site_number: int, header: str, secrets_of: Callable[[SiteRow], Sequence[str]], is_by: Callable[[str], bool]
) -> None:
    """Let a request pass that is signed with a secret of the site that it names; then `site_in` returns that site.

    Raises Refused where no secret of such a site made the signature, or the site has made too many calls. Whoever has
    no secret does not learn which sites there are: for one that is not there, a secret that nobody has is tried.
    """
    if header not in request.headers:
        raise Refused(401, "no_signature", f"Sign the body with the site's secret, and send the header {header}.")
    with parts().database.reading() as database:
        site = find(database, SiteRow, site_number)
    is_right = any(is_by(secret) for secret in (secrets_of(site) if site else [_NOBODYS]))
    if site is None or not is_right:
        raise Refused(
            401,
            "wrong_signature",
            "No secret of a site of this number made this signature, or it is not of these five minutes. "
            "`python -m service site list` has the numbers, `site renew URL --secrets` gives a site new secrets.",
        )
    admit_site(site)


def site_in(database: Session) -> SiteRow:
    """Return the site that makes this request, in a transaction."""
    site = database.get(SiteRow, g.site.id)
    if site is None:
        raise Refused(401, "wrong_key", "The site was removed just now.")
    return site


def admitted() -> SiteRow:
    """Return the site that makes this request as it was when it was let in, outside of any transaction.

    For what changes nothing; its rules and endpoints are not known of it.
    """
    site: SiteRow = g.site
    return site


def user_in(database: Session) -> UserRow:
    """Return the person who makes this request, in a transaction."""
    user = users.get(database, g.user.id)
    if user is None:
        raise Refused(403, "gone", N_("Your account was removed just now."))
    return user


def require_person() -> Response | None:
    """Let a request pass that a signed-in person makes; viewers only look. The one guard of all moderator pages."""
    user = _signed_in()
    if user is None:
        return _ask_to_sign_in()
    g.user = user
    if user.must_change_password and request.endpoint not in OWN_ACCOUNT:
        return _ask_for_a_password()
    if request.method not in LOOKING and user.role is Role.VIEWER and request.endpoint not in OWN_ACCOUNT:
        raise Refused(
            403,
            "viewer",
            N_("%(name)s may look but not decide; `python -m service user role` changes that."),
            name=user.name,
        )
    return None


def notice_person() -> None:
    """Remember who is signed in, on a page that is open to everybody."""
    user = _signed_in()
    if user:
        g.user = user


def require_admin() -> None:
    """Let only admins pass."""
    if g.user.role is not Role.ADMIN:
        raise Refused(403, "not_admin", N_("Only an admin may do this."))


@auth.route("/login", methods=["GET", "POST"])
def login() -> str | Response | tuple[str, int]:
    """Sign in with name and password."""
    if request.method == "GET":
        return render_template("login.html")
    name, password = request.form.get("name", ""), request.form.get("password", "")
    slow_down(name)
    with parts().database.reading() as database:
        user = people.recognise(database, name.strip(), password)
    if user is None:
        return render_template("login.html", name=name, refused=True), 401
    sign_in(user)
    return redirect(_next_page())


def sign_in(user: UserRow) -> None:
    """Start a session; what an older one held is forgotten."""
    session.clear()
    session.permanent = True
    session["user"], session["stamp"] = user.id, user.session_stamp


def init_app(app: Flask) -> None:
    """Join sessions to an application."""
    app.permanent_session_lifetime = SESSION_LIFETIME
    app.register_blueprint(auth)


def _signed_in() -> UserRow | None:
    if "user" not in session:
        return None
    with parts().database.reading() as database:
        user = users.get(database, session["user"])
    return user if user and user.session_stamp == session.get("stamp") else None


def _ask_to_sign_in() -> Response:
    if request.path.startswith("/api/"):
        raise Refused(401, "not_signed_in", N_("Sign in at /login first."))
    wanted = request.full_path if request.method == "GET" else None
    return redirect(url_for("auth.login", next=wanted))


def _ask_for_a_password() -> Response:
    if request.path.startswith("/api/"):
        raise Refused(403, "must_change_password", N_("Choose your own password at /password first."))
    return redirect(url_for("desk.password"))


def _next_page() -> str:
    """Return the page that was asked for before signing in: a path of ours, never another site's address."""
    wanted = request.args.get("next", "")
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_ours else url_for("desk.queue")


def slow_down(name: str) -> None:
    """Count an attempt to give a name's password; raise Refused where there were too many."""
    name, address = name.strip().casefold()[:100], request.remote_addr or ""
    too_many = N_("No more than %(count)s attempts in %(minutes)s minutes are taken. Wait and try again.")
    _limit(too_many, SIGN_INS, "sign in", name, address)
    _limit(too_many, SIGN_INS_PER_ADDRESS, "sign in from", address)
    _limit(too_many, SIGN_INS_PER_NAME, "sign in as", name)


def _limit(too_many: str, rate: RateLimitItem, *who: str) -> None:
    """Count one more; raise Refused, with the time to wait, where that is too many."""
    limiter = parts().limiter
    if not limiter.hit(rate, *who):
        wait = limiter.get_window_stats(rate, *who).reset_time - time.time()
        minutes = rate.get_expiry() // 60
        raise Refused(429, "too_many", too_many, retry_after=wait, rate=rate, count=rate.amount, minutes=minutes)
