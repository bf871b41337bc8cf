"""Comments as a table: CSV with a line of column names, as spreadsheets and scripts write it; our own export too."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from service.archives.files import Source
from service.archives.jsonl import PENDING, status_of, with_standing
from service.archives.values import moment
from service.domain.archive import ArchiveRefused, Earlier, Item, Record, Refused, checked
from service.domain.comment import Author, Comment, Status
from service.domain.labels import LABELS

NEEDED = ("text", "thread_url")
_AUTHOR = ("id", "name", "email", "url", "ip", "role")
COLUMNS = (
    *("id", "parent_id", "thread_url", "thread_title", "thread_author"),
    *(f"author_{each}" for each in _AUTHOR),
    *("created_at", "status", "decided_at", "reason", "labels", "text"),
)
_LONGEST_FIELD = 1_000_000


def read(source: Source) -> Iterator[Item]:
    """Yield the comments of a table."""
    csv.field_size_limit(_LONGEST_FIELD)
    # Half a surrogate pair, which our own export may hold, is read back as it was written.
    with io.TextIOWrapper(source.open(), encoding="utf-8-sig", errors="surrogatepass", newline="") as file:
        rows = csv.reader(file)
        columns = _checked_columns(next(_watched(rows), None))
        for row in _watched(rows):
            place = f"line {rows.line_num:,}"
            if isinstance(row, str):
                yield Refused(place, "it is no line of a table", row)
            elif row:
                yield _item(row, columns, place)


def expect(head: bytes) -> None:
    """Raise ArchiveRefused where a file does not begin with the names of the columns."""
    line = head.decode("utf-8-sig", "replace").partition("\n")[0]
    _checked_columns(next(csv.reader([line]), None))


def unread(head: bytes) -> list[str]:
    """Return the names of the columns that are not read."""
    line = head.decode("utf-8-sig", "replace").partition("\n")[0]
    return [each.strip() for each in next(csv.reader([line]), []) if each.strip() not in COLUMNS]


def write(records: Iterable[Record]) -> Iterator[str]:
    """Yield the names of the columns and then a line for each comment, such as `read` reads back."""
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    writer.writerow(COLUMNS)
    for record in records:
        yield _taken(line)
        writer.writerow([_field(value) for value in _values(record)])
    yield _taken(line)


def _taken(line: io.StringIO) -> str:
    said = line.getvalue()
    line.seek(0)
    line.truncate()
    return said


def _values(record: Record) -> tuple[object, ...]:
    comment, author = record.comment, record.comment.author
    last = record.earlier[-1] if record.earlier else None
    return (
        *(comment.id, comment.parent_id, comment.thread_url, comment.thread_title, comment.thread_author),
        *(getattr(author, each) for each in _AUTHOR),
        *(comment.created_at, last.status if last else PENDING, last and last.at, last and last.reason),
        " ".join(last.labels) if last and last.labels is not None else None,
        comment.text,
    )


def _field(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return "" if value is None else str(value)


def _watched(rows: Iterator[list[str]]) -> Iterator[list[str] | str]:
    """Yield the rows, and of what is none what is wrong with it."""
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield str(error)
        except UnicodeDecodeError as error:
            raise ArchiveRefused(
                f"the table is not UTF-8 (byte {error.object[error.start]:#04x}); save it as UTF-8"
            ) from error


def _checked_columns(names: list[str] | str | None) -> list[str]:
    columns = [each.strip() for each in names] if isinstance(names, list) else []
    missing = [each for each in NEEDED if each not in columns]
    if missing or len(set(columns)) < len(columns):
        raise ArchiveRefused(
            "expected a table whose first line names its columns, text and thread_url at least, of "
            + ", ".join(COLUMNS)
        )
    return columns


def _item(row: list[str], columns: list[str], place: str) -> Item:
    if len(row) != len(columns):
        return Refused(place, "it has more or fewer fields than there are columns", f"{len(row)} of {len(columns)}")
    said = {name: value or None for name, value in zip(columns, row, strict=True)}
    try:
        return checked(Record(_comment(said), place, _earlier(said)))
    except ValueError as error:
        return Refused(place, str(error))


def _comment(said: Mapping[str, str | None]) -> Comment:
    return Comment(
        text=said["text"] or "",
        thread_url=said["thread_url"] or "",
        thread_title=said.get("thread_title"),
        thread_author=said.get("thread_author"),
        id=said.get("id"),
        parent_id=said.get("parent_id"),
        author=Author(**{each: said.get(f"author_{each}") for each in _AUTHOR}),
        created_at=_moment(said, "created_at"),
    )


def _earlier(said: Mapping[str, str | None]) -> tuple[Earlier, ...]:
    status = said.get("status")
    at, created_at = _moment(said, "decided_at"), _moment(said, "created_at")
    if status is None or status == PENDING:
        return ()
    if status_of(status) is Status.HELD:
        return with_standing([], status, created_at)
    return (Earlier(status_of(status), at or created_at, said.get("reason"), _labels(said.get("labels"))),)


def _labels(written: str | None) -> tuple[str, ...] | None:
    labels = tuple((written or "").split())
    if any(each not in LABELS for each in labels):
        raise ValueError("its labels are none of ours")
    return labels or None


def _moment(said: Mapping[str, str | None], name: str) -> datetime | None:
    written = said.get(name)
    found = moment(written) if written else None
    if written and found is None:
        raise ValueError(f"its {name} is no time like 2026-11-21T08:30:00Z")
    return found
