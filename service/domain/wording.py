"""Texts that people read: written in English where they arise, translated where they are shown."""


def N_(text: str) -> str:  # noqa: N802  # gettext's own name for it
    """Mark a text for translation and return it as it is."""
    return text


class Refusal(ValueError):
    """A refusal that a person reads: a text with gaps like `%(name)s`, and what fills them.

    It reads in English; whoever shows it in another language translates the text and fills the gaps again.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text % values if values else text)
        self.text = text
        self.values = values
