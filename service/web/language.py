"""The language of what people read: English as it is written, others from the catalogues in `translations/`."""

from collections.abc import Mapping
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations
from flask import Flask, Response, g, has_request_context, request

from service.domain.wording import Marked, Refusal
from service.web.parts import is_for_programs

FOLDER = Path(__file__).parent / "translations"
LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
"""Every language, by its own name. Its numbers are written as Babel knows them by this code."""


def init_app(app: Flask) -> None:
    """Join languages to an application."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # However a template is indented, the texts in it are the same: babel.cfg says so too.
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        gettext,
        lambda one, many, count: _catalogue(language()).ngettext(one, many, count),
        newstyle=True,
    )
    app.add_template_global(language)
    app.add_template_filter(number)
    app.after_request(tell)


def language() -> str:
    """Return the language of this request: what the person chose, else what their browser asks for.

    Programs are answered in English, whatever they ask for: what they show or log must not change with it.
    """
    try:
        found: str = g.language  # first of all: a long page asks for it a thousand times
    except RuntimeError:
        return "en"  # nobody asks: it is for the log, or a command
    except AttributeError:
        found = g.language = _chosen() if has_request_context() else "en"
    return found


def gettext(text: str, **values: object) -> str:
    """Return a text in the language of this request, its gaps (`%(name)s`) filled."""
    said = _catalogue(language()).gettext(text) if text else ""  # the catalogue has its own header for ""
    return said % values if values else said


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Return the text for a count, `%(num)s`, in the language of this request."""
    return _catalogue(language()).ngettext(one, many, count) % {"num": count, **values}


def refusal(error: Refusal) -> str:
    """Return what a refusal says in the language of this request; what fills its gaps too, where that is marked."""
    values = {name: gettext(each) if isinstance(each, Marked) else each for name, each in error.values.items()}
    return gettext(error.text, **values)


def number(value: float) -> str:
    """Return a number as the language of this request writes it: 1,000.5 or 1.000,5."""
    return format_decimal(value, locale=language())


def tell(response: Response) -> Response:
    """Say in the answer's headers which language was spoken in it, and that a browser could have asked for another."""
    if "language" in g:
        response.headers.setdefault("Content-Language", g.language)
        if g.get("language_is_the_browsers"):
            response.vary.add("Accept-Language")
    return response


def _chosen() -> str:
    # Not by way of all that was chosen: a page that says what is wrong with the rest must not fail for it.
    wanted = g.user.preferences.get("language") if "user" in g else None
    if wanted in LANGUAGES:
        return str(wanted)
    if "user" not in g and is_for_programs():
        return "en"
    g.language_is_the_browsers = True
    return request.accept_languages.best_match(LANGUAGES) or "en"


@cache
def _catalogue(code: str) -> NullTranslations:
    """Return a language's catalogue, compiled when it is first asked for: nobody can forget to."""
    if code == "en":
        return NullTranslations()
    with (FOLDER / f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
