"""Our own export: one JSON object a line, a comment as the API takes it, with what was decided about it."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from service.archives.files import Source
from service.archives.values import moment
from service.domain.archive import ArchiveRefused, Earlier, Item, Record, Refused, checked
from service.domain.comment import Author, Comment, Status
from service.domain.labels import LABELS

LONGEST_LINE = 1_000_000
"""Bytes; a longer one is passed over without being kept."""
PENDING = "pending"
"""What still waits and nobody has looked at: the policy decides here as it does for any comment."""
_AUTHOR = ("id", "name", "email", "url", "ip", "role")


class _LineRefused(ValueError):
    """A line that is no comment: why, in words that many lines share, and what came."""

    def __init__(self, reason: str, detail: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


def read(source: Source) -> Iterator[Item]:
    """Yield the comments of a file of JSON lines; blank lines are passed over."""
    for number, line in enumerate(_lines(source.open()), start=1):
        if not line.strip():
            continue
        place = f"line {number:,}"
        try:
            yield checked(_record(_parsed(line), place))
        except _LineRefused as error:
            yield Refused(place, error.reason, error.detail)


def expect(head: bytes) -> None:
    """Raise ArchiveRefused where a file does not begin with a JSON object."""
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        raise ArchiveRefused('expected JSON lines, {"id": …, "text": …, "thread": {"url": …}, …} each')


def write(records: Iterable[Record]) -> Iterator[str]:
    """Yield a line for each comment, such as `read` reads back."""
    for record in records:
        # In ASCII: a text may hold half a surrogate pair, which no encoding can write.
        yield json.dumps(_object(record), separators=(",", ":")) + "\n"


def _object(record: Record) -> dict[str, Any]:
    comment, decided = record.comment, record.earlier
    held = bool(decided) and decided[-1].status is Status.HELD
    thread = {"url": comment.thread_url, "title": comment.thread_title, "author": comment.thread_author}
    return _said(
        {
            "id": comment.id,
            "parent_id": comment.parent_id,
            "text": comment.text,
            "thread": _said(thread),
            "author": _said(vars(comment.author)),
            "created_at": _stamp(comment.created_at),
            "status": decided[-1].status if decided else PENDING,
            "decisions": [_decision(each) for each in (decided[:-1] if held else decided)],
        }
    )


def _decision(earlier: Earlier) -> dict[str, Any]:
    labels = None if earlier.labels is None else list(earlier.labels)
    return _said({"status": earlier.status, "at": _stamp(earlier.at), "reason": earlier.reason, "labels": labels})


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines; of one that is too long only so much that it is seen to be."""
    buffered = io.BufferedReader(file) if isinstance(file, io.RawIOBase) else file
    while line := buffered.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = buffered.readline(LONGEST_LINE + 1)


def _parsed(line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise _LineRefused(f"the line is longer than {LONGEST_LINE:,} bytes")
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _LineRefused("it is not UTF-8", f"byte {line[error.start]:#04x} at place {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise _LineRefused("it is no JSON", str(error).partition("\n")[0]) from error
    if not isinstance(row, dict):
        raise _LineRefused("it is no JSON object")
    return row


def _record(row: dict[str, Any], place: str) -> Record:
    thread, author = _part(row, "thread"), _part(row, "author")
    comment = Comment(
        text=_text(row, "text") or "",
        thread_url=_text(thread, "url") or "",
        thread_title=_text(thread, "title"),
        thread_author=_text(thread, "author"),
        id=_id(row, "id"),
        parent_id=_id(row, "parent_id"),
        author=Author(**{name: _id(author, name) if name == "id" else _text(author, name) for name in _AUTHOR}),
        created_at=_moment(row, "created_at"),
    )
    return Record(comment, place, _earlier(row, comment.created_at))


def _earlier(row: Mapping[str, Any], created_at: datetime | None) -> tuple[Earlier, ...]:
    decisions = row.get("decisions") or []
    if not isinstance(decisions, list) or not all(isinstance(each, dict) for each in decisions):
        raise _LineRefused('"decisions" is no list of objects')
    decided = [_decided(each) for each in decisions]
    said = _text(row, "status")
    return with_standing(decided, said, created_at)


def with_standing(decided: list[Earlier], said: str | None, created_at: datetime | None) -> tuple[Earlier, ...]:
    """Return what was decided, and then that a comment stands where it is said to stand."""
    if said is None or said == PENDING:
        return tuple(decided)
    status = status_of(said)
    if status is Status.HELD:
        return (*decided, Earlier(Status.HELD))
    if not decided or decided[-1].status is not status:
        decided = [*decided, Earlier(status, decided[-1].at if decided else created_at)]
    return tuple(decided)


def status_of(said: str | None) -> Status:
    """Return the status of that name; what was withdrawn is in no archive."""
    known = [each for each in Status if each is not Status.WITHDRAWN]
    if said not in known:
        raise _LineRefused(f"its status is none of {', '.join(known)}, {PENDING}", said)
    return Status(said)


def _decided(row: Mapping[str, Any]) -> Earlier:
    labels = row.get("labels")
    if labels is not None and not (isinstance(labels, list) and all(each in LABELS for each in labels)):
        raise _LineRefused("its labels are none of ours", str(labels))
    status, at = status_of(_text(row, "status")), _moment(row, "at")
    return Earlier(status, at, _text(row, "reason"), None if labels is None else tuple(labels))


def _part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = row.get(name)
    if found is not None and not isinstance(found, dict):
        raise _LineRefused(f'"{name}" is no object')
    return found or {}


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise _LineRefused(f'"{name}" is no string')
    return value


def _id(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**255:
        return str(value)
    return _text(row, name)


def _moment(row: Mapping[str, Any], name: str) -> datetime | None:
    written = _text(row, name)
    found = moment(written) if written else None
    if written and found is None:
        raise _LineRefused(f'"{name}" is no time like 2026-11-21T08:30:00Z', written)
    return found
