"""Imports of archives, each a row that is written with every batch of its comments."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.domain.archive import Format
from service.store.tables import ArchiveRow, SiteRow


def unfinished(session: Session, site: SiteRow, fingerprint: str, named: Format) -> ArchiveRow | None:
    """Return the import of a file that was stopped before its end, None where there is none."""
    rows = select(ArchiveRow).where(
        ArchiveRow.site_id == site.id,
        ArchiveRow.fingerprint == fingerprint,
        ArchiveRow.format == named,
        ArchiveRow.finished_at.is_(None),
    )
    return session.scalar(rows.order_by(ArchiveRow.id.desc()).limit(1))


def add(
    session: Session,
    site: SiteRow,
    name: str,
    named: Format,
    fingerprint: str,
    counts: Mapping[str, Any],
    now: datetime,
) -> ArchiveRow:
    """Begin an import."""
    row = ArchiveRow(
        site_id=site.id,
        name=name,
        format=named,
        fingerprint=fingerprint,
        counts=dict(counts),
        started_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return row


def advance(
    session: Session, archive_id: int, before: int, position: int, counts: Mapping[str, Any], now: datetime
) -> bool:
    """Write down how far an import has come; False where somebody else has brought it further meanwhile."""
    changed = (
        update(ArchiveRow)
        .where(ArchiveRow.id == archive_id, ArchiveRow.position == before)
        .values(position=position, counts=dict(counts), updated_at=now)
        .returning(ArchiveRow.id)
    )
    return session.scalar(changed) is not None


def finish(session: Session, archive_id: int, now: datetime) -> None:
    """Write down that an import has come to its end."""
    session.execute(update(ArchiveRow).where(ArchiveRow.id == archive_id).values(updated_at=now, finished_at=now))
