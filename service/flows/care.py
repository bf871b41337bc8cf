"""What a comment says between the lines that a moderator must not overlook: danger to its writer, and private data."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.conflicts import Conflict, conflicts
from service.domain.wording import N_
from service.ml.crisis import crisis
from service.ml.personal_data import personal_data
from service.store import users
from service.store.tables import CommentRow, UserRow

HELP_TEXT = N_(
    "It may be nothing. If it is not: answer kindly and soon, in public or by a message, say that they matter, and "
    "name who can help where they live, such as the emergency number, a helpline, their doctor or their MS nurse."
)
"""What moderators read where a site has written nothing of its own."""

_WORDS = {
    "self_harm": N_("The writer may be thinking of harming themselves."),
    "stopping_treatment": N_("The writer may be stopping a treatment by themselves."),
}
_KINDS = {
    "email": N_("e-mail address"),
    "telephone": N_("telephone number"),
    "nhs_number": N_("NHS number"),
    "postal_address": N_("postal address"),
}


@dataclass(frozen=True)
class Concern:
    """Why a comment is pinned, the words that say so, and what its site wants to be done."""

    sentence: str
    quotes: Sequence[str]
    help_text: str


@dataclass(frozen=True)
class Private:
    """A stretch of a text that is likely somebody's personal data, and what kind."""

    kind: str
    quote: str
    start: int
    end: int
    """In code points."""


def concerns_of(row: CommentRow) -> list[Concern]:
    """Return what may be wrong with the writer of a pinned comment."""
    text = row.revision.text
    signs = crisis(text) if row.is_pinned else ()
    quotes = {kind: [text[each.start : each.end] for each in signs if each.kind == kind] for kind in _WORDS}
    help_text = row.site.help_text or HELP_TEXT
    return [Concern(_WORDS[kind], found, help_text) for kind, found in quotes.items() if found]


def conflicts_of(row: CommentRow, user: UserRow) -> tuple[Conflict, ...]:
    """Return how a comment concerns a moderator, by the names under which they are known."""
    names = (user.name, *users.preferences_of(user).names)
    parent = row.parent.author_name if row.parent else None
    return conflicts(names, row.revision.text, row.thread.author, parent)


def private_data_of(text: str) -> list[Private]:
    """Return what is likely personal data in a text, in its order."""
    return [
        Private(_KINDS[each.kind], text[each.start : each.end], each.start, each.end) for each in personal_data(text)
    ]
