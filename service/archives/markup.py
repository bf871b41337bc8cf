"""XML as a stream, with its faults mended and its dangers refused; and HTML as the text that one reads of it."""

import codecs
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import BinaryIO, NamedTuple
from xml.etree.ElementTree import Element, ParseError  # the types alone: defusedxml parses

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from service.domain.archive import LONGEST_TEXT, ArchiveRefused

_AT_ONCE = 65_536
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding=["']([\w.-]+)["']""")
_UNREADABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_TOKEN = re.compile(r"<!\[CDATA\[|\]\]>|&(?:#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});|(?:amp|lt|gt|quot|apos);)?")
_LONGEST_TOKEN = 12
_MARKED_UP = re.compile("[<&]")
_BLOCKS = {"p", "div", "li", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4"}


class Found(NamedTuple):
    """An element of an XML file, whole, with the element that it stands in."""

    name: str
    element: Element
    parent: Element | None


def elements(file: BinaryIO, wanted: frozenset[str]) -> Iterator[Found]:
    """Yield the elements of these names (without namespaces), each once it is whole, and forget it and all others.

    Raises ArchiveRefused where the file declares a document type or entities, or is no XML from some line on.
    """
    above: list[Element] = []
    inside = 0
    try:
        for event, element in iterparse(_Mended(file), events=("start", "end"), forbid_dtd=True):
            name = local(element)
            if event == "start":
                above.append(element)
                inside += name in wanted
                continue
            above.pop()
            parent = above[-1] if above else None
            if name in wanted:
                inside -= 1
                if not inside:
                    yield Found(name, element, parent)
            if parent is not None and not inside:
                parent.remove(element)  # else the whole file would be kept
    except DefusedXmlException as error:
        raise ArchiveRefused(
            "the file declares a document type or entities of its own, which no blog's export does: it is not read"
        ) from error
    except ParseError as error:
        line, column = error.position
        said = str(error).partition(":")[0]
        raise ArchiveRefused(f"the file is no XML from line {line}, column {column} on ({said})") from error


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def child(element: Element, name: str) -> str:
    """Return the text of the first child of a name, stripped; empty where there is none."""
    found = next((each for each in element if local(each) == name), None)
    return (found.text or "").strip() if found is not None else ""


class _Mended(io.TextIOBase):
    """Reads XML as blogs write it, and gives it as it should be.

    WordPress leaves control characters in comments and bare ampersands in addresses, at either of which a parser stops.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = _decoder(file)
        self._left = ""
        self._is_quoted = False  # in CDATA, where an ampersand is one

    def read(self, _size: int | None = -1) -> str:
        while True:
            raw = self._file.read(_AT_ONCE)
            text = self._left + _UNREADABLE.sub("", self._decoder.decode(raw, final=not raw))
            begin = len(text) if not raw else _cut(text)
            self._left = text[begin:]
            if begin or not raw:
                return _TOKEN.sub(self._mended, text[:begin])

    def _mended(self, found: re.Match[str]) -> str:
        said = found.group()
        if said[0] != "&":
            self._is_quoted = said[0] == "<"
            return said
        if self._is_quoted:
            return said
        if said == "&":
            return "&amp;"
        return "" if said[1] == "#" and not _is_character(said[2:-1]) else said


def _cut(text: str) -> int:
    """Return where what may go on in the next piece begins."""
    end = max(0, len(text) - _LONGEST_TOKEN)
    return min([len(text), *(at for each in "<&]" if (at := text.find(each, end)) >= 0)])


def _is_character(number: str) -> bool:
    """Whether a character reference names one that may stand in XML."""
    code = int(number[1:], 16) if number[0] in "xX" else int(number)
    return code <= 0x10FFFF and not _UNREADABLE.match(chr(code))  # noqa: PLR2004  # the last code point


def _decoder(file: BinaryIO) -> codecs.IncrementalDecoder:
    """Return what reads a file's bytes, by what the file says of itself; what cannot be read becomes U+FFFD."""
    head = file.peek(200)[:200] if hasattr(file, "peek") else b""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace")
    declared = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    name = declared[1].decode("ascii") if declared else "utf-8"
    if codecs_name(name) == "utf-8":
        name = "utf-8-sig"
    try:
        return codecs.getincrementaldecoder(name)("replace")
    except LookupError as error:
        raise ArchiveRefused(f"the file says that it is written in {name!r}, which is no encoding") from error


def codecs_name(name: str) -> str:
    """Return the one name of an encoding that has many."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return name


def text_of(html: str) -> str:
    """Return what one reads of HTML: its text, with blank lines between paragraphs, and where its links lead."""
    if len(html) > LONGEST_TEXT * 2 or not _MARKED_UP.search(html):
        return html.strip()  # the first will be refused for its length, and might take long to be read
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", reader.said).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said = ""
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.said += "\n"
        elif tag in _BLOCKS:
            self._break()
        elif tag == "a":
            self._link = dict(attrs).get("href") or "", len(self.said)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._break()
        elif tag == "a" and self._link:
            self._tell_link(*self._link)
            self._link = None

    def handle_data(self, data: str) -> None:
        self.said += data

    def _tell_link(self, address: str, begin: int) -> None:
        """Say where a link leads, unless its text does: what somebody sells stands there."""
        shown = self.said[begin:].strip()
        if address and shown.rstrip("./…") not in address:
            self.said += f" ({address})"

    def _break(self) -> None:
        if self.said and not self.said.endswith("\n\n"):
            self.said += "\n\n"
