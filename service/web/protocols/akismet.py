"""Akismet's REST API, as its WordPress plugin and its client libraries speak it."""

import json
import re
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from service.domain.comment import Author, Comment, Reading, Status
from service.domain.policy import decide
from service.flows import checks, intake
from service.flows.blogs import SiteRefused, checked_url
from service.store import checks as answered
from service.store import sites
from service.store.checks import Month, Tally
from service.store.tables import CommentRow, Origin, Protocol, SiteRow
from service.web.auth import admit, admitted, site_in
from service.web.openapi import LARGEST_BODY
from service.web.parts import now, parts
from service.web.protocols.failures import failure_of

SPAM, HAM, INVALID = "true", "false", "invalid"
UNKNOWN = 401

RESULT_OF = {
    Status.APPROVED: HAM,
    Status.SPAM: SPAM,
    Status.REJECTED: SPAM,
}
"""What stands for each status. What is held has no word of its own: see `write_held`."""

PENDING = "pending"
"""Neither of the two words: a WordPress plugin lets the comment wait, and asks again every twenty minutes."""

RECHECK_SECONDS = 604_800
"""A week, in which a decision is told by itself; the plugin waits for it twice as long."""

THANKS = "Thanks for making the web a better place."
SPAM_AUTHORS = ("viagra-test-123", "akismet-guaranteed-spam")
SPAM_EMAIL = "akismet-guaranteed-spam@example.com"
ADMINISTRATOR = "administrator"

LONGEST_TEXT = 65_535
"""As long as WordPress keeps them: one that is refused would be asked about again and again."""
LONGEST_NAME = 255
LONGEST_LINE = 2000
MOST_FIELDS = 1000
MOST_SITES = 500

_HOST_KEY = re.compile(r"[a-z0-9]{12}")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_SLASHED = re.compile(r"""\\(['"\\])""")
_BARE = re.compile(r"""['"\\]""")
_YES = ("1", "true")
_BOTH = ["GET", "POST"]
_STATS_SINCE = {"60-days": timedelta(days=60), "6-months": timedelta(days=183)}

door = Blueprint("akismet", __name__)


class Problem(Exception):
    """A request that the protocol itself has words for; the text says which field is wrong."""


@dataclass(frozen=True)
class Asked:
    """A comment that is asked about, and what is asked of it beside."""

    comment: Comment
    is_test: bool = False
    is_edit: bool = False
    is_again: bool = False
    """Whether WordPress asks for one that it has already."""
    is_trusted: bool = False
    """Whether an administrator wrote it."""
    is_spam_for_sure: bool = False
    """Whether it is written only to be called spam: Akismet's own test."""
    tests_discard: bool = False


# What comes in.


def read_fields() -> dict[str, str]:
    """Return the fields of a request, whatever its content type says; raise Problem where they are no form."""
    raw = request.get_data(cache=True)
    if len(raw) > LARGEST_BODY:
        raise RequestEntityTooLarge
    try:
        # As Latin-1, in which every byte is a character: what they mean is for each value to say.
        sent = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_FIELDS, encoding="latin-1")
    except ValueError:
        raise Problem(f"The request has more than {MOST_FIELDS} fields.") from None
    fields = {**request.args.to_dict(), **{_decoded(name): _decoded(value) for name, value in sent}}
    is_slashed = _is_wordpress() and not fields.get("recheck_reason")
    return {name: _unslashed(value) for name, value in fields.items()} if is_slashed else fields


def read_key(fields: Mapping[str, str]) -> str | None:
    """Return the key, which some send in one field, some in the other, and some in the name of the host alone."""
    key = fields.get("api_key") or fields.get("key")
    if key:
        return key.strip()
    label = request.host.partition(".")[0].lower()
    return label if _HOST_KEY.fullmatch(label) else None


def read_comment(fields: Mapping[str, str], site: SiteRow) -> Asked:
    """Return the comment that is asked about: of all that is sent, what we have a use for, and no more."""
    for name in ("blog", "user_ip", "comment_content"):
        # A blog that keeps no addresses sends an empty one.
        if name not in fields or (not fields[name].strip() and name != "user_ip"):
            raise Problem(f"Missing required field: {name}.")
    text = fields["comment_content"]
    if len(text) > LONGEST_TEXT:
        raise Problem(f'"comment_content" has {len(text):,} characters; at most {LONGEST_TEXT:,} are read.')
    author = Author(
        name=_line(fields, "comment_author", LONGEST_NAME),
        email=_line(fields, "comment_author_email", LONGEST_NAME),
        url=_line(fields, "comment_author_url", LONGEST_LINE),
        ip=_line(fields, "user_ip", LONGEST_NAME),
        role=_line(fields, "user_role", LONGEST_NAME),
    )
    comment = Comment(
        text=text,
        thread_url=_thread(fields, site),
        parent_id=_parent(fields),
        author=author,
        created_at=_moment(fields.get("comment_date_gmt", "")),
        callback=_callback(fields, site),
    )
    reason = fields.get("recheck_reason", "")
    return Asked(
        comment,
        is_test=fields.get("is_test", "").lower() in _YES,
        is_edit=reason == "edit",
        is_again=bool(reason) and reason != "edit",
        is_trusted=ADMINISTRATOR in [each.strip() for each in (author.role or "").split(",")],
        is_spam_for_sure=_is_spam_for_sure(fields),
        tests_discard=fields.get("test_discard", "").lower() in _YES,
    )


def _is_spam_for_sure(fields: Mapping[str, str]) -> bool:
    return fields.get("comment_author") in SPAM_AUTHORS or fields.get("comment_author_email") == SPAM_EMAIL


def _decoded(value: str) -> str:
    """Return a name or a value as text; what is no UTF-8 comes from an old blog of the Western code page."""
    raw = value.encode("latin-1")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _unslashed(value: str) -> str:
    """Return a value without the backslashes that WordPress puts before every quote and backslash at first.

    A plugin that asks again sends none; a value in which a quote or a backslash stands bare was never given any.
    """
    return value if _BARE.search(_SLASHED.sub("", value)) else _SLASHED.sub(r"\1", value)


def _is_wordpress() -> bool:
    return request.headers.get("User-Agent", "").startswith("WordPress/")


def _line(fields: Mapping[str, str], name: str, longest: int) -> str | None:
    return fields.get(name, "").strip()[:longest] or None


def _thread(fields: Mapping[str, str], site: SiteRow) -> str:
    """Return the post's address, else the blog's own: a library may send neither."""
    for name in ("permalink", "blog"):
        try:
            return checked_url(fields.get(name, ""))
        except SiteRefused:
            continue
    return site.url


def _parent(fields: Mapping[str, str]) -> str | None:
    parent = _line(fields, "comment_parent", LONGEST_NAME)
    return None if parent == "0" else parent


def _moment(sent: str) -> datetime | None:
    """Return when a comment was written; None where that is not said, or in no way that can be read."""
    try:
        moment = datetime.fromisoformat(sent.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _callback(fields: Mapping[str, str], site: SiteRow) -> str | None:
    """Return where the plugin wants to hear of decisions: on the site's own host and nowhere else."""
    try:
        url = checked_url(fields.get("callback", ""))
        asked, own = urlsplit(url), urlsplit(site.url)
        is_own = (asked.hostname, asked.port) == (own.hostname, own.port) and "@" not in asked.netloc
    except (SiteRefused, ValueError):
        return None
    return url if is_own else None


# What goes out.


def write_text(text: str, **headers: str) -> Response:
    """Return an answer in the words that clients compare it with: no line end, and always a number."""
    response = Response(text, mimetype="text/plain")
    for name, value in headers.items():
        response.headers[f"X-akismet-{name.replace('_', '-')}"] = value
    return response


def write_json(found: object) -> Response:
    """Return an answer in JSON."""
    return Response(json.dumps(found, separators=(",", ":")), mimetype="application/json")


def write_invalid() -> Response:
    """Answer a key that opens nothing."""
    return write_text(INVALID, debug_help="No site has this key.")


def write_check(row: CommentRow, asked: Asked) -> Response:
    """Answer where a comment stands."""
    if asked.is_trusted:
        return write_text(HAM)
    if row.status is Status.HELD:
        return write_held(asked, can_be_told=row.protocol is Protocol.AKISMET and row.callback_url is not None)
    if row.status is Status.REJECTED and row.decision.origin is Origin.POLICY:
        return write_text(SPAM, pro_tip="discard")
    return write_text(RESULT_OF.get(row.status, SPAM))


def write_held(asked: Asked, *, can_be_told: bool) -> Response:
    """Answer that a person has to look, in whichever way keeps this client from publishing the comment until then.

    A plugin with an address to be told at waits for us. An older one of WordPress, or one that asks again, lets wait
    what gets neither word, and asks again. Everybody else knows two words, and one of them publishes.
    """
    if can_be_told and not asked.is_again:
        return write_text(HAM, recheck_after=str(RECHECK_SECONDS))
    if _is_wordpress():
        return write_text(PENDING)
    return write_text(SPAM)


def write_stats(months: Mapping[Month, Tally]) -> Response:
    """Return how a site's checks went, month by month and in all."""
    total = _sum(months.values())
    seen = total.spam + total.ham
    wrong = min(seen, total.missed_spam + total.false_positives)
    found = {**_counts(total), "accuracy": round(100 * (seen - wrong) / seen, 2) if seen else 100, "time_saved": 0}
    found["breakdown"] = {_name_of(month): _counts(tally) for month, tally in sorted(months.items())}
    return write_json(found)


def write_sites(listed: list[dict[str, Any]], month: str, limit: int, offset: int, total: int) -> Response:
    """Return the sites of a key in JSON."""
    return write_json({month: listed, "limit": limit, "offset": offset, "total": total})


def write_sites_csv(listed: list[dict[str, Any]], month: str, limit: int, offset: int, total: int) -> Response:
    """Return the sites of a key as lines; the key itself is not said again."""
    lines = [f"Active sites during {month} (limit:{limit}, offset: {offset}, total: {total})"]
    lines.append("Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked")
    lines += [",".join(value or "false" for value in each.values()) for each in listed]
    return Response("\n".join(lines) + "\n", mimetype="text/csv")


def _counts(tally: Tally) -> dict[str, Any]:
    return {
        "spam": tally.spam,
        "ham": tally.ham,
        "missed_spam": tally.missed_spam,
        "false_positives": tally.false_positives,
    }


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for each in tallies:
        for name, value in vars(each).items():
            setattr(total, name, getattr(total, name) + value)
    return total


def _name_of(month: Month) -> str:
    return f"{month[0]:04d}-{month[1]:02d}"


# Where they meet.


@door.route("/1.1/verify-key/", methods=_BOTH, strict_slashes=False)
def verify_key() -> Response:
    """Say whether a key opens a site."""
    fields = read_fields()
    key = read_key(fields)
    if not key or not admit(key):
        return write_invalid()
    _remember(key)
    return write_text("valid")


@door.route("/1.1/comment-check/", methods=_BOTH, strict_slashes=False)
def comment_check() -> Response:
    """Say whether a comment is spam, or waits for a person."""
    fields = read_fields()
    key = read_key(fields)
    if not key or not admit(key):
        return write_invalid()
    with parts().database.reading() as session:
        asked = read_comment(fields, admitted())
        if asked.is_test or asked.is_spam_for_sure:
            return _tested(session, asked)
        found = checks.assess(session, parts().intake, admitted(), asked.comment, is_edit=asked.is_edit)
    guid = new_guid()

    def work(session: Session) -> Response:
        site = site_in(session)
        checks.remember_key(site, key)
        row = checks.check(session, parts().intake, site, asked.comment, guid, now(), found, is_edit=asked.is_edit)
        if asked.is_trusted:
            checks.trust(session, row, now())
        return write_check(row, asked)

    answer = parts().database.write(work)
    answer.headers["X-akismet-guid"] = guid
    return answer


@door.route("/1.1/submit-spam/", methods=_BOTH, strict_slashes=False)
def submit_spam() -> Response:
    """Take the blog's word that a comment is spam."""
    return _submitted(Status.SPAM)


@door.route("/1.1/submit-ham/", methods=_BOTH, strict_slashes=False)
def submit_ham() -> Response:
    """Take the blog's word that a comment is none."""
    return _submitted(Status.APPROVED)


@door.route("/1.1/get-subscription/", methods=_BOTH, strict_slashes=False)
def get_subscription() -> Response:
    """Say that the site may use this: the plugin's page keeps no key without it."""
    if not admit(read_key(read_fields())):
        return write_invalid()
    with parts().database.reading() as session:
        site = site_in(session)
        found = {"account_id": site.id, "status": "active", "account_name": site.name}
    return write_json({**found, "account_type": "undertone", "next_billing_date": False})


@door.route("/1.1/get-stats/", methods=_BOTH, strict_slashes=False)
def get_stats() -> Response:
    """Say how the site's checks went."""
    fields = read_fields()
    if not admit(read_key(fields)):
        return write_invalid()
    with parts().database.reading() as session:
        site = site_in(session)
        back = _STATS_SINCE.get(fields.get("from", ""))
        return write_stats(answered.tallies(session, site, now() - back if back else site.created_at))


@door.route("/1.1/token/", methods=_BOTH, strict_slashes=False)
def token() -> Response:
    """Give a token that opens nothing here: the plugin asks for one to show Akismet's own pages."""
    return write_text(secrets.token_hex(16)) if admit(read_key(read_fields())) else write_invalid()


@door.route("/1.1/deactivate/", methods=_BOTH, strict_slashes=False)
def deactivate() -> Response:
    """Hear that the plugin was switched off; the site and its comments stay."""
    return write_text("deactivated") if admit(read_key(read_fields())) else write_invalid()


@door.route("/1.1/test/", methods=_BOTH, strict_slashes=False)
def test() -> Response:
    """Say that we are here."""
    return write_text("connected")


@door.route("/1.2/key-sites/", methods=_BOTH, strict_slashes=False)
def key_sites() -> Response:
    """List the sites of a key, which is one, with how a month's checks went."""
    fields = read_fields()
    if not admit(read_key(fields)):
        return write_invalid()
    month = _month(fields.get("month", ""))
    limit, offset = _count(fields, "limit", MOST_SITES), _count(fields, "offset", 0)
    with parts().database.reading() as session:
        site = site_in(session)
        tally = answered.tallies(session, site, datetime(*month, 1, tzinfo=UTC)).get(month, Tally())
        counts = {name: str(value) for name, value in _counts(tally).items()}
        every = [{"site": site.url, "api_calls": str(tally.calls), **counts, "is_revoked": False}]
    every = [each for each in every if fields.get("filter", "").lower() in str(each["site"])]
    write = write_sites_csv if fields.get("format") == "csv" else write_sites
    return write(every[offset : offset + limit], _name_of(month), limit, offset, len(every))


@door.route("/1.2/usage-limit/", methods=_BOTH, strict_slashes=False)
def usage_limit() -> Response:
    """Say how many calls the site has made this month; there is no limit to them but the rate."""
    fields = read_fields()
    if not admit(read_key(fields)):
        return write_invalid()
    month = _month("")
    with parts().database.reading() as session:
        found = answered.tallies(session, site_in(session), datetime(*month, 1, tzinfo=UTC))
    limit: dict[str, Any] = {"limit": "none", "usage": found.get(month, Tally()).calls}
    limit |= {"percentage": "0.00", "throttled": False}
    if fields.get("extended", "").lower() in _YES:
        limit |= {"notice_level": "NOTICE_NONE", "upgrade": False}
    return write_json(limit)


@door.after_app_request
def number(answer: Response) -> Response:
    """Give every answer a number, errors too: without one a current WordPress plugin publishes whatever we say."""
    if request.path.startswith(("/1.1/", "/1.2/")):
        answer.headers.setdefault("X-akismet-guid", new_guid())
    return answer


@door.errorhandler(Problem)
def on_problem(error: Problem) -> Response:
    """Answer what a comment lacks, in the protocol's way: with 200, in words."""
    return write_text(str(error), debug_help=str(error))


@door.errorhandler(Exception)
def on_failure(error: Exception) -> Response:
    """Answer whatever else goes wrong: in neither of the two words, so that the plugin lets wait and asks again.

    Of a site that was removed just now, what is said of any key that opens nothing.
    """
    failure = failure_of(error)
    said = " ".join(failure.message.split()).encode("ascii", "replace").decode()  # it goes into a header
    answer = write_text(INVALID if failure.status == UNKNOWN else said, debug_help=said)
    answer.status_code = failure.status
    if failure.retry_after:
        answer.headers["Retry-After"] = str(failure.retry_after)
    return answer


def new_guid() -> str:
    """Return a number for an answer."""
    return uuid.uuid4().hex


def _tested(session: Session, asked: Asked) -> Response:
    """Answer a test, of which nothing is stored."""
    if asked.is_trusted:
        return write_text(HAM)
    if asked.is_spam_for_sure:
        return write_text(SPAM, **({"pro_tip": "discard"} if asked.is_test and asked.tests_discard else {}))
    site = site_in(session)
    [scores] = intake.score(parts().intake.shelf, site, [Reading(asked.comment.text)])
    verdict = decide(scores, sites.rules_of(site), site.otherwise)
    if verdict.status is Status.HELD:
        return write_held(asked, can_be_told=False)
    tip = {"pro_tip": "discard"} if verdict.status is Status.REJECTED else {}
    return write_text(RESULT_OF[verdict.status], **tip)


def _submitted(status: Status) -> Response:
    fields = read_fields()
    if not admit(read_key(fields)):
        return write_invalid()
    with parts().database.reading() as session:
        asked = read_comment(fields, site_in(session))
    if not asked.is_test:
        parts().database.write(lambda session: checks.report(session, site_in(session), asked.comment, status, now()))
    return write_text(THANKS)


def _remember(key: str) -> None:
    """Keep a plugin's key where it is new to us."""
    with parts().database.reading() as session:
        is_new = checks.is_new_key(site_in(session), key)
    if is_new:
        parts().database.write(lambda session: checks.remember_key(site_in(session), key))


def _month(sent: str) -> Month:
    """Return the month that is asked for, else this one."""
    found = _MONTH.fullmatch(sent)
    if found and int(found[1]):
        return int(found[1]), int(found[2])
    return now().year, now().month


def _count(fields: Mapping[str, str], name: str, otherwise: int) -> int:
    sent = fields.get(name, "")
    return min(int(sent), MOST_SITES) if sent.isascii() and sent.isdigit() and len(sent) < 9 else otherwise  # noqa: PLR2004
