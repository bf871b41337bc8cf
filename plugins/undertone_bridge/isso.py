"""Isso: reads its SQLite file, and acts by the links that Isso signs for its moderators.

Isso hides no comment that was published: it can only delete one. Here a comment is hidden by putting it back among
those that wait, which is one field in the same file; so whatever is decided can be taken back. The bridge deletes
nothing.
"""

import html
import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from itsdangerous import URLSafeTimedSerializer

from undertone_bridge.blog import BlogRefused, Look, Written
from undertone_bridge.calls import NoAnswer, call

PUBLISHED, WAITING, DELETED = 1, 2, 4
"""Isso's `mode` of a comment; a deleted one that others answer stays, without its text."""

QUIET_SECONDS = 2.0
"""A file that was not written for so long, and looks as it did, is as it was."""

LONGEST_NAME = 255
LONGEST_TITLE = 2000

_COMMENTS = """
    SELECT comments.id, parent, created, mode, text, author, email, website, remote_addr, uri, title
    FROM comments JOIN threads ON threads.id = comments.tid ORDER BY comments.id
"""
_HIDE = "UPDATE comments SET mode = ? WHERE id = ? AND mode = ?"
_SESSION_KEY = "SELECT value FROM preferences WHERE key = 'session-key'"


class Isso:
    """An Isso and the blog that it is for."""

    def __init__(self, database: Path, isso: str, blog: str) -> None:
        self.database = database
        self.isso = isso.rstrip("/")
        self.blog = blog.rstrip("/")
        self._seen: tuple[tuple[int, ...], list[Written]] | None = None

    def look(self) -> Look:
        """Return all comments, the oldest first; raise NoAnswer where the file cannot be read now."""
        try:
            stamp, is_quiet = self._stamp()
            if self._seen is None or self._seen[0] != stamp or not is_quiet:
                self._seen = (stamp, self._read())
        except (OSError, sqlite3.Error) as error:
            raise NoAnswer(f"Isso's database {self.database} cannot be read: {error}") from error
        return Look(self._seen[1], is_complete=True)

    def is_gone(self, key: str) -> bool:
        """Whether a comment was deleted: the file has either all or none."""
        return True

    def show(self, written: Written) -> None:
        """Activate a comment as a moderator does, so that Isso tells whoever waits for an answer."""
        self._moderate(written, "activate")

    def hide(self, written: Written) -> None:
        """Put a published comment back among those that wait; Isso deletes it there after `purge-after`."""
        try:
            with closing(self._open("rw")) as database, database:
                database.execute(_HIDE, (WAITING, written.number, PUBLISHED))
        except sqlite3.Error as error:
            raise NoAnswer(f"Isso's database {self.database} cannot be written: {error}") from error

    def rewrite(self, written: Written, text: str) -> None:
        """Give a comment another text, as a moderator does."""
        self._moderate(written, "edit", {"text": text})

    def _moderate(self, written: Written, act: str, body: dict[str, str] | None = None) -> None:
        key = URLSafeTimedSerializer(self._session_key()).dumps(int(written.number))
        answer = call(
            "POST",
            f"{self.isso}/id/{written.number}/{act}/{key!s}",
            json.dumps(body or {}).encode(),
            {"content-type": "application/json"},
        )
        if answer.is_for_later:
            raise NoAnswer(f"{self.isso} {answer}")
        if not answer.is_good:
            raise BlogRefused(f"Isso {answer}")

    def _session_key(self) -> str:
        """Return what Isso signs its moderators' links with."""
        try:
            with closing(self._open("ro")) as database:
                [key] = database.execute(_SESSION_KEY).fetchone()
        except (sqlite3.Error, TypeError) as error:
            raise NoAnswer(f"Isso's database {self.database} has no session key: {error}") from error
        return str(key)

    def _stamp(self) -> tuple[tuple[int, ...], bool]:
        """Return what changes when the file does, and whether that can be relied on."""
        log = self.database.with_name(self.database.name + "-wal")  # where somebody has switched that on
        about = [each.stat() for each in (self.database, log) if each.exists()]
        is_quiet = all(time.time() - each.st_mtime > QUIET_SECONDS for each in about)
        return tuple(part for each in about for part in (each.st_ino, each.st_size, each.st_mtime_ns)), is_quiet

    def _read(self) -> list[Written]:
        with closing(self._open("ro")) as database:
            rows = [_Row(*row) for row in database.execute(_COMMENTS)]
        keys = {row.id: row.key for row in rows}
        return [self._written(row, keys) for row in rows if row.mode != DELETED]

    def _open(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.database.resolve().as_uri()}?mode={mode}", uri=True, timeout=10)

    def _written(self, row: "_Row", keys: dict[int, str]) -> Written:
        more: dict[str, Any] = {
            "thread": {"url": self.blog + row.uri, "title": (row.title or "")[:LONGEST_TITLE] or None},
            "author": row.author_as_sent,
            "parent_id": keys.get(row.parent) if row.parent else None,
            "created_at": datetime.fromtimestamp(row.created, UTC).isoformat(),
        }
        return Written(row.key, str(row.id), row.text, row.mode == PUBLISHED, more)


class _Row:
    """A row of Isso's comments with its thread."""

    def __init__(
        self,
        id: int,
        parent: int | None,
        created: float,
        mode: int,
        text: str,
        author: str | None,
        email: str | None,
        website: str | None,
        remote_addr: str | None,
        uri: str,
        title: str | None,
    ) -> None:
        self.id, self.parent, self.created, self.mode, self.text = id, parent, created, mode, text
        self.author, self.email, self.website, self.remote_addr = author, email, website, remote_addr
        self.uri, self.title = uri, title

    @property
    def key(self) -> str:
        """The number with the moment: Isso gives the number of a deleted comment to the next one."""
        return f"{self.id}@{self.created!r}"

    @property
    def author_as_sent(self) -> dict[str, str]:
        """What Isso knows of the author, without the escapes that it writes for its pages."""
        said = {"name": self.author, "email": self.email, "url": self.website, "ip": self.remote_addr}
        return {name: html.unescape(value)[:LONGEST_NAME] for name, value in said.items() if value}
