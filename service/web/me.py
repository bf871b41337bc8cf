"""What each moderator chooses for themselves."""

from dataclasses import dataclass, replace

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.domain.preferences import KEYS, Preferences, PreferencesRefused, cleaned, only_changed
from service.flows import people
from service.store.users import preferences_of
from service.web import language
from service.web.auth import user_in
from service.web.desk import back_to_queue, desk
from service.web.parts import parts


@dataclass(frozen=True)
class Form:
    """What stands in the form as somebody typed it who has to be told what is wrong."""

    folds_abuse: bool
    language: str | None
    keys_are_on: bool
    names: tuple[str, ...]
    typed: dict[str, str]
    """What each key was to do."""
    keymap: dict[str, str]
    """What the keys do meanwhile."""


@desk.get("/me")
def me() -> str:
    """Show one's own choices."""
    return _page(preferences_of(g.user))


@desk.post("/me")
def save_me() -> Response | tuple[str, int]:
    """Keep one's own choices; keys that would get in each other's way are refused and nothing is changed."""
    form = _typed()
    try:
        chosen = Preferences(form.folds_abuse, form.language, form.keys_are_on, only_changed(form.typed), form.names)
    except PreferencesRefused as error:
        return _page(form, refused=language.refusal(error), typed=form.typed), 400
    with parts().database.writing() as session:
        people.choose(user_in(session), chosen)
    return redirect(url_for("desk.me", saved=1), 303)


@desk.post("/me/folding")
def save_folding() -> Response:
    """Fold abuse away, or show it, from now on: the one choice that stands on the queue itself."""
    with parts().database.writing() as session:
        user = user_in(session)
        people.choose(user, replace(preferences_of(user), folds_abuse="folds_abuse" in request.form))
    return redirect(back_to_queue(), 303)


def _typed() -> Form:
    form = request.form
    wanted = form.get("language", "")
    return Form(
        folds_abuse="folds_abuse" in form,
        language=wanted if wanted in language.LANGUAGES else None,
        keys_are_on="keys_are_on" in form,
        names=cleaned(form.get("names", "").splitlines()),
        typed={action: form.get(f"key-{action}", "").strip() for action in KEYS},
        keymap=preferences_of(g.user).keymap,
    )


def _page(chosen: Preferences | Form, refused: str | None = None, typed: dict[str, str] | None = None) -> str:
    return render_template(
        "me.html",
        chosen=chosen,
        keymap=typed or chosen.keymap,
        keys=KEYS,
        languages=language.LANGUAGES,
        refused=refused,
        saved="saved" in request.args,
    )
