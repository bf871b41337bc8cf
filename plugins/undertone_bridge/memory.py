"""What is remembered between two looks and two starts: what Undertone was told of each comment, and what it decided."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Known:
    """A comment as Undertone knows it."""

    key: str
    digest: str
    """Of the text that Undertone was told, or that it had published instead."""
    shown: bool
    """Whether the blog showed it when it was looked at last."""
    told: int = 0
    """How many messages about it went out."""
    number: int = 0
    """The number of Undertone's last decision that was heard of."""
    status: str | None = None
    """Where Undertone said last that it stands, or was told that it stands."""
    wanted: str | None = None
    """The status that Undertone wants and the blog does not have yet."""
    text: str | None = None
    """What is to be published instead, where that is wanted too."""


class Memory:
    """A SQLite file with a row for each comment, which is also kept at hand. Whoever uses it sees to the turns."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS known (key TEXT PRIMARY KEY, digest TEXT NOT NULL, shown INTEGER NOT NULL,"
            " told INTEGER NOT NULL, number INTEGER NOT NULL, status TEXT, wanted TEXT, text TEXT)"
        )
        rows = self._file.execute("SELECT key, digest, shown, told, number, status, wanted, text FROM known")
        self._known = {row[0]: Known(row[0], row[1], bool(row[2]), *row[3:]) for row in rows}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is remembered yet."""
        return not self._known

    def __iter__(self) -> Iterator[Known]:
        return iter(list(self._known.values()))

    def get(self, key: str) -> Known | None:
        """Return what is known of a comment."""
        return self._known.get(key)

    def keep(self, known: Known) -> None:
        """Remember a comment as it is known now."""
        self._file.execute("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?, ?, ?)", astuple(known))
        self._known[known.key] = known

    def keep_all(self, known: Iterable[Known]) -> None:
        """Remember many comments, or none where that fails."""
        with self._file:
            self._file.execute("BEGIN")
            for each in known:
                self.keep(each)

    def forget(self, key: str) -> None:
        """Remember nothing of a comment any more."""
        self._file.execute("DELETE FROM known WHERE key = ?", (key,))
        self._known.pop(key, None)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
