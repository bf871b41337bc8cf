"""Isso's database: a SQLite file with the comments under each page's path."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

from service.archives.files import Source
from service.archives.values import moment_of, optional
from service.domain.archive import ArchiveRefused, Earlier, Item, Record, Refused, checked
from service.domain.comment import Author, Comment, Status

MAGIC = b"SQLite format 3\0"
_ACCEPTED, _PENDING, _DELETED = 1, 2, 4
"""What Isso calls modes."""
_WANTED = """
    SELECT c.id, c.parent, c.created, c.mode, c.text, c.author, c.email, c.website, c.remote_addr, t.uri, t.title
    FROM comments c LEFT JOIN threads t ON t.id = c.tid ORDER BY c.id
"""


def read(source: Source, site_url: str) -> Iterator[Item]:
    """Yield the comments of an Isso database, in the order in which they were written."""
    with source.unpacked_file() as path, closing(_open(path)) as connection:
        try:
            for row in connection.execute(_WANTED):
                yield _item(row, site_url)
        except sqlite3.DatabaseError as error:
            raise ArchiveRefused(
                f"expected Isso's tables, comments and threads, in the SQLite file; SQLite says: {error}"
            ) from error


def expect(head: bytes) -> None:
    """Raise ArchiveRefused where a file is no SQLite file."""
    if not head.startswith(MAGIC):
        raise ArchiveRefused("expected Isso's database, a SQLite file")


def _open(path: Path) -> sqlite3.Connection:
    """Open a database that nobody writes; what a running Isso has not yet put into its file is read too."""
    has_log = Path(f"{path}-wal").exists()
    asked = "mode=ro" if has_log else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{asked}", uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection


def _item(row: tuple[Any, ...], site_url: str) -> Item:
    number, parent, created, mode, text, name, email, website, ip, path, title = row
    place = f"comment {number} of the database"
    if mode == _DELETED and not text:
        return Refused(place, "it was deleted there, and nothing is left of it")
    if not isinstance(text, str) or not isinstance(created, int | float) or not isinstance(path, str):
        return Refused(place, "its text, time or page is missing")
    comment = Comment(
        text=text.strip(),
        thread_url=urljoin(f"{site_url}/", path),
        thread_title=_optional(title),
        id=str(number),
        parent_id=None if parent is None else str(parent),
        author=Author(name=_optional(name), email=_optional(email), url=_optional(website), ip=_optional(ip)),
        created_at=moment_of(created),
    )
    return checked(Record(comment, place, _earlier(mode, comment)))


def _optional(value: object) -> str | None:
    return optional(value) if isinstance(value, str) else None


def _earlier(mode: object, comment: Comment) -> tuple[Earlier, ...]:
    statuses = {_ACCEPTED: Status.APPROVED, _DELETED: Status.REJECTED}
    status = statuses.get(mode) if isinstance(mode, int) else None
    return (Earlier(status, comment.created_at),) if status else ()
