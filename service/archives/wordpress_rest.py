"""What WordPress's REST API says of comments, a list of JSON objects: the way to have its spam."""

from collections.abc import Iterator, Mapping
from typing import Any

from service.archives import wordpress
from service.archives.files import Source
from service.archives.json_lists import items
from service.archives.values import moment, optional, parent
from service.domain.archive import ArchiveRefused, Earlier, Item, Record, Refused, checked
from service.domain.comment import Author, Comment


def read(source: Source) -> Iterator[Item]:
    """Yield the comments of a list, or of several lists one after the other, as pages are saved."""
    for number, row in enumerate(items(source.open()), start=1):
        yield _item(row, f"comment {number:,} of the list")


def expect(head: bytes) -> None:
    """Raise ArchiveRefused where a file does not begin as a list of JSON objects does."""
    begin = head.removeprefix(b"\xef\xbb\xbf").split()
    if not begin or not b"".join(begin[:2]).startswith((b"[{", b"[]")):
        raise ArchiveRefused("expected a JSON list of comments, as WordPress's REST API gives it")


def _item(row: object, place: str) -> Item:
    if not isinstance(row, dict):
        return Refused(place, "it is no JSON object")
    place = f"{place} (its id {str(row.get('id', 'missing'))[:40]})"
    text = _text(row.get("content"))
    if text is None or not isinstance(row.get("id"), int) or not isinstance(row.get("link"), str):
        return Refused(place, "its id, link or content.raw is missing: ask the API with context=edit")
    status, fault = wordpress.standing(str(row.get("status", "")), str(row.get("type", "")))
    if fault:
        return Refused(place, fault)
    comment = _comment(row, text)
    return checked(Record(comment, place, (Earlier(status, comment.created_at),) if status else ()))


def _text(content: object) -> str | None:
    raw = content.get("raw") if isinstance(content, dict) else None
    return raw.strip() if isinstance(raw, str) else None


def _comment(row: Mapping[str, Any], text: str) -> Comment:
    return Comment(
        text=text,
        thread_url=wordpress.address(row["link"]),
        id=str(row["id"]),
        parent_id=parent(str(row.get("parent") or 0)),
        author=Author(
            id=parent(str(row.get("author") or 0)),
            name=_line(row, "author_name"),
            email=_line(row, "author_email"),
            url=_line(row, "author_url"),
            ip=_line(row, "author_ip"),
        ),
        created_at=moment(str(row.get("date_gmt", ""))) or moment(str(row.get("date", ""))),
    )


def _line(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return optional(value) if isinstance(value, str) else None
