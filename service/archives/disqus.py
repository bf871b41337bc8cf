"""Disqus's export: an XML file with the threads of a forum and then their posts, HTML inside; often gzipped."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.etree.ElementTree import Element  # the type alone: defusedxml parses

from service.archives.files import Source
from service.archives.markup import child, elements, local, text_of
from service.archives.values import moment, optional
from service.domain.archive import ArchiveRefused, Earlier, Item, Record, Refused, checked
from service.domain.comment import Author, Comment, Status

_ID = "{http://disqus.com/disqus-internals}id"


class _Thread(NamedTuple):
    url: str
    title: str | None
    author: str | None


def read(source: Source) -> Iterator[Item]:
    """Yield the posts of a Disqus export as comments."""
    threads: dict[str, _Thread] = {}
    number, are_all_known = 0, False
    for name, element, above in elements(source.open(), frozenset({"thread", "post"})):
        if name == "thread" and above is not None and local(above) == "disqus":
            threads[element.get(_ID, "")] = _thread(element)
        elif name == "post":
            number += 1
            if _pointed_at(element, "thread") not in threads and not are_all_known:
                threads, are_all_known = _all_threads(source), True
            yield _item(element, threads, number)


def expect(head: bytes) -> None:
    """Raise ArchiveRefused where a file does not begin as Disqus's export does."""
    if b"<disqus" not in head:
        raise ArchiveRefused('expected Disqus\'s export (XML that begins with <disqus xmlns="http://disqus.com" …>)')


def _all_threads(source: Source) -> dict[str, _Thread]:
    """Read the whole file for its threads, since some stand after their posts."""
    found = elements(source.open(), frozenset({"thread", "post"}))
    return {each.get(_ID, ""): _thread(each) for name, each, _ in found if name == "thread"}


def _thread(element: Element) -> _Thread:
    return _Thread(child(element, "link"), optional(child(element, "title")), _author(element).name)


def _item(element: Element, threads: Mapping[str, _Thread], number: int) -> Item:
    place = f"post {number:,} of the file (its id {element.get(_ID) or 'missing'})"
    thread = threads.get(_pointed_at(element, "thread"))
    if not element.get(_ID) or thread is None:
        return Refused(place, "its thread is not in the file" if element.get(_ID) else "it has no id")
    return checked(Record(_comment(element, thread), place, _earlier(element)))


def _comment(element: Element, thread: _Thread) -> Comment:
    return Comment(
        text=text_of(child(element, "message")),
        thread_url=thread.url,
        thread_title=thread.title,
        thread_author=thread.author,
        id=element.get(_ID),
        parent_id=_pointed_at(element, "parent") or None,
        author=_author(element),
        created_at=moment(child(element, "createdAt")),
    )


def _author(element: Element) -> Author:
    found = next((each for each in element if local(each) == "author"), None)
    if found is None:
        return Author()
    is_anonymous = child(found, "isAnonymous") == "true"
    return Author(
        id=None if is_anonymous else optional(child(found, "username")),
        name=optional(child(found, "name")),
        email=optional(child(found, "email")),
        ip=optional(child(element, "ipAddress")),
    )


def _earlier(element: Element) -> tuple[Earlier, ...]:
    """Return where a post stands; the export does not say since when, so it is as old as the post."""
    status = Status.APPROVED
    if child(element, "isSpam") == "true":
        status = Status.SPAM
    elif child(element, "isDeleted") == "true":
        status = Status.REJECTED
    elif child(element, "isApproved") == "false":
        return ()
    return (Earlier(status, moment(child(element, "createdAt"))),)


def _pointed_at(element: Element, name: str) -> str:
    found = next((each for each in element if local(each) == name), None)
    return found.get(_ID, "") if found is not None else ""
