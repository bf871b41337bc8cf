"""What the sites have been told, what could not be delivered, and the button to try again."""

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.flows import callbacks
from service.store import jobs
from service.store.tables import JobKind, JobStatus
from service.web.cards import WORDS
from service.web.desk import desk
from service.web.parts import now, parts


@desk.get("/jobs")
def deliveries() -> str:
    """Show the jobs, newest first."""
    asked = request.args.get("status", "")
    status = JobStatus(asked) if asked in list(JobStatus) else None
    before = request.args.get("before", type=int)
    with parts().database.reading() as session:
        rows = jobs.page(session, status, before)
        counts = {each: jobs.count(session, each) for each in JobStatus}
        return render_template(
            "jobs.html",
            jobs=rows,
            counts=counts,
            chosen=status,
            page=jobs.PAGE,
            words=WORDS,
            address_of=callbacks.address_of,
        )


@desk.post("/jobs/<int:job_id>/replay")
def replay(job_id: int) -> Response:
    """Send a callback once more."""
    with parts().database.writing() as session:
        job = jobs.get(session, job_id)
        if job is None or job.kind is not JobKind.CALLBACK:
            abort(404, "There is no such callback.")
        callbacks.replay(session, job, now())
    parts().wake()
    return redirect(url_for("desk.deliveries"), 303)
