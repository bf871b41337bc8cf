"""A report as a file: HTML in one piece, JSON, CSV, Markdown. All say the same as the page."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import current_app, render_template
from markupsafe import Markup

from service.domain.labels import LABELS
from service.domain.wording import N_
from service.web import charts, figures, findings
from service.web.reading import Read, answer, changes_of
from service.web.report_csv import as_csv
from service.web.report_markdown import markdown

STYLES = ("desk.css", "report.css")


def html(read: Read) -> str:
    """Return the whole page in one piece: style and pictures in it, nothing fetched from anywhere."""
    folder = Path(current_app.static_folder or "")
    # Our own style sheets: a quotation mark in them must stay one.
    styles = Markup("\n".join((folder / name).read_text(encoding="utf-8") for name in STYLES))  # noqa: S704
    return render_template("report_file.html", **shown(read), styles=styles)


def as_json(read: Read) -> str:
    """Return it as programs read it; docs/reports.md describes the fields."""
    return json.dumps(answer(read.row), indent=2, ensure_ascii=False) + "\n"


KINDS: Mapping[str, tuple[str, str, Callable[[Read], str]]] = {
    "html": (N_("HTML in one file"), "text/html", html),
    "json": (N_("JSON"), "application/json", as_json),
    "csv": (N_("CSV"), "text/csv", as_csv),
    "md": (N_("Markdown"), "text/markdown", markdown),
}
"""How a file's name ends, to what people call it, its type, and what makes it."""


def shown(read: Read, *, is_outside: bool = True) -> dict[str, Any]:
    """Return what the templates of a report show."""
    return {
        "row": read.row,
        "report": read.report,
        "title": read.title,
        "address": read.address,
        "notes": read.notes(),
        "quotes": read.quotes,
        "behind": read.behind(is_outside=is_outside),
        "labels": LABELS,
        "charts": charts,
        "figures": figures,
        "findings": findings,
        "changes_of": changes_of,
    }
