"""The texts that people read, collected from the source into the catalogues: `python -m tests.messages`."""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from service.settings import ROOT
from service.web.language import FOLDER, LANGUAGES

KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
WIDTH = 120


def collected() -> Catalog:
    """Return every text that is marked, with the places where it stands."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog()
    for path, line, text, _, _ in extract_from_dir(ROOT, methods, options, KEYWORDS):
        found.add(text, locations=[(path, line)])
    return found


def catalogue(code: str) -> Catalog:
    """Return a language's catalogue as it is kept."""
    with path_of(code).open("rb") as file:
        return read_po(file, locale=code)


def path_of(code: str) -> Path:
    """Return where a language's catalogue is kept."""
    return FOLDER / f"{code}.po"


def is_complete(message: Message) -> bool:
    """Whether a text is translated, in every number that there is of it."""
    said = message.string if isinstance(message.string, tuple | list) else [message.string]
    return all(said) and not message.fuzzy


def updated(code: str, wanted: Catalog) -> str:
    """Return a language's catalogue brought up to date: new texts without a translation, and none that no page has.

    Files are named and lines are not, and its head stays as it is, so that a change shows what changed.
    """
    kept = catalogue(code)
    kept.update(wanted, no_fuzzy_matching=True)
    kept.obsolete.clear()
    head = path_of(code).read_text(encoding="utf-8").partition("\n\n")[0].rstrip("\n")
    body = BytesIO()
    write_po(body, kept, width=WIDTH, omit_header=True, include_lineno=False)
    return f"{head}\n\n{body.getvalue().decode().strip()}\n"


def main() -> None:
    """Bring every catalogue up to date and say how many texts each lacks."""
    wanted = collected()
    for code in LANGUAGES:
        if code != "en":  # as the texts are written
            path_of(code).write_text(updated(code, wanted), encoding="utf-8")
            lacking = [each for each in catalogue(code) if each.id and not is_complete(each)]
            print(f"{LANGUAGES[code]}: {len(lacking)} of {len(wanted)} texts are not translated")  # noqa: T201


if __name__ == "__main__":
    main()
