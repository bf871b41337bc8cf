"""What the sites have been told, what could not be delivered, and the button to try again."""

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.domain.comment import Status
from service.domain.wording import N_
from service.flows import callbacks
from service.store import jobs
from service.store.tables import JobKind, JobStatus
from service.web.desk import desk
from service.web.parts import now, parts

TITLES = {
    JobStatus.WAITING: N_("Waiting"),
    JobStatus.DONE: N_("Done"),
    JobStatus.GAVE_UP: N_("Gave up"),
    JobStatus.CANCELLED: N_("Cancelled"),
}
STATES = {
    JobStatus.WAITING: N_("waiting"),
    JobStatus.DONE: N_("done"),
    JobStatus.GAVE_UP: N_("gave up"),
    JobStatus.CANCELLED: N_("cancelled"),
}
TOLD = {
    Status.HELD: N_("held"),
    Status.APPROVED: N_("approved"),
    Status.REJECTED: N_("rejected"),
    Status.SPAM: N_("marked as spam"),
    Status.WITHDRAWN: N_("withdrawn by the site"),
}
"""What a site is told of a comment."""


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
            asked=status,
            page=jobs.PAGE,
            titles=TITLES,
            states=STATES,
            told=TOLD,
            address_of=callbacks.address_of,
        )


@desk.post("/jobs/<int:job_id>/replay")
def replay(job_id: int) -> Response:
    """Send a callback once more."""
    with parts().database.writing() as session:
        job = jobs.get(session, job_id)
        if job is None or job.kind is not JobKind.CALLBACK:
            abort(404, N_("There is no such callback."))
        callbacks.replay(session, job, now())
    parts().wake()
    if "endpoint" in request.form and job.endpoint_id:
        return redirect(url_for("desk.endpoint", endpoint_id=job.endpoint_id, done="again"), 303)
    return redirect(url_for("desk.deliveries"), 303)
