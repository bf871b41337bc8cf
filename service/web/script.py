"""What the desk's script is told: the texts it shows, in the reader's language, and what this person has chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from flask import url_for

from service.domain.preferences import GO, Preferences
from service.domain.wording import N_
from service.store import sites
from service.store.tables import Role, SiteRow, UserRow
from service.web.language import gettext as _

WORDS: Mapping[str, str] = {
    "no_answer": N_("The server did not answer, or you are signed out. Nothing was changed; reload the page."),
    "decided": N_("%(author)s: %(what)s."),
    "nothing_left": N_("That was the last one on this page."),
    "undo": N_("Undo"),
    "undone": N_("Undone: %(author)s. "),
    "comment": N_("Comment %(number)s"),
    "is_decided": N_("This one is decided. Undo first."),
    "sure": N_("%(count)s comments: %(what)s?"),
    "approve": N_("Approve"),
    "spam": N_("Spam"),
    "incomplete": N_("Much has happened meanwhile."),
    "undone_many": N_("Undone: %(count)s. Decided anew meanwhile, and left: %(over)s."),
    "undo_late": N_("%(author)s: %(by)s decided since, so nothing was undone."),
    "nothing_to_undo": N_("There is nothing of yours to undo."),
    "see_it": N_("See it"),
    "conflict": N_("%(by)s was first: %(what)s%(reason)s. Your decision was not made; decide again to change theirs."),
    "elsewhere": N_("%(by)s decided just now: %(what)s%(reason)s."),
    "somebody": N_("Somebody"),
    "claimed": N_("%(by)s is at this one."),
    "arrived": N_("New in the queue: %(count)s."),
    "why_reject": N_("Reject: why?"),
    "without_reason": N_("%(what)s without a reason"),
    "enter": N_("Enter"),
    "own_words": N_("In your own words"),
    "reject": N_("Reject"),
    "hold": N_("Hold"),
    "escalate": N_("Escalate"),
    "save": N_("Save"),
    "cancel": N_("Cancel"),
    "note_hold": N_("What your colleague should know"),
    "note_escalate": N_("Why you escalate it"),
    "note_note": N_("Note for your colleagues"),
    "noted": N_("Noted."),
    "nothing_private": N_("No personal data was found in it."),
    "redacted": N_("Personal data taken out; the blog is told."),
    "label_on": N_("%(label)s: yes."),
    "label_off": N_("%(label)s: no."),
    "last_one": N_("This is the last one on this page."),
    "first_one": N_("This is the first one."),
    "chosen": N_("%(count)s selected"),
    "decided_many": N_("Decided: %(count)s (%(what)s)."),
    "passed_over": N_("Changed meanwhile, and left: %(count)s."),
    "context": N_("The whole discussion"),
    "author": N_("The author"),
}


def for_script(user: UserRow, chosen: Preferences, blogs: Sequence[SiteRow]) -> dict[str, object]:
    """Return it all, as the page carries it in a `meta`: no script may stand in the page itself."""
    return {
        "words": {name: _(text) for name, text in WORDS.items()},
        "me": user.name,
        "may_decide": user.role is not Role.VIEWER,
        "keys_are_on": chosen.keys_are_on,
        "keymap": chosen.keymap,
        "go": {key: _address(where) for key, (where, _meaning) in GO.items()},
        "search": url_for("desk.queue", view="all"),
        "reasons": {site.id: [asdict(each) for each in sites.reasons_of(site)] for site in blogs},
    }


def _address(where: str) -> str:
    pages = {"scores": "desk.scores", "me": "desk.me"}
    return url_for(pages[where]) if where in pages else url_for("desk.queue", view=where)
