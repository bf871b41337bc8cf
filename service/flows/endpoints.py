"""A site's endpoints: added and changed, paused, tried, switched off when they only fail, and told once more."""

import time
import typing
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from service.domain.events import TEST, Event
from service.domain.wording import N_, Refusal
from service.flows import callbacks, events
from service.flows.blogs import checked_url
from service.flows.events import SWITCHED_OFF
from service.outgoing import AddressIsPrivate, Message, Outcome
from service.store import endpoints
from service.store.tables import EndpointRow, JobRow, JobStatus, SiteRow

PATIENCE = timedelta(days=5)
"""An endpoint at which every attempt failed for so long is switched off."""

AT_ONCE = 500
"""So many messages are sent again at one press of a button."""


class EndpointRefused(Refusal):
    """An endpoint that cannot be as asked; the text says what to do instead."""


class Outside(typing.Protocol):
    """The door to the outside."""

    def send(self, message: Message) -> Outcome:
        """Send a message once."""

    def private(self, url: str) -> AddressIsPrivate | None:
        """Return why an address would be refused, as far as that is known now."""

    def post(self, mail: EmailMessage) -> Outcome:
        """Hand in a mail once."""


@dataclass(frozen=True)
class Trial:
    """How a test message fared."""

    outcome: Outcome
    milliseconds: int


def check(outside: Outside, url: str) -> None:
    """Raise where an address can be seen to be none that is called. Asks the name system: not in a transaction."""
    found = outside.private(checked_url(url))
    if found:
        raise EndpointRefused(
            N_(
                "%(host)s is %(address)s, which is no public address. An operator can allow it: "
                "UNDERTONE_CALLBACK_ALLOW=%(name)s"
            ),
            host=found.host,
            address=found.address,
            name=found.name,
        )


def add(session: Session, site: SiteRow, url: str, wanted: Collection[str], now: datetime) -> EndpointRow:
    """Give a site one more endpoint; raise EndpointRefused where it has one there already, or it wants nothing."""
    return endpoints.add(session, site, _new_url(site, url), _chosen(wanted), now)


def change(endpoint: EndpointRow, url: str, wanted: Collection[str]) -> None:
    """Change where an endpoint is and what it wants; what waits goes to the new address, which begins anew."""
    chosen = _chosen(wanted)
    if url != endpoint.url:
        endpoint.url = _new_url(endpoint.site, url)
        switch_on(endpoint)
    endpoint.events = list(chosen)


def pause(endpoint: EndpointRow) -> None:
    """Let what an endpoint is to be told wait."""
    endpoint.is_paused = True


def resume(endpoint: EndpointRow) -> None:
    """Tell an endpoint again, first what has waited. The days of the pause do not count as days of failure."""
    endpoint.is_paused, endpoint.failing_since = False, None


def switch_on(endpoint: EndpointRow) -> None:
    """Tell an endpoint again what happens from now on; what was given up is sent again when somebody asks for it."""
    endpoint.disabled_at = endpoint.failing_since = None
    endpoint.is_gone = False


def remove(session: Session, endpoint: EndpointRow) -> None:
    """Forget an endpoint, and with it what it was and was to be told."""
    endpoint.site.endpoints.remove(endpoint)
    session.flush()


def tell_decisions_to(session: Session, site: SiteRow, url: str | None, now: datetime) -> None:
    """Let a site hear of decisions at one address, or nowhere.

    Raises EndpointRefused where several endpoints hear of them: which is meant cannot be told.
    """
    hearing = endpoints.wanting(site, Event.COMMENT_DECIDED)
    if len(hearing) > 1:
        raise EndpointRefused(
            N_(
                "%(count)s endpoints of this site hear of decisions. Change them on the page /sites/%(site)s/endpoints."
            ),
            count=len(hearing),
            site=site.id,
        )
    if url is None:
        for each in hearing:
            _leave_out_decisions(session, each)
    elif hearing:
        change(hearing[0], url, hearing[0].events)
    else:
        _let_hear(session, site, url, now)


def notice(session: Session, job: JobRow, outcome: Outcome, now: datetime) -> None:
    """Switch a callback's endpoint off where it is gone, or every attempt has failed for days."""
    endpoint = job.endpoint
    if endpoint is None:
        return
    if outcome.error is None:
        endpoint.failing_since = None
        return
    endpoint.failing_since = endpoint.failing_since or now
    if outcome.is_gone or now - endpoint.failing_since >= PATIENCE:
        _switch_off(session, endpoint, now, is_gone=outcome.is_gone)


def trial_message(endpoint: EndpointRow, now: datetime) -> Message:
    """Return a signed message by which a person tries an endpoint."""
    data = {"endpoint": str(endpoint.id), "site": endpoint.site.url, "events": list(endpoint.events)}
    number = f"msg_{uuid.uuid4().hex}"
    return replace(events.message(endpoint.site, endpoint.url, number, TEST, data, now, now), wants_answer=True)


def try_out(outside: Outside, message: Message) -> Trial:
    """Send a test message and say how it fared; nothing else changes by it, and nothing is sent again."""
    return timed(lambda: outside.send(message))


def timed(send: Callable[[], Outcome]) -> Trial:
    """Send something once and say how it fared, and how long that took."""
    begun = time.monotonic()
    outcome = send()
    return Trial(outcome, round(1000 * (time.monotonic() - begun)))


def replay_given_up(session: Session, endpoint: EndpointRow, since: datetime | None, now: datetime) -> int:
    """Send again what an endpoint was not told of, up to a number at once; return how many messages are on their way.

    What several decisions about one comment said is said once: where it stands now.
    """
    written = 0
    for job in endpoints.given_up(session, endpoint, since, AT_ONCE):
        if job.status is JobStatus.GAVE_UP and (job.decision or job.payload):
            callbacks.replay(session, job, now)
            written += 1
    return written


def _switch_off(session: Session, endpoint: EndpointRow, now: datetime, *, is_gone: bool) -> None:
    endpoint.disabled_at, endpoint.is_gone = endpoint.disabled_at or now, is_gone
    session.flush()  # else the job that has just failed would count as one that waits
    waiting = (JobRow.endpoint_id == endpoint.id, JobRow.status == JobStatus.WAITING)
    why = func.coalesce(JobRow.last_error, SWITCHED_OFF)
    session.execute(
        update(JobRow).where(*waiting).values(status=JobStatus.GAVE_UP, finished_at=now, last_error=why),
        execution_options={"synchronize_session": "fetch"},
    )


def _leave_out_decisions(session: Session, endpoint: EndpointRow) -> None:
    left = [each for each in endpoint.events if each != Event.COMMENT_DECIDED]
    if left:
        endpoint.events = left
    else:
        remove(session, endpoint)


def _let_hear(session: Session, site: SiteRow, url: str, now: datetime) -> None:
    there = next((each for each in site.endpoints if each.url == url), None)
    if there:
        there.events = _chosen([*there.events, Event.COMMENT_DECIDED])
    else:
        add(session, site, url, [Event.COMMENT_DECIDED], now)


def _chosen(wanted: Collection[str]) -> list[Event]:
    chosen = [each for each in Event if each in wanted]
    if not chosen:
        raise EndpointRefused(N_("Choose at least one event, or remove the endpoint."))
    return chosen


def _new_url(site: SiteRow, url: str) -> str:
    url = checked_url(url)
    if any(each.url == url for each in site.endpoints):
        raise EndpointRefused(N_("This site has an endpoint at %(url)s already. Change that one."), url=url)
    return url
