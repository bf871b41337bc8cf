"""The page of a site's rules."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.domain.labels import ACTION_NAMES, LABELS, Action
from service.domain.policy import Rule, RuleRefused
from service.domain.wording import N_, typed
from service.flows import blogs
from service.flows.care import HELP_TEXT
from service.store import sites
from service.store.tables import DEFAULT_WAIT_HOURS, SiteRow, find
from service.web.auth import require_admin
from service.web.desk import desk
from service.web.language import gettext, refusal
from service.web.parts import parts


@dataclass(frozen=True)
class Form:
    """What stands in a site's form: as it is kept, or as somebody typed it who has to be told what is wrong."""

    rows: list[tuple[str, str, str]]
    reads_twice: bool
    longest_wait: str
    help_text: str


@desk.get("/rules")
def rules() -> str:
    """Show the rules of every site."""
    return _page()


@desk.post("/rules/<int:site_id>")
def save_rules(site_id: int) -> Response | tuple[str, int]:
    """Save a site's rules; what a label does not allow is refused and nothing is changed."""
    require_admin()
    try:
        typed = _typed()
        wanted = [_rule(*row) for row in typed.rows]
        with parts().database.writing() as session:
            site = find(session, SiteRow, site_id) or abort(404, N_("There is no such site."))
            blogs.save_rules(session, site, wanted, reads_twice=typed.reads_twice)
            blogs.save_care(site, typed.longest_wait, typed.help_text)
    except RuleRefused as error:
        return _page(refused=refusal(error), typed={site_id: typed}), 400
    return redirect(url_for("desk.rules", saved=site_id), 303)


def _asked() -> list[tuple[str, str, str]]:
    """Read the rows of the form; one without a probability is no rule any more."""
    rows = zip(*(request.form.getlist(name) for name in ("label", "at_least", "action")), strict=False)
    return [row for row in rows if row[1].strip()]


def _typed() -> Form:
    form = request.form
    wait = form.get("longest_wait", str(DEFAULT_WAIT_HOURS))
    return Form(_asked(), "reads_twice" in form, wait, form.get("help_text", ""))


def _kept(site: SiteRow) -> Form:
    rows = [(rule.label, f"{rule.at_least:g}", rule.action.value) for rule in sites.rules_of(site)]
    return Form(rows, site.reads_twice, str(site.longest_wait_hours), site.help_text or "")


def _rule(label: str, at_least: str, action: str) -> Rule:
    try:
        probability = float(at_least.replace(",", "."))
    except ValueError:
        raise RuleRefused(
            N_("'At least' of the rule on %(label)s is '%(at_least)s'. Write a number like 0.5."),
            label=LABELS[label].name if label in LABELS else typed(label),
            at_least=typed(at_least),
        ) from None
    if action not in list(Action):
        raise RuleRefused(
            N_("There is no action '%(action)s'. Write one of: mark, hold, spam, reject."), action=typed(action)
        )
    return Rule(label, probability, Action(action))


def _page(refused: str | None = None, typed: Mapping[int, Form] | None = None) -> str:
    """Show the page: with what was typed, where it was refused, so that nobody has to type it again."""
    with parts().database.reading() as session:
        shown = [(site, (typed or {}).get(site.id) or _kept(site)) for site in sites.all_of_them(session)]
        return render_template(
            "rules.html",
            sites=shown,
            labels=LABELS.values(),
            default_help_text=gettext(HELP_TEXT),
            actions={each: name for each, name in ACTION_NAMES.items() if each is not Action.APPROVE},
            refused=refused,
            saved=request.args.get("saved", 0, type=int),
        )
