"""What each moderator chooses for themselves."""

from dataclasses import replace

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.domain.preferences import KEYS, Preferences, PreferencesRefused, cleaned, only_changed
from service.flows import people
from service.store.users import preferences_of
from service.web import language
from service.web.auth import user_in
from service.web.desk import desk
from service.web.parts import parts


@desk.get("/me")
def me() -> str:
    """Show one's own choices."""
    return _page(preferences_of(g.user))


@desk.post("/me")
def save_me() -> Response | tuple[str, int]:
    """Keep one's own choices; keys that would get in each other's way are refused and nothing is changed."""
    typed = {action: request.form.get(f"key-{action}", "").strip() for action in KEYS}
    try:
        chosen = _chosen(only_changed(typed))
    except PreferencesRefused as error:
        kept = preferences_of(g.user)
        return _page(kept, refused=language.refusal(error), typed=typed), 400
    with parts().database.writing() as session:
        people.choose(user_in(session), chosen)
    return redirect(url_for("desk.me", saved=1), 303)


@desk.post("/me/folding")
def save_folding() -> Response:
    """Fold abuse away, or show it, from now on: the one choice that stands on the queue itself."""
    with parts().database.writing() as session:
        user = user_in(session)
        people.choose(user, replace(preferences_of(user), folds_abuse="folds_abuse" in request.form))
    return redirect(url_for("desk.queue"), 303)


def _chosen(keys: dict[str, str]) -> Preferences:
    form = request.form
    wanted = form.get("language", "")
    return Preferences(
        folds_abuse="folds_abuse" in form,
        language=wanted if wanted in language.LANGUAGES else None,
        keys_are_on="keys_are_on" in form,
        keys=keys,
        names=cleaned(form.get("names", "").splitlines()),
    )


def _page(chosen: Preferences, refused: str | None = None, typed: dict[str, str] | None = None) -> str:
    return render_template(
        "me.html",
        chosen=chosen,
        keymap=typed or chosen.keymap,
        keys=KEYS,
        languages=language.LANGUAGES,
        refused=refused,
        saved="saved" in request.args,
    )
