"""A site's tone reports for programs: what was made, making one, reading one."""

from flask import Response

from service.domain.wording import Refusal
from service.flows import reports as flow
from service.flows.reports import Wanted
from service.store import reports as store
from service.store.tables import Maker
from service.web import reading
from service.web.api import api, shown
from service.web.auth import site_in
from service.web.errors import Refused
from service.web.openapi import operation, read, read_query
from service.web.parts import now, parts
from service.web.shapes import NewReport, ReportAnswer, ReportLine, ReportList, ReportQuery


@api.get("/reports")
@operation(gives={200: ReportList}, query=ReportQuery)
def list_reports() -> Response:
    """List the site's tone reports, newest first, without what they say."""
    query = read_query(ReportQuery)
    with parts().database.reading() as session:
        rows = store.page(session, site_in(session).id, query.before, query.limit)
        listed = [ReportLine(**reading.listed(row)) for row in rows]
    return shown(ReportList(reports=listed, next_before=int(listed[-1].id) if len(rows) == query.limit else None))


@api.post("/reports")
@operation(takes=NewReport, gives={201: ReportAnswer})
def create_report() -> tuple[Response, int]:
    """Make a tone report of some days of the site, and keep it."""
    asked, moment = read(NewReport), now()
    try:
        wanted = Wanted(flow.from_to(asked.from_, asked.to), asked.step, asked.zone, asked.thread, asked.author_group)
        with parts().database.reading() as session:
            draft = flow.draft(session, site_in(session), wanted, moment)
    except Refusal as error:
        raise Refused(400, "invalid", str(error)) from error
    with parts().database.writing() as session:
        row = flow.keep(session, site_in(session), draft, moment, Maker.SITE, public_url=parts().public_url)
        return shown(ReportAnswer(**reading.answer(row))), 201


@api.get("/reports/<int:report_id>")
@operation(gives={200: ReportAnswer}, fails=(404,))
def one_report(report_id: int) -> Response:
    """Show a tone report as it was made."""
    with parts().database.reading() as session:
        row = store.get(session, report_id)
        if row is None or row.site_id != site_in(session).id:
            raise Refused(404, "not_found", f"This site has no report {report_id}.")
        return shown(ReportAnswer(**reading.answer(row)))
