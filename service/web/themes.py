"""What a site's comments are about: themes with their typical comments, named, joined and left out by people."""

import tempfile
from dataclasses import dataclass
from datetime import timedelta

from flask import Response, abort, current_app, g, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from service.flows import theme_files
from service.flows import themes as flow
from service.flows.theme_files import name_of
from service.store import comments, themes
from service.store.tables import CommentRow, ThemeRow, ThemeRunRow
from service.web import cards, site_days
from service.web.desk import desk
from service.web.language import gettext as _
from service.web.parts import now, parts

TYPICAL, _LOOKED_THROUGH = 3, 9
_EARLIER = 12
_IN_MEMORY = 8 * 2**20


@dataclass(frozen=True)
class Shown:
    """A theme as the page shows it."""

    row: ThemeRow
    name: str
    words: list[str]
    count: int
    share: float
    """Of all comments in which themes were looked for."""
    typical: list[cards.Card]
    joined: list[ThemeRow]
    """The themes that a person found to be the same."""


@desk.get("/themes")
def theme_list() -> str:
    """Show the themes of a site in a stretch of days, or how far the finding is."""
    with parts().database.reading() as session:
        asked = site_days.asked(session, request.args)
        run = themes.run_of(session, asked.stretch) if asked else None
        return render_template(
            "themes.html",
            asked=asked,
            run=run,
            shown=_shown(session, run) if run else [],
            hidden=[each for each in run.themes if each.is_hidden and each.merged_into_id is None] if run else [],
            earlier=themes.runs(session, asked.site.id, _EARLIER) if asked else [],
            fewest=flow.FEWEST,
            name_of=name_of,
            address_of=site_days.address_of,
        )


@desk.post("/themes")
def find_themes() -> Answer:
    """Ask for the themes of a site in a stretch of days, or for them anew."""
    with parts().database.writing() as session:
        asked = site_days.asked(session, request.form) or abort(404, _("There is no such site."))
        flow.ask(session, asked.stretch, now())
    parts().wake()
    return redirect(url_for("desk.theme_list", **asked.address), 303)


@desk.post("/themes/<int:theme_id>")
def change_theme(theme_id: int) -> Answer:
    """Name a theme, leave it out or take it in again, join it to another or part it from that."""
    form = request.form
    with parts().database.writing() as session:
        theme = flow.present(session, theme_id)
        if "name" in form:
            flow.rename(session, theme_id, form["name"])
        if "hide" in form:
            flow.hide(session, theme_id, is_hidden=form["hide"] == "yes")
        if "into" in form:
            flow.merge(session, theme_id, form.get("into", type=int))
        return redirect(_address(theme.run) + f"#theme-{theme.merged_into_id or theme.id}", 303)


@desk.get("/themes.csv")
def themes_csv() -> Response:
    """Give the themes' published comments as a table."""
    with parts().database.reading() as session:
        run = _run(session)
        lines = "".join(theme_files.as_csv(session, run, _secret())) if run else ""
    headers = {"Content-Disposition": f'attachment; filename="{_file_name(run, "csv")}"'}
    return Response(lines, mimetype="text/csv", headers=headers)


@desk.get("/themes.qdpx")
def themes_qdpx() -> Answer:
    """Give the discussions, coded with themes and labels, as a project for programs of qualitative analysis."""
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # whoever sends it closes it
    with parts().database.reading() as session:
        run = _run(session)
        if run is None:
            file.close()
            return redirect(url_for("desk.theme_list"))
        theme_files.write_qdpx(session, run, _secret(), run.finished_at or now(), file)
    file.seek(0)
    return send_file(file, "application/zip", as_attachment=True, download_name=_file_name(run, "qdpx"))


def _run(session: Session) -> ThemeRunRow | None:
    asked = site_days.asked(session, request.args)
    return themes.run_of(session, asked.stretch) if asked else None


def _shown(session: Session, run: ThemeRunRow) -> list[Shown]:
    counts = themes.counts(session, run)
    found = []
    for row in theme_files.shown(run):
        joined = [each for each in run.themes if each.merged_into_id == row.id]
        ids = [row.id, *(each.id for each in joined)]
        count = sum(counts.get(each, 0) for each in ids)
        words = [word for word, _weight in row.words]
        share = count / run.of if run.of else 0.0
        found.append(Shown(row, name_of(row), words, count, share, _typical(session, ids), joined))
    return sorted(found, key=lambda each: -each.count)


def _typical(session: Session, theme_ids: list[int]) -> list[cards.Card]:
    """Return the comments most like a theme, each text once."""
    numbers = themes.typical(session, theme_ids, _LOOKED_THROUGH)
    rows = comments.of_numbers(session, numbers)
    once: dict[str, CommentRow] = {}
    for number in numbers:
        once.setdefault(rows[number].revision.text, rows[number])
    return [cards.card_of(row, g.user, now()) for row in list(once.values())[:TYPICAL]]


def _address(run: ThemeRunRow) -> str:
    return url_for("desk.theme_list", **site_days.address_of(run.site_id, run.start, run.end))


def _secret() -> str:
    return str(current_app.secret_key)


def _file_name(run: ThemeRunRow | None, ending: str) -> str:
    if run is None:
        return f"themes.{ending}"
    return f"themes-{run.site_id}-{run.start}-{run.end - timedelta(days=1)}.{ending}"
