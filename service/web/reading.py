"""A kept report as it is read: what it says, what it quotes, where it stands, what is to be known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from sqlalchemy.orm import Session

from service.domain.tone import Change, Line, ToneReport
from service.domain.wording import N_
from service.flows import reports as flow
from service.flows.reports import Quote
from service.store import sites
from service.store.tables import Maker, ReportRow
from service.web import figures, findings
from service.web.behind import Behind
from service.web.language import gettext as _
from service.web.parts import parts

BY = {
    Maker.PERSON: N_("by %(name)s"),
    Maker.SITE: N_("by the blog"),
    Maker.COMMAND: N_("by a command"),
    Maker.SCHEDULE: N_("by schedule"),
}
"""Who had a report made."""


@dataclass(frozen=True)
class Read:
    """A report that is shown or written to a file."""

    row: ReportRow
    report: ToneReport
    quotes: Mapping[str, Sequence[Quote]]
    thread_id: int | None

    @property
    def title(self) -> str:
        """What stands above it."""
        return _("Tone of %(site)s", site=self.row.site.name)

    @property
    def address(self) -> str:
        """Where it stands, for whoever may sign in."""
        return address_of(self.row)

    def behind(self, *, is_outside: bool) -> Behind:
        """Return what gives each figure the address of the comments behind it."""
        scope = self.report.scope
        start = parts().public_url if is_outside else ""
        return Behind(self.row.site_id, self.report.zone, self.thread_id, scope.thread, scope.author_group, start)

    def notes(self) -> list[str]:
        """Return what a reader has to know to believe it."""
        named = findings.models(self.report)
        scored = [_("Scored by %(models)s.", models=findings.listed(named))] if named else []
        return [
            _("A model calls comments something, and errs. The shares allow for its errors, by what people labelled."),
            _("They come with 95 % intervals: of a hundred such intervals, about 95 hold the true share."),
            _("A share is of the comments that were written; a difference also allows for who happened to write."),
            _(
                "“More than chance” allows for all the comparisons of this report together (5 %). It says that "
                "something changed, not why."
            ),
            _("“Not enough data”: too few comments came in, or people labelled too few of them, to say anything."),
            *([" ".join([*scored, *map(findings.change_of_model, self.report.model_changes)])] if scored else []),
            *findings.remarks(self.report),
            " ".join([_("Days are those of %(zone)s.", zone=self.report.zone), made(self.row)]),
        ]


def read(session: Session, row: ReportRow) -> Read:
    """Return a report as it is read now: what it says is what it said, what it quotes may have become less."""
    thread = sites.find_thread(session, row.site, row.thread) if row.thread else None
    quotes = flow.quotes_in(session, row, current_app.config["SECRET_KEY"])
    return Read(row, flow.report_in(row), quotes, thread.id if thread else None)


def changes_of(line: Line) -> dict[str, Change]:
    """Return a group's comparisons by label."""
    return {each.label: each for each in line.changes}


def listed(row: ReportRow) -> dict[str, Any]:
    """Return what a list for programs says of a report."""
    return {
        "id": str(row.id),
        "site": row.site.url,
        "thread": row.thread,
        "author_group": row.author_group,
        "first_day": row.starts_on.isoformat(),
        "last_day": figures.last_day(flow.period_of(row)).isoformat(),
        "step": row.step.value,
        "zone": row.zone,
        "models": list(row.models),
        "made_at": row.made_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "made_by": row.made_by.value,
        "address": address_of(row),
    }


def answer(row: ReportRow) -> dict[str, Any]:
    """Return a report as programs get it."""
    return {**listed(row), "report": row.report}


def address_of(row: ReportRow) -> str:
    """Return where a report stands, for whoever may sign in."""
    return parts().public_url + url_for("desk.report", report_id=row.id)


def made(row: ReportRow) -> str:
    """Return when and by whom a report was made."""
    return _("Made on %(day)s %(by)s.", day=figures.day(row.made_at.date()), by=maker_of(row))


def maker_of(row: ReportRow) -> str:
    """Return who had a report made."""
    said = BY[row.made_by]
    return _(said, name=row.user.name) if row.user else _(said)
