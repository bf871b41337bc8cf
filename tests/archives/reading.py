"""What the tests of the archives share: a file is written, recognised and read."""

import sqlite3
from contextlib import closing
from pathlib import Path

from service.archives import formats
from service.archives.files import Source
from service.domain.archive import ArchiveRefused, Item, Record, Refused

SAMPLES = Path(__file__).parent / "samples"
SITE = "https://relay.example.org"


def read(path: Path, site_url: str = SITE) -> list[Item]:
    """Return what stands in a file, whatever its format."""
    with Source(path) as source:
        return list(formats.read(source, formats.recognise(source), site_url))


def read_to_the_fault(path: Path) -> tuple[list[Item], str]:
    """Return what stands in a file before it breaks off, and what is said of that."""
    found: list[Item] = []
    with Source(path) as source:
        try:
            for each in formats.read(source, formats.recognise(source), SITE):
                found.append(each)  # one by one: whatever raises, those before it stay
        except ArchiveRefused as error:
            return found, str(error)
    raise AssertionError(f"{path} has no fault")


def records(items: list[Item]) -> list[Record]:
    """Return the comments among what stands in a file."""
    return [each for each in items if isinstance(each, Record)]


def reasons(items: list[Item]) -> list[str]:
    """Return why what is refused among them is."""
    return [each.reason for each in items if isinstance(each, Refused)]


def isso_file(folder: Path) -> Path:
    """Return an Isso database."""
    path = folder / "comments.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((SAMPLES / "isso.sql").read_text(encoding="utf-8"))
    return path
