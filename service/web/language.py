"""The language of what people read: English as it is written, others from the catalogues in `translations/`."""

from collections.abc import Mapping
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, g, has_request_context, request

from service.domain.wording import Refusal
from service.store.users import preferences_of

FOLDER = Path(__file__).parent / "translations"
LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
"""Every language, by its own name."""


def init_app(app: Flask) -> None:
    """Join languages to an application."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        lambda text: _catalogue(language()).gettext(text),
        lambda one, many, count: _catalogue(language()).ngettext(one, many, count),
        newstyle=True,
    )
    app.add_template_global(language)


def language() -> str:
    """Return the language of this request: what the person chose, else what their browser asks for.

    Programs are answered in English, whatever they ask for: what they show or log must not change with it.
    """
    if not has_request_context():
        return "en"
    if "language" not in g:
        g.language = _chosen()
    found: str = g.language
    return found


def gettext(text: str, **values: object) -> str:
    """Return a text in the language of this request, its gaps (`%(name)s`) filled."""
    said = _catalogue(language()).gettext(text)
    return said % values if values else said


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Return the text for a count, `%(num)s`, in the language of this request."""
    return _catalogue(language()).ngettext(one, many, count) % {"num": count, **values}


def refusal(error: Refusal) -> str:
    """Return what a refusal says in the language of this request."""
    return gettext(error.text, **error.values)


def _chosen() -> str:
    if "user" in g:
        wanted = preferences_of(g.user).language
        if wanted:
            return wanted
    elif request.path.startswith("/api/"):
        return "en"
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
