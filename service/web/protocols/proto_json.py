"""JSON as Google's services read it: a protocol buffer's fields in either spelling, each with its type."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST = 256
"""Elements that are taken of one list."""
_LARGEST = 2**31 - 1


class FieldRefused(ValueError):
    """A field that is not of its type; says which, and what came, as Google's services do."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Message:
    """A JSON object read as protocol buffers write it: either spelling of a name, and null for what is not there."""

    fields: Mapping[str, Any]
    path: str = ""

    def get(self, name: str) -> Any:  # noqa: ANN401
        """Return a field as it came, None where it is not there."""
        snake = re.sub(r"([A-Z])", r"_\1", name).lower() if name[:1].islower() else name
        value = self.fields.get(name)
        return self.fields.get(snake) if value is None else value

    def child(self, name: str) -> "Message":
        """Return a field that is a message; an empty one where it is not there."""
        value = self.get(name)
        if not isinstance(value, dict | None):
            raise self._wrong(name, "TYPE_MESSAGE", value)
        return Message(value or {}, self._at(name))

    def children(self, name: str) -> list["Message"]:
        """Return a field that is a list of messages."""
        value = self._list(name)
        if not all(isinstance(each, dict) for each in value):
            raise self._wrong(name, "TYPE_MESSAGE", value)
        return [Message(each, f"{self._at(name)}[{number}]") for number, each in enumerate(value)]

    def strings(self, name: str) -> list[str]:
        """Return a field that is a list of short strings."""
        value = self._list(name)
        if not all(isinstance(each, str) and len(each) < 100 for each in value):  # noqa: PLR2004
            raise self._wrong(name, "TYPE_STRING", value)
        return value

    def text(self, name: str) -> str | None:
        """Return a field that is a string."""
        value = self.get(name)
        if not isinstance(value, str | None):
            raise self._wrong(name, "TYPE_STRING", value)
        return value

    def boolean(self, name: str) -> bool:
        """Return a field that is true or false."""
        value = self.get(name)
        if not isinstance(value, bool | None):
            raise self._wrong(name, "TYPE_BOOL", value)
        return bool(value)

    def number(self, name: str) -> float | None:
        """Return a field that is a number, which may come as a string too."""
        value = self.get(name)
        if value is None:
            return None
        try:
            found = math.nan if isinstance(value, bool | list | dict) else float(value)
        except (ValueError, OverflowError):
            found = math.nan
        if not math.isfinite(found):
            raise self._wrong(name, "TYPE_FLOAT", value)
        return found

    def whole_number(self, name: str) -> int:
        """Return a field that is a number without a fraction, 0 where it is not there."""
        value = self.number(name) or 0.0
        if value != math.floor(value) or abs(value) > _LARGEST:
            raise self._wrong(name, "TYPE_INT32", value)
        return int(value)

    def probability(self, name: str) -> float:
        """Return a field that is a score."""
        value = self.number(name) or 0.0
        if not 0.0 <= value <= 1.0:
            raise self._wrong(name, "TYPE_FLOAT", value)
        return value

    def _list(self, name: str) -> list[Any]:
        value = self.get(name)
        if not isinstance(value, list | None):
            raise self._wrong(name, "TYPE_MESSAGE", value)
        value = value or []
        if len(value) > MOST:
            raise FieldRefused(f"Invalid value at '{self._at(name)}': at most {MOST} are taken", self._at(name))
        return value

    def _at(self, name: str) -> str:
        return f"{self.path}.{name[:100]}" if self.path else name[:100]

    def _wrong(self, name: str, kind: str, value: object) -> FieldRefused:
        # Only what is flat is said again: what is nested deeply cannot be written in one go.
        said = "a message or a list" if isinstance(value, dict | list) else json.dumps(value)[:60]
        return FieldRefused(f"Invalid value at '{self._at(name)}' ({kind}), {said}", self._at(name))
