"""Endpoints: the addresses of a site, each with the events that it wants to hear of."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from service.domain.events import Event
from service.store.tables import EndpointRow, JobRow, JobStatus, SiteRow, as_id, find

LOGGED = 50
"""So many deliveries stand on a page."""


def add(session: Session, site: SiteRow, url: str, events: Sequence[Event], now: datetime) -> EndpointRow:
    """Give a site one more address."""
    endpoint = EndpointRow(url=url, events=list(events), created_at=now)
    site.endpoints.append(endpoint)
    session.flush()
    return endpoint


def get(session: Session, endpoint_id: int) -> EndpointRow | None:
    """Return an endpoint."""
    return find(session, EndpointRow, endpoint_id)


def wanting(site: SiteRow, event: Event) -> list[EndpointRow]:
    """Return a site's endpoints that want to hear of an event, those too that are paused or switched off."""
    return [each for each in site.endpoints if event in each.events]


def disabled(session: Session) -> Sequence[EndpointRow]:
    """Return every endpoint that was switched off, with its site."""
    rows = select(EndpointRow).where(EndpointRow.disabled_at.is_not(None)).order_by(EndpointRow.id)
    return session.scalars(rows.options(joinedload(EndpointRow.site))).all()


def log(session: Session, endpoint: EndpointRow, before: int | None = None) -> Sequence[JobRow]:
    """Return what an endpoint was and is to be told, the newest first."""
    rows = _told(endpoint).options(joinedload(JobRow.decision)).order_by(JobRow.id.desc()).limit(LOGGED)
    if before is not None:
        rows = rows.where(JobRow.id < as_id(before))
    return session.scalars(rows).all()


def given_up(session: Session, endpoint: EndpointRow, since: datetime | None, limit: int) -> Sequence[JobRow]:
    """Return what an endpoint was not told and will not be, written since a moment, the oldest first."""
    rows = _told(endpoint).where(JobRow.status == JobStatus.GAVE_UP)
    if since is not None:
        rows = rows.where(JobRow.created_at >= since)
    return session.scalars(rows.order_by(JobRow.id).limit(limit)).all()


def count(session: Session, endpoint: EndpointRow, status: JobStatus) -> int:
    """Return how many of an endpoint's deliveries stand there."""
    return session.scalar(select(func.count()).where(JobRow.endpoint_id == endpoint.id, JobRow.status == status)) or 0


def _told(endpoint: EndpointRow) -> Select[JobRow]:
    return select(JobRow).where(JobRow.endpoint_id == endpoint.id)
