"""The page of a site's rules."""

from collections.abc import Mapping
from typing import TypeAlias

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.domain.labels import LABELS, Action
from service.domain.policy import Rule, RuleRefused
from service.flows import blogs
from service.store import sites
from service.store.tables import SiteRow, find
from service.web.auth import require_admin
from service.web.desk import desk
from service.web.parts import parts

Typed: TypeAlias = tuple[list[tuple[str, str, str]], bool]
"""The rows of a form, and whether its box on the second reader is ticked."""


@desk.get("/rules")
def rules() -> str:
    """Show the rules of every site."""
    return _page()


@desk.post("/rules/<int:site_id>")
def save_rules(site_id: int) -> Response | tuple[str, int]:
    """Save a site's rules; what a label does not allow is refused and nothing is changed."""
    require_admin()
    try:
        wanted = [_rule(*row) for row in _asked()]
        with parts().database.writing() as session:
            site = find(session, SiteRow, site_id) or abort(404, "There is no such site.")
            blogs.save_rules(session, site, wanted, reads_twice=_is_read_twice())
    except RuleRefused as error:
        return _page(refused=str(error), typed={site_id: (_asked(), _is_read_twice())}), 400
    return redirect(url_for("desk.rules", saved=site_id), 303)


def _asked() -> list[tuple[str, str, str]]:
    """Read the rows of the form; one without a probability is no rule any more."""
    rows = zip(*(request.form.getlist(name) for name in ("label", "at_least", "action")), strict=False)
    return [row for row in rows if row[1].strip()]


def _is_read_twice() -> bool:
    return "reads_twice" in request.form


def _rows(site: SiteRow) -> list[tuple[str, str, str]]:
    return [(rule.label, f"{rule.at_least:g}", rule.action) for rule in sites.rules_of(site)]


def _rule(label: str, at_least: str, action: str) -> Rule:
    try:
        probability = float(at_least.replace(",", "."))
    except ValueError:
        raise RuleRefused(f"'At least' of the rule on {label} is {at_least!r}. Write a number like 0.5.") from None
    if action not in list(Action):
        raise RuleRefused(f"There is no action {action!r}. Write one of: mark, hold, spam, reject.")
    return Rule(label, probability, Action(action))


def _page(refused: str | None = None, typed: Mapping[int, Typed] | None = None) -> str:
    """Show the page: with what was typed, where it was refused, so that nobody has to type it again."""
    with parts().database.reading() as session:
        shown = [
            (site, *(typed or {}).get(site.id, (_rows(site), site.reads_twice))) for site in sites.all_of_them(session)
        ]
        return render_template(
            "rules.html",
            sites=shown,
            labels=LABELS.values(),
            actions=[each for each in Action if each is not Action.APPROVE],
            refused=refused,
            saved=request.args.get("saved", 0, type=int),
        )
