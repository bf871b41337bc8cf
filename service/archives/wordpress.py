"""WordPress's own export, WXR: RSS with its comments inside the posts. What it left as spam is not in it."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urldefrag
from xml.etree.ElementTree import Element  # the type alone: defusedxml parses

from service.archives.files import Source
from service.archives.markup import child, elements, local
from service.archives.values import moment, moment_of, optional, parent
from service.domain.archive import ArchiveRefused, Earlier, Item, Record, Refused, checked
from service.domain.comment import Author, Comment, Status

_WANTED = frozenset({"title", "link", "creator", "comment"})
_PERSON = ("", "comment")
"""What the type of a person's comment is called; pingbacks, orders and editors' notes have others."""
_AS_IT_STANDS = {"1": Status.APPROVED, "approve": Status.APPROVED, "spam": Status.SPAM, "trash": Status.REJECTED}
_WAITS = ("0", "hold")
_EVENTS = {
    "report-spam": Status.SPAM,
    "report-ham": Status.APPROVED,
    "status-spam": Status.SPAM,
    "status-approved": Status.APPROVED,
    "status-trash": Status.REJECTED,
}
"""Of what Akismet's plugin writes down, what a person did."""
_REPORTED = {"true": Status.SPAM, "false": Status.APPROVED}
_PHP = re.compile(r's:\d+:"((?:[^"]|"(?!;))*)";|[di]:([0-9.]+);')
_PAGE = re.compile(r"/comment-page-\d+/?$")


class _Post(NamedTuple):
    """What stands above a post's comments."""

    element: Element | None
    said: dict[str, str]


def read(source: Source) -> Iterator[Item]:
    """Yield the comments of a WXR file, post by post, as they stand there."""
    post, number = _Post(None, {}), 0
    for name, element, above in elements(source.open(), _WANTED):
        if above is None or local(above) != "item":
            continue
        if above is not post.element:
            post = _Post(above, {})
        if name == "comment":
            number += 1
            yield _item(element, post.said, number)
        elif element.text:
            post.said.setdefault(name, element.text.strip())


def expect(head: bytes) -> None:
    """Raise ArchiveRefused where a file does not begin as WXR does."""
    if b"<rss" not in head or b"wordpress.org/export/" not in head:
        raise ArchiveRefused(
            "expected WordPress's export (WXR: <rss … xmlns:wp=…>) or a JSON list of its REST API's comments"
        )


def address(link: str) -> str:
    """Return a post's address from that of one of its comments."""
    url = urldefrag(link).url
    return _PAGE.sub("/", url) if _PAGE.search(url) else url


def standing(approved: str, kind: str) -> tuple[Status | None, str | None]:
    """Return where a comment stands (None where it waits), and why it is not taken in, where it is not."""
    if kind not in _PERSON:
        return None, f"it is no comment but a {kind[:40]}"
    if approved == "post-trashed":
        return None, "its post was thrown away"
    if approved in _WAITS:
        return None, None
    status = _AS_IT_STANDS.get(approved)
    return status, None if status else "whether it was approved is not said as WordPress says it"


def _item(element: Element, post: Mapping[str, str], number: int) -> Item:
    place = f"comment {number:,} of the file (its id {child(element, 'comment_id') or 'missing'})"
    status, fault = standing(child(element, "comment_approved"), child(element, "comment_type"))
    if fault or not child(element, "comment_id"):
        return Refused(place, fault or "it has no id")
    comment = _comment(element, post)
    return checked(Record(comment, place, _earlier(_meta(element), status, comment.created_at)))


def _comment(element: Element, post: Mapping[str, str]) -> Comment:
    user = child(element, "comment_user_id")
    return Comment(
        text=child(element, "comment_content"),
        thread_url=address(post.get("link", "")),
        thread_title=optional(post.get("title")),
        thread_author=optional(post.get("creator")),
        id=child(element, "comment_id"),
        parent_id=parent(child(element, "comment_parent")),
        author=Author(
            id=parent(user),
            name=optional(child(element, "comment_author")),
            email=optional(child(element, "comment_author_email")),
            url=optional(child(element, "comment_author_url")),
            ip=optional(child(element, "comment_author_IP")),
        ),
        created_at=moment(child(element, "comment_date_gmt")) or moment(child(element, "comment_date")),
    )


def _meta(element: Element) -> list[tuple[str, str]]:
    found = (each for each in element if local(each) == "commentmeta")
    return [(child(each, "meta_key"), child(each, "meta_value")) for each in found]


def _earlier(meta: list[tuple[str, str]], status: Status | None, created_at: datetime | None) -> tuple[Earlier, ...]:
    """Return what people decided: what Akismet's plugin noted of that, and where the comment stands now."""
    noted = sorted(
        (each for key, value in meta if key == "akismet_history" and (each := _event(value))),
        key=lambda each: each.at.timestamp() if each.at else 0.0,
    )
    said = dict(meta)
    reported = _REPORTED.get(said.get("akismet_user_result", ""))
    if reported and not noted:
        noted = [Earlier(reported, created_at, optional(said.get("akismet_user")))]
    if status is None:
        return ()
    if not noted or noted[-1].status is not status:
        noted.append(Earlier(status, noted[-1].at if noted else created_at))
    return tuple(noted)


def _event(serialized: str) -> Earlier | None:
    """Return what a person did by an entry of Akismet's history, which PHP wrote: a flat array."""
    parts = [text if text or not number else number for text, number in _PHP.findall(serialized)]
    said = dict(zip(parts[::2], parts[1::2], strict=False))
    status = _EVENTS.get(said.get("event", ""))
    try:
        at = moment_of(float(said.get("time", "")))
    except ValueError:
        at = None
    return Earlier(status, at, optional(said.get("user"))) if status else None
