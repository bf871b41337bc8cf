"""Texts that people read: written in English where they arise, translated where they are shown."""


class Marked(str):
    """A text that the catalogues have in other languages; inside a refusal it is translated with it."""

    __slots__ = ()


def N_(text: str) -> Marked:  # noqa: N802  # gettext's own name for it
    """Mark a text for translation and return it as it is."""
    return Marked(text)


def typed(value: str, longest: int = 60) -> str:
    """Return the beginning of what somebody typed as it can be said again: what cannot be printed is escaped."""
    return repr(value[:longest])[1:-1]


class Refusal(ValueError):
    """A refusal that a person reads: a text with gaps like `%(name)s`, and what fills them.

    It reads in English; whoever shows it in another language translates the text and fills the gaps again.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text % values if values else text)
        self.text = text
        self.values = values
