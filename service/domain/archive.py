"""An archive: what a blog's discussion was before it came here, comment by comment."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from service.domain.comment import Author, Comment, Status
from service.domain.wording import Refusal, typed

LONGEST_TEXT = 65_536
"""Characters; a column of WordPress's holds no more bytes."""
LONGEST_NAME = 255
LONGEST_URL = 2000


class Format(enum.StrEnum):
    """What archives are written in."""

    WORDPRESS = "wordpress"
    DISQUS = "disqus"
    ISSO = "isso"
    JSONL = "jsonl"
    CSV = "csv"


class ArchiveRefused(Refusal):
    """An archive that cannot be read, or not any further; the text says what was expected and what came."""


@dataclass(frozen=True)
class Earlier:
    """What was decided about a comment where it was before, when, and by whom or why."""

    status: Status
    at: datetime | None = None
    reason: str | None = None
    labels: tuple[str, ...] | None = None
    """As a person corrected them."""


@dataclass(frozen=True)
class Record:
    """A comment of an archive, and what had become of it, in that order; nothing, where it still waited."""

    comment: Comment
    place: str
    """Where it stands in the file, in words."""
    earlier: tuple[Earlier, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether it had been decided there: it needs nobody's look here."""
        return bool(self.earlier) and self.earlier[-1].status.is_final


@dataclass(frozen=True)
class Refused:
    """What stands in an archive and is not taken in, and why; the detail is of this one alone."""

    place: str
    reason: str
    detail: str | None = None

    def __str__(self) -> str:
        detail = f" ({typed(self.detail, 120)})" if self.detail else ""
        return f"{self.place}: {self.reason}{detail}"


Item: TypeAlias = Record | Refused


def checked(record: Record) -> Item:
    """Return a record as it came, or refused where no blog of ours could have sent its comment."""
    fault = fault_of(record.comment)
    return Refused(record.place, fault) if fault else record


def fault_of(comment: Comment) -> str | None:
    """Return what is wrong with a comment, None where nothing is."""
    if not comment.text.strip():
        return "its text is empty"
    if len(comment.text) > LONGEST_TEXT:
        return f"its text is longer than {LONGEST_TEXT:,} characters"
    if not is_address(comment.thread_url):
        return "its post has no web address"
    return _too_long(comment)


def is_address(url: str) -> bool:
    """Whether something can be a post's address on the web."""
    parts = _split(url)
    is_short = len(url.encode("utf-8", "replace")) <= LONGEST_URL
    return (
        parts.scheme in ("http", "https") and bool(parts.netloc) and url.isprintable() and " " not in url and is_short
    )


def _too_long(comment: Comment) -> str | None:
    if comment.id == "" or comment.parent_id == "":
        return "an id of it is empty"
    author = comment.author
    short = (comment.id, comment.parent_id, comment.thread_author, *_names(author))
    if any(each is not None and len(each) > LONGEST_NAME for each in short):
        return f"an id, a name or an e-mail address of it is longer than {LONGEST_NAME} characters"
    if any(each is not None and len(each) > LONGEST_URL for each in (author.url, comment.thread_title)):
        return f"its post's title or its author's address is longer than {LONGEST_URL:,} characters"
    return None


def _names(author: Author) -> tuple[str | None, ...]:
    return author.id, author.name, author.email, author.ip, author.role


class Hosts:
    """Which addresses are a site's: its own host, with and without www, and those that somebody says it had before."""

    def __init__(self, site_url: str, before: Iterable[str] = ()) -> None:
        self._site = _split(site_url)
        self._own = _bare(self._site.netloc)
        self._before = {_bare(_split(each).netloc or each) for each in before}

    def is_ours(self, record: Record) -> bool:
        """Whether a comment stands under a post of the site's."""
        return _bare(_split(record.comment.thread_url).netloc) in (self._own, *self._before)

    def at_home(self, record: Record, own_too: bool) -> Record:
        """Return a record with its post's address on the host that the site has now.

        With `own_too` also http becomes https, or the other way round, and www comes or goes, as the site writes it: an
        old export's discussions are to meet those that its blog sends today.
        """
        parts = _split(record.comment.thread_url)
        host = _bare(parts.netloc)
        if host not in self._before and not (own_too and host == self._own):
            return record
        moved = parts._replace(scheme=self._site.scheme, netloc=self._site.netloc).geturl()
        if moved == record.comment.thread_url:
            return record
        return replace(record, comment=replace(record.comment, thread_url=moved))


def host_of(url: str) -> str:
    """Return an address's host and port, as they are written."""
    return _split(url).netloc


def _bare(netloc: str) -> str:
    host = netloc.rpartition("@")[2].lower()
    for port in (":80", ":443"):
        host = host.removesuffix(port)
    return host.removeprefix("www.")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
