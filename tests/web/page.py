"""Reads a page as a browser would: its elements, their attributes, and the text inside."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from werkzeug.test import TestResponse

Structure = list[tuple[str, list[str]]]
VOID = ("br", "hr", "img", "input", "link", "meta")


@dataclass
class Element:
    """One element of a page; its text includes that of the elements inside."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    inside: "list[Element]" = field(default_factory=list)

    @property
    def words(self) -> str:
        """The text with its white space made single."""
        return " ".join(self.text.split())

    @property
    def structure(self) -> "Structure":
        """All that is no text: the elements inside, each with its attributes' names; marks are left out."""
        return _structure(self.inside)


class Page(HTMLParser):
    """A page that was answered."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(answer.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in an element."""
        element = Element(tag, dict(attrs))
        for outer in self._open:
            outer.inside.append(element)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Take in text."""
        for outer in self._open:
            outer.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements with this tag and these attributes; `class_` asks for one class among others."""
        return [each for each in self.elements if each.tag == tag and _has(each, attributes)]

    def one(self, tag: str, **attributes: str) -> Element:
        """Return the one element that there is of this kind."""
        [found] = self.all(tag, **attributes)
        return found

    @property
    def token(self) -> str:
        """The token that every form of this page sends back."""
        return self.one("meta", name="csrf-token").attributes["content"] or ""

    @property
    def structure(self) -> "Structure":
        """All that is no text: the elements in their order, each with its attributes' names; marks are left out."""
        return _structure(self.elements)


def _has(element: Element, attributes: dict[str, str]) -> bool:
    for name, value in attributes.items():
        if name == "class_":
            if value not in (element.attributes.get("class") or "").split():
                return False
        elif element.attributes.get(name) != value:
            return False
    return True


def _structure(elements: list[Element]) -> Structure:
    return [(each.tag, sorted(each.attributes)) for each in elements if each.tag != "mark"]
