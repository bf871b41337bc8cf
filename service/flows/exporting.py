"""A site's comments go out, one after the other, as an import reads them back: what was said, and what became of it."""

from collections.abc import Iterator

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from service.domain.archive import Earlier, Record
from service.domain.comment import Author, Comment, Status
from service.flows import redaction
from service.store import decisions
from service.store.tables import CommentRow, DecisionRow, Origin, SiteRow

_AT_ONCE = 500


def records(session: Session, site: SiteRow) -> Iterator[Record]:
    """Yield a site's comments in the order in which they came, but for those that were withdrawn."""
    last = 0
    while rows := session.scalars(_page(site, last)).all():
        last = rows[-1].id
        yield from map(_record, rows)


def _page(site: SiteRow, after: int) -> Select[CommentRow]:
    rows = select(CommentRow).where(
        CommentRow.site_id == site.id, CommentRow.id > after, CommentRow.status != Status.WITHDRAWN
    )
    shown = (
        joinedload(CommentRow.thread),
        selectinload(CommentRow.revisions),
        selectinload(CommentRow.decisions),
    )
    return rows.options(*shown).order_by(CommentRow.id).limit(_AT_ONCE)


def _record(row: CommentRow) -> Record:
    comment = Comment(
        text=row.revision.text,
        thread_url=row.thread.url,
        thread_title=row.thread.title,
        thread_author=row.thread.author,
        id=row.outside_id,
        parent_id=row.parent_outside_id,
        author=Author(row.author_id, row.author_name, row.author_email, row.author_url, row.author_ip, row.author_role),
        created_at=row.created_at,
    )
    return Record(comment, f"comment {row.id}", _earlier(row))


def _earlier(row: CommentRow) -> tuple[Earlier, ...]:
    """Return what people decided, here or on the site, and last where the comment stands."""
    found = [_said(each) for each in decisions.in_force(row) if _is_ruling(each)]
    if row.status is Status.HELD:
        return (*found, Earlier(Status.HELD))
    if not found or found[-1].status is not row.status:
        found.append(Earlier(row.status, row.decision.decided_at))
    return tuple(found)


def _is_ruling(decision: DecisionRow) -> bool:
    """Whether somebody decided what becomes of the comment; to let it wait, or to take data out of it, does not."""
    if decision.origin is Origin.POLICY or decision.status in (Status.HELD, Status.WITHDRAWN):
        return False
    return not redaction.is_redaction(decision) and not redaction.is_restoration(decision)


def _said(decision: DecisionRow) -> Earlier:
    labels = None if decision.labels is None else tuple(decision.labels)
    return Earlier(decision.status, decision.decided_at, decision.reason, labels)
