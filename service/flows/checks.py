"""A plugin asks whether a comment is spam, as Akismet's do: the comment has no number yet, and is asked about again.

What it reads like, who wrote it and where tell which comment is meant.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.comment import Comment, Status, text_hash
from service.flows import feedback, intake, review
from service.flows.intake import Assessment, Intake
from service.store import checks, comments, sites
from service.store.comments import Place, Said
from service.store.tables import CommentRow, Origin, Protocol, SiteRow

BY_AN_ADMINISTRATOR = "Written by an administrator of the blog."
LATEST = 50
"""Among so many of an author's last comments in a place the one that is meant is looked for."""

_TAG = re.compile(r"<[^<>]*>")
_PART = re.compile(r"""(?:[\w-]+=)?("[^"]*"|'[^']*'|[^\s"'<>]+)""")


@dataclass(frozen=True)
class Looked:
    """What was found before the transaction that stores a comment."""

    assessment: Assessment | None
    """None where it is known as it is."""
    after: int = 0
    """None of the author's comments up to this number is meant, and only later ones need to be looked at."""


def assess(session: Session, parts: Intake, site: SiteRow, comment: Comment, *, is_edit: bool = False) -> Looked:
    """Look whether a comment is known, and score it before it is stored if not."""
    said = _said_here(session, site, comment)
    if _find(session, site, comment, said) is not None:
        return Looked(None)
    edited = _edited(session, said, comment) if is_edit else None
    if edited:
        return Looked(intake.assess_edit(parts, edited, comment.text))
    after = said[0].number if said and not is_edit else 0
    return Looked(intake.assess(session, parts, site, comment), after)


def check(
    session: Session,
    parts: Intake,
    site: SiteRow,
    comment: Comment,
    guid: str,
    now: datetime,
    looked: Looked = Looked(None),
    *,
    is_edit: bool = False,
) -> CommentRow:
    """Take in a comment that is asked about, or find the one that is meant, and remember the number of the answer."""
    if site.akismet_key is None:
        comment = replace(comment, callback=None)  # whoever shows another key could not be shown it in turn
    said = _said_here(session, site, comment, looked.after)
    known = _find(session, site, comment, said)
    edited = _edited(session, said, comment) if is_edit and known is None else None
    meant = known or edited
    row = comments.locked(session, meant.id) if meant else None
    if row is None:
        row = intake.receive(session, parts, site, comment, now, looked.assessment, Protocol.AKISMET).comment
    elif edited:
        intake.edit(session, parts, row, comment.text, now, looked.assessment)
    if row.protocol is Protocol.AKISMET and comment.callback not in (None, row.callback_url):
        row.callback_url = comment.callback
    checks.add(session, row, guid, now)
    return row


def trust(session: Session, row: CommentRow, now: datetime) -> None:
    """Let a comment pass that an administrator of the blog wrote, unless a person has decided about it."""
    if row.status is not Status.APPROVED and row.decision.origin is Origin.POLICY:
        review.decided_by_site(session, row, Status.APPROVED, now, BY_AN_ADMINISTRATOR)


def report(session: Session, site: SiteRow, comment: Comment, status: Status, now: datetime) -> CommentRow | None:
    """Let the site decide about the comment that it means; of one that is not known its text is kept, as feedback."""
    found = find(session, site, comment) or _read_alike(session, _said_anywhere(session, site, comment), comment)
    row = comments.locked(session, found.id) if found else None
    if row is None:
        feedback.suggest(session, site, comment.text, {"SPAM": 1.0 if status is Status.SPAM else 0.0}, {}, now)
        return None
    review.decided_by_site(session, row, status, now)
    return row


def remember_key(site: SiteRow, key: str) -> None:
    """Keep the key that a plugin shows, since we have to show it the same when we tell it of a decision."""
    if is_new_key(site, key):
        site.akismet_key = key


def is_new_key(site: SiteRow, key: str) -> bool:
    """Whether a key is a site's Akismet key, and we have not kept it yet."""
    return site.akismet_key != key and sites.key_hash(key) == site.akismet_key_hash


def find(session: Session, site: SiteRow, comment: Comment) -> CommentRow | None:
    """Return the comment of ours that is meant: by the same author, in the same place, with the same words."""
    return _find(session, site, comment, _said_here(session, site, comment))


def _find(session: Session, site: SiteRow, comment: Comment, said: Sequence[Said]) -> CommentRow | None:
    return comments.find(session, site, comment.key) or _read_alike(session, said, comment)


def _edited(session: Session, said: Sequence[Said], comment: Comment) -> CommentRow | None:
    """Return the comment that was edited: the author's only one in that place, or the only one of that moment."""
    of_moment = [each for each in said if each.created_at == comment.created_at]
    meant = next((found[0] for found in (of_moment, said) if len(found) == 1), None)
    return session.get(CommentRow, meant.number) if meant else None


def _said_here(session: Session, site: SiteRow, comment: Comment, after: int = 0) -> Sequence[Said]:
    place = Place(comment.thread_url, comment.parent_id)
    return comments.said_by(session, site, comment.author, Protocol.AKISMET, LATEST, place=place, after=after)


def _said_anywhere(session: Session, site: SiteRow, comment: Comment) -> Sequence[Said]:
    return comments.said_by(session, site, comment.author, Protocol.AKISMET, LATEST)


def _read_alike(session: Session, said: Sequence[Said], comment: Comment) -> CommentRow | None:
    """Return the last that says the same, now or before what is private was taken out of it here.

    A blog takes addresses out of a text when it stores it, and never puts one in: who does has written something else.
    """
    words, addresses, hashed = _words(comment.text), _addresses(comment.text), text_hash(comment.text)
    for each in said:
        if hashed in each.hashes or (_words(each.text) == words and addresses <= _addresses(each.text)):
            return session.get(CommentRow, each.number)
    return None


def _addresses(text: str) -> set[str]:
    """Return what in a text's markup could lead somewhere, whatever it is called there and however it is quoted."""
    parts = [part.strip("\"'/") for tag in _TAG.findall(text) for part in _PART.findall(html.unescape(tag))]
    return {part for part in parts if not {"/", ":", "."}.isdisjoint(part)}


def _words(text: str) -> str:
    """Return a text without what a blog changes when it stores it: its markup, escapes and spaces."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())
