"""The page of the sites: the reasons their moderators choose from, second opinions, how long originals are kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.domain.reasons import CannedReason
from service.domain.wording import Refusal
from service.flows import blogs
from service.store import sites
from service.store.tables import DEFAULT_ORIGINALS_DAYS, SiteRow, find
from service.web import language
from service.web.auth import require_admin
from service.web.desk import desk
from service.web.language import gettext as _
from service.web.parts import parts


@dataclass(frozen=True)
class Form:
    """What stands in a site's form: as it is kept, or as somebody typed it who has to be told what is wrong."""

    reasons: list[tuple[str, str]]
    guards_conflicts: bool
    keeps_originals_days: str


@desk.get("/sites")
def site_list() -> str:
    """Show every site."""
    return _page()


@desk.post("/sites/<int:site_id>")
def save_site(site_id: int) -> Response | tuple[str, int]:
    """Save what a site's moderators work with; what cannot be is refused and nothing is changed."""
    require_admin()
    typed = _typed()
    try:
        reasons = [CannedReason(name.strip(), sentence.strip()) for name, sentence in typed.reasons]
        with parts().database.writing() as session:
            site = find(session, SiteRow, site_id) or abort(404, _("There is no such site."))
            blogs.save_moderation(site, reasons, typed.keeps_originals_days, guards_conflicts=typed.guards_conflicts)
    except Refusal as error:
        return _page(refused=language.refusal(error), typed={site_id: typed}), 400
    return redirect(url_for("desk.site_list", saved=site_id), 303)


def _typed() -> Form:
    rows = zip(request.form.getlist("name"), request.form.getlist("sentence"), strict=False)
    days = request.form.get("keeps_originals_days", str(DEFAULT_ORIGINALS_DAYS))
    return Form([row for row in rows if any(map(str.strip, row))], "guards_conflicts" in request.form, days)


def _kept(site: SiteRow) -> Form:
    reasons = [(each.name, each.sentence) for each in sites.reasons_of(site)]
    return Form(reasons, site.guards_conflicts, str(site.keeps_originals_days))


def _page(refused: str | None = None, typed: Mapping[int, Form] | None = None) -> str:
    """Show the page: with what was typed, where it was refused, so that nobody has to type it again."""
    with parts().database.reading() as session:
        shown = [(site, (typed or {}).get(site.id) or _kept(site)) for site in sites.all_of_them(session)]
        return render_template("sites.html", sites=shown, refused=refused, saved=request.args.get("saved", 0, type=int))
