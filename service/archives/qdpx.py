"""Discussions as a REFI-QDA project (.qdpx), which programs for qualitative analysis open: NVivo, ATLAS.ti, MAXQDA.

A project is a ZIP with `project.qde`, an XML file, and the sources as UTF-8 text files
(REFI-QDA 1.5, https://www.qdasoftware.org). A discussion is a source; each of its comments is a selection in it, coded
with its themes and labels. Positions count Unicode code points from 0; the end is that of the character after the last,
as in the standard's own example, where the text of positions 139 to 195 has 56 characters.

The same project written twice is the same file: numbers (GUIDs) are made of what they number.
"""

import re
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO
from xml.etree.ElementTree import Element, SubElement, tostring

NAMESPACE = "urn:QDA-XML:project:1.0"
_SCHEMA = f"{NAMESPACE} http://schema.qdasoftware.org/versions/Project/v1.0/Project.xsd"
_NUMBERS = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)
_UNWRITABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_ENDS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_COLOURS = (
    "#1f6f8b",
    "#b45309",
    "#6d28d9",
    "#15803d",
    "#be123c",
    "#0f766e",
    "#a16207",
    "#1d4ed8",
    "#9d174d",
    "#4d7c0f",
)
_BEGAN = (1980, 1, 1, 0, 0, 0)
"""The time that every file in the ZIP bears, since the same project is to be the same file."""
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Code:
    """What comments are coded with; one with codes below it is a heading."""

    key: str
    """The same for the same code, in every project of the same site."""
    name: str
    description: str = ""
    below: tuple["Code", ...] = ()


@dataclass(frozen=True)
class Passage:
    """A comment: a line that says who wrote it, to whom and when, its text, and the keys of its codes."""

    key: str
    heading: str
    text: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A discussion."""

    key: str
    name: str
    description: str
    passages: Sequence[Passage] = field(default_factory=tuple)


@dataclass(frozen=True)
class Project:
    """What a file is to hold."""

    key: str
    name: str
    description: str
    origin: str
    coder: str
    """By whom the codes were given: a program, and it says so."""
    made_at: datetime
    codes: Sequence[Code]


def write(project: Project, sources: Iterable[Source], file: IO[bytes]) -> None:
    """Write a project; sources are taken one after the other, so that one at a time is in memory."""
    coder = _number(project, "coder")
    written: list[Element] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for source in sources:
            element, text = _source(project, source, coder)
            _add(archive, f"sources/{element.attrib['guid']}.txt", text.encode())
            written.append(element)
        _add(archive, "project.qde", tostring(_root(project, written), "utf-8", xml_declaration=True))


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _BEGAN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


def _root(project: Project, sources: Sequence[Element]) -> Element:
    coder, moment = _number(project, "coder"), _moment(project.made_at)
    root = Element(
        "Project",
        {
            "xmlns": NAMESPACE,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": _SCHEMA,
            "name": _plain(project.name),
            "origin": _plain(project.origin),
            "creatingUserGUID": coder,
            "creationDateTime": moment,
            "modifyingUserGUID": coder,
            "modifiedDateTime": moment,
        },
    )
    SubElement(SubElement(root, "Users"), "User", {"guid": coder, "name": _plain(project.coder)})
    if project.codes:
        _add_codes(SubElement(SubElement(root, "CodeBook"), "Codes"), project, project.codes)
    if sources:
        SubElement(root, "Sources").extend(sources)
    SubElement(root, "Description").text = _plain(project.description)
    return root


def _add_codes(parent: Element, project: Project, codes: Sequence[Code]) -> None:
    for at, code in enumerate(codes):
        attributes = {"guid": _number(project, "code", code.key), "name": _plain(code.name)}
        element = SubElement(parent, "Code", {**attributes, "isCodable": str(not code.below).lower()})
        if not code.below:
            element.set("color", _COLOURS[at % len(_COLOURS)])
        if code.description:
            SubElement(element, "Description").text = _plain(code.description)
        _add_codes(element, project, code.below)


def _source(project: Project, source: Source, coder: str) -> tuple[Element, str]:
    guid = _number(project, "source", source.key)
    attributes = {"guid": guid, "name": _plain(source.name), "plainTextPath": f"internal://{guid}.txt"}
    element = Element("TextSource", {**attributes, "creatingUser": coder, "creationDateTime": _moment(project.made_at)})
    SubElement(element, "Description").text = _plain(source.description)
    text: list[str] = []
    position = 0
    for passage in source.passages:
        heading, said = f"{_plain(passage.heading)}\n", _plain(passage.text)
        text += [heading, said, "\n\n"]
        position += len(heading)
        element.append(_selection(project, passage, position, said, coder))
        position += len(said) + 2
    return element, "".join(text)


def _selection(project: Project, passage: Passage, start: int, said: str, coder: str) -> Element:
    made = {"creatingUser": coder, "creationDateTime": _moment(project.made_at)}
    element = Element(
        "PlainTextSelection",
        {
            "guid": _number(project, "selection", passage.key),
            "name": _shortened(said),
            "startPosition": str(start),
            "endPosition": str(start + len(said)),
            **made,
        },
    )
    SubElement(element, "Description").text = _plain(passage.heading)
    for code in passage.codes:
        coding = SubElement(element, "Coding", {"guid": _number(project, "coding", passage.key, code), **made})
        SubElement(coding, "CodeRef", {"targetGUID": _number(project, "code", code)})
    return element


def _number(project: Project, *what: str) -> str:
    return str(uuid.uuid5(_NUMBERS, "\0".join((project.key, *what))))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _plain(text: str) -> str:
    """Return a text as XML and a text file can both hold it, with line feeds for all line ends."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", _LINE_ENDS.sub("\n", text))


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[: _LONGEST_NAME - 1]}…"
