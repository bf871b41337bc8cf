"""What a list of the desk is asked for in its address: a view, filters, words; each can be bookmarked and sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from service.domain.labels import LABELS
from service.domain.periods import zone_of
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
from service.domain.tone import Speaker
from service.domain.wording import N_, typed
from service.store.lists import Became, Filter, View
from service.store.tables import LARGEST_ID
from service.web.errors import Refused

VIEW_NAMES = {
    View.HELD: N_("Held"),
    View.ESCALATED: N_("Escalated"),
    View.UNSCORED: N_("Unscored"),
    View.REPORTED: N_("Reported back"),
    View.DECIDED: N_("Recently decided"),
    View.SAMPLE: N_("To be checked"),
    View.ALL: N_("All"),
}
HELD_FOR_NAMES = {
    **{key: label.name for key, label in LABELS.items()},
    UNSCORED: N_("Could not be scored"),
    OTHER_LANGUAGE: N_("Another language"),
    AUDIT: N_("Audit sample"),
    REFUSED_BEFORE: N_("Edited after a refusal"),
    OTHERWISE: N_("The site holds all"),
    COLLEAGUE: N_("For a colleague"),
    SECOND_OPINION: N_("A second opinion"),
    ESCALATED: N_("Escalated"),
}
SPEAKER_NAMES = {Speaker.READERS: N_("Readers"), Speaker.STAFF: N_("Staff")}
BECAME_NAMES = {
    Became.HELD: N_("Held"),
    Became.DECIDED: N_("Decided by a person"),
    Became.OVERTURNED: N_("Decided otherwise than before"),
    Became.CHECKED: N_("Labels confirmed in the sample"),
    Became.SCORED: N_("Scored by a model"),
}
_LONGEST_WORDS = 200
_LONGEST_GROUP = 255
_EARLIEST, _LATEST = 1900, 9000
"""The years that can be asked for: others are typing errors, and some have no moment in every time zone."""
_NO_VIEW = N_("There is no view '%(value)s'. Ask for one of: %(known)s.")
NO_LABEL = N_("There is no label '%(value)s'. Ask for one of: %(known)s.")
_NO_SPEAKER = N_("There is no group '%(value)s'. Ask for one of: %(known)s.")
_NO_BECAME = N_("Nothing becomes '%(value)s'. Ask for one of: %(known)s.")
_NO_REASON = N_("There is no reason '%(value)s'. Ask for one of: %(known)s.")


@dataclass(frozen=True)
class Asked:
    """A list as asked for: what it is of, and the same as it stands in the address."""

    view: View
    filter: Filter
    typed: Mapping[str, str]
    """What was asked beside the view, for the form and for the address of the next page."""


def asked(arguments: Mapping[str, str]) -> Asked:
    """Read a list's address; raise Refused for what cannot be asked, with what can."""
    given = {name: value for name in _READERS if (value := arguments.get(name, "").strip())}
    view = one_of(View, arguments.get("view") or View.HELD, _NO_VIEW)
    found = {_FIELDS.get(name, name): _READERS[name](value) for name, value in given.items()}
    if "label" not in given and {"from", "to"} & set(given):
        raise Refused(400, "invalid", N_("Choose the label whose probability is meant."))
    zone = found.pop("zone", UTC)
    if "since" in found:
        found["since"] = found["since"].replace(tzinfo=zone)
    if "until" in found:
        found["until"] = (found["until"] + timedelta(days=1)).replace(tzinfo=zone)  # the day itself is meant too
    return Asked(View(view), Filter(**found), given)


def one_of(known: Any, value: str, otherwise: str) -> str:  # noqa: ANN401  # anything that can be looked into
    """Return a word of the address; raise Refused, with those that there are, for any other."""
    if value not in list(known):
        raise Refused(400, "invalid", otherwise, value=typed(value), known=", ".join(known))
    return value


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < int(value[:20]) <= LARGEST_ID:
        said = N_("'%(value)s' numbers no site, discussion or comment. Follow a link to one.")
        raise Refused(400, "invalid", said, value=typed(value))
    return int(value)


def probability(value: str) -> float:
    """Return a probability that was written in per cent; raise Refused for what is none."""
    try:
        percent = float(value.removesuffix("%").replace(",", "."))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:  # noqa: PLR2004  # per cent
        said = N_("'%(value)s' is no probability. Write a number from 0 to 100, in per cent.")
        raise Refused(400, "invalid", said, value=typed(value))
    return percent / 100


def _day(value: str) -> datetime:
    try:
        found = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
        if not _EARLIEST <= found.year <= _LATEST:
            raise ValueError(f"{found.year} is long ago, or far away")
        return found
    except ValueError:
        said = N_("'%(value)s' is no day. Write one like 2026-11-21.")
        raise Refused(400, "invalid", said, value=typed(value)) from None


def _group(value: str) -> str:
    if len(value) > _LONGEST_GROUP:
        said = N_("'%(value)s' is no group of authors. Write the role as the blog calls it.")
        raise Refused(400, "invalid", said, value=typed(value))
    return value


def _words(value: str) -> str:
    if len(value) > _LONGEST_WORDS:
        said = N_("%(count)s characters are too many to search for. Write at most %(most)s.")
        raise Refused(400, "invalid", said, count=len(value), most=_LONGEST_WORDS)
    return value


_READERS: Mapping[str, Callable[[str], Any]] = {
    "q": _words,
    "label": lambda value: one_of(LABELS, value, NO_LABEL),
    "from": probability,
    "to": probability,
    "reason": lambda value: one_of(HELD_FOR_NAMES, value, _NO_REASON),
    "since": _day,
    "until": _day,
    "zone": zone_of,
    "speaker": lambda value: Speaker(one_of(Speaker, value, _NO_SPEAKER)),
    "group": _group,
    "became": lambda value: Became(one_of(Became, value, _NO_BECAME)),
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
    "group": "author_group",
}
"""Where a name of the address is another in the store."""
