"""The numbers of messages that came in by webhook, so that a repetition has no effect."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.store.tables import MessageRow, SiteRow

KEPT = timedelta(days=1)
"""Far longer than a message is taken after it was signed."""


def is_known(session: Session, site: SiteRow, message_id: str) -> bool:
    """Whether a site has sent the message of this number before."""
    wanted = select(MessageRow.id).where(MessageRow.site_id == site.id, MessageRow.message_id == message_id)
    return session.scalar(wanted) is not None


def keep(session: Session, site: SiteRow, message_id: str, now: datetime) -> None:
    """Remember a message, and forget those of yesterday; of two at once, the database itself refuses the second."""
    session.execute(delete(MessageRow).where(MessageRow.received_at < now - KEPT))
    session.add(MessageRow(site_id=site.id, message_id=message_id, received_at=now))
    session.flush()
