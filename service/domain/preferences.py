"""What each moderator chooses for themselves: keys, language, folding abuse away, their names on the blogs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from service.domain.wording import N_, Refusal, typed

KEYS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "next": ("j", N_("to the next comment")),
        "previous": ("k", N_("to the previous comment")),
        "approve": ("a", N_("approve")),
        "reject": ("r", N_("reject; then a digit for the reason, or Enter for none")),
        "spam": ("s", N_("mark as spam")),
        "hold": ("h", N_("hold for a colleague, with a note")),
        "escalate": ("e", N_("escalate, with a note")),
        "note": ("n", N_("write a note")),
        "redact": ("p", N_("take personal data out of what is published")),
        "context": ("c", N_("the whole discussion, beside the comment")),
        "author": ("u", N_("the author's earlier comments, beside the comment")),
        "unfold": ("v", N_("show or fold away the text")),
        "select": ("x", N_("select, to decide about many at once")),
        "undo": ("z", N_("undo what you did last")),
        "go": ("g", N_("go; then a letter for where to")),
        "search": ("/", N_("search")),
        "help": ("?", N_("show these keys")),
    }
)
"""What a key can do: its key unless somebody chose another, and what is said of it. Digits toggle labels."""

GO: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "h": ("held", N_("what is held")),
        "e": ("escalated", N_("what was escalated")),
        "u": ("unscored", N_("what is unscored")),
        "b": ("reported", N_("what a blog reported back")),
        "d": ("decided", N_("what was decided last")),
        "a": ("all", N_("all comments")),
        "s": ("scores", N_("the scores")),
        "m": ("me", N_("your own choices")),
    }
)
"""After the key for `go`: a letter, where it leads, and what is said of it."""

MOST_NAMES = 10
LONGEST_NAME = 100


class PreferencesRefused(Refusal):
    """A choice that cannot be; the text says what to choose instead."""


@dataclass(frozen=True)
class Preferences:
    """One moderator's choices; raises PreferencesRefused for keys that would get in each other's way."""

    folds_abuse: bool = True
    """Whether text that is likely abusive is folded away until it is asked for."""
    language: str | None = None
    """As ISO 639 writes it; None for what the browser asks for."""
    keys_are_on: bool = True
    """Single keys can be switched off altogether (WCAG 2.1.4)."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """What a key does, to the key, for all that is not as it comes."""
    names: tuple[str, ...] = ()
    """The names under which this person posts and comments on the blogs."""

    def __post_init__(self) -> None:
        for action, key in self.keys.items():
            _check_key(action, key)
        taken: dict[str, str] = {}
        for action, key in self.keymap.items():
            if key in taken:
                raise PreferencesRefused(
                    N_("The key %(key)s cannot do two things: “%(one)s” and “%(other)s”. Choose another for one."),
                    key=key,
                    one=KEYS[taken[key]][1],
                    other=KEYS[action][1],
                )
            taken[key] = action
        if len(self.names) > MOST_NAMES or any(len(name) > LONGEST_NAME for name in self.names):
            raise PreferencesRefused(
                N_("Write at most %(most)s names of at most %(longest)s characters, one on each line."),
                most=MOST_NAMES,
                longest=LONGEST_NAME,
            )

    @property
    def keymap(self) -> dict[str, str]:
        """What each key does, to the key."""
        return {action: self.keys.get(action, key) for action, (key, _) in KEYS.items()}


def only_changed(keys: Mapping[str, str]) -> dict[str, str]:
    """Return of a whole keymap what differs from how it comes; an empty key means how it comes."""
    return {action: key for action, key in keys.items() if key and (action not in KEYS or key != KEYS[action][0])}


def cleaned(names: Iterable[str]) -> tuple[str, ...]:
    """Return names without blanks around them, each once."""
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _check_key(action: str, key: str) -> None:
    if action not in KEYS:
        raise PreferencesRefused(
            N_("No key does %(action)s. These can be changed: %(known)s."), action=typed(action), known=", ".join(KEYS)
        )
    if len(key) != 1 or not key.isprintable() or key.isspace() or key.isdigit():
        raise PreferencesRefused(
            N_("“%(key)s” is no single key. Choose one letter or sign; digits are for the labels."), key=typed(key, 20)
        )
