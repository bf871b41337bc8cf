"""A message comes in by webhook: once it has its effect, and never again."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.store import messages
from service.store.tables import SiteRow


def is_first(session: Session, site: SiteRow, message_id: str, now: datetime) -> bool:
    """Whether a site sends a message for the first time; from then on it is known, unless this transaction fails."""
    if messages.is_known(session, site, message_id):
        return False
    messages.keep(session, site, message_id, now)
    return True
