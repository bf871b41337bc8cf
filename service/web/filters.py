"""What a list of the desk is asked for in its address: a view, filters, words; each can be bookmarked and sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from service.domain.labels import LABELS
from service.domain.policy import (
    AUDIT,
    COLLEAGUE,
    ESCALATED,
    OTHER_LANGUAGE,
    OTHERWISE,
    REFUSED_BEFORE,
    SECOND_OPINION,
    UNSCORED,
)
from service.store.lists import Filter, View
from service.store.tables import LARGEST_ID
from service.web.errors import Refused

VIEW_NAMES = {
    View.HELD: "Held",
    View.ESCALATED: "Escalated",
    View.UNSCORED: "Unscored",
    View.REPORTED: "Reported back",
    View.DECIDED: "Recently decided",
    View.ALL: "All",
}
HELD_FOR_NAMES = {
    **{key: label.name for key, label in LABELS.items()},
    UNSCORED: "Could not be scored",
    OTHER_LANGUAGE: "Another language",
    AUDIT: "Audit sample",
    REFUSED_BEFORE: "Edited after a refusal",
    OTHERWISE: "The site holds all",
    COLLEAGUE: "For a colleague",
    SECOND_OPINION: "A second opinion",
    ESCALATED: "Escalated",
}
_LONGEST_WORDS = 200


@dataclass(frozen=True)
class Asked:
    """A list as asked for: what it is of, and the same as it stands in the address."""

    view: View
    filter: Filter
    typed: Mapping[str, str]
    """What was asked beside the view, for the form and for the address of the next page."""


def asked(arguments: Mapping[str, str]) -> Asked:
    """Read a list's address; raise Refused for what cannot be asked, with what can."""
    typed = {name: value for name in _READERS if (value := arguments.get(name, "").strip())}
    view = one_of(View, arguments.get("view") or View.HELD, "view")
    found = {_FIELDS.get(name, name): _READERS[name](value) for name, value in typed.items()}
    if "label" not in typed and {"from", "to"} & set(typed):
        raise Refused(400, "invalid", "Choose the label whose probability is meant.")
    if found.get("until"):
        found["until"] += timedelta(days=1)  # the day itself is meant too
    return Asked(View(view), Filter(**found), typed)


def one_of(known: Any, value: str, what: str) -> str:  # noqa: ANN401  # anything that can be looked into
    """Return a word of the address; raise Refused, with those that there are, for any other."""
    if value not in list(known):
        raise Refused(400, "invalid", f"There is no {what} {value[:60]!r}. Ask for one of: {', '.join(known)}.")
    return value


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < int(value[:20]) <= LARGEST_ID:
        raise Refused(400, "invalid", f"{value[:60]!r} numbers no site, discussion or comment. Follow a link to one.")
    return int(value)


def probability(value: str) -> float:
    """Return a probability that was written in per cent; raise Refused for what is none."""
    try:
        percent = float(value.removesuffix("%").replace(",", "."))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:  # noqa: PLR2004  # per cent
        raise Refused(400, "invalid", f"{value[:60]!r} is no probability. Write a number from 0 to 100, in per cent.")
    return percent / 100


def _day(value: str) -> datetime:
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Refused(400, "invalid", f"{value[:60]!r} is no day. Write one like 2026-11-21.") from None


def _words(value: str) -> str:
    if len(value) > _LONGEST_WORDS:
        raise Refused(400, "invalid", f"{len(value)} characters are too many to search for. Write at most 200.")
    return value


_READERS: Mapping[str, Callable[[str], Any]] = {
    "q": _words,
    "label": lambda value: one_of(LABELS, value, "label"),
    "from": probability,
    "to": probability,
    "reason": lambda value: one_of(HELD_FOR_NAMES, value, "reason"),
    "since": _day,
    "until": _day,
    "site": _number,
    "thread": _number,
    "author": _number,
}
_FIELDS = {
    "q": "words",
    "from": "at_least",
    "to": "at_most",
    "reason": "held_for",
    "site": "site_id",
    "thread": "thread_id",
    "author": "author_of",
}
"""Where a name of the address is another in the store."""
