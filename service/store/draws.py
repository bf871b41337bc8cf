"""Comments that are drawn to be checked, and how far the checking is."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import case, delete, func, insert, select, true, update
from sqlalchemy.orm import Session, joinedload

from service.domain.comment import Status
from service.store import comments, counted, decisions
from service.store.counted import Among
from service.store.tables import CommentRow, DecisionRow, DrawnRow, DrawRow, SiteRow, UserRow, find

PAGE = 50


class Progress(NamedTuple):
    """What became of the comments of a draw."""

    checked: int
    waiting: int


def add(
    session: Session,
    site: SiteRow,
    among: Among,
    zone: str,
    places: Mapping[int, float],
    now: datetime,
    user: UserRow | None = None,
) -> DrawRow:
    """Add a draw of comments, each of which waits in its place to be checked from now on."""
    draw = DrawRow(
        site=site,
        thread_id=among.thread_id,
        author_group=among.author_group,
        since=among.moments[0],
        until=among.moments[-1],
        zone=zone,
        count=len(places),
        drawn_at=now,
        user=user,
    )
    session.add(draw)
    session.flush()
    # First, so that nobody decides about one of them while its last decision is looked up.
    # In the order in which others lock them, so that nobody waits for somebody who waits for us.
    session.execute(update(CommentRow), [{"id": each, "check_place": places[each]} for each in sorted(places)])
    last = select(DecisionRow.comment_id, func.max(DecisionRow.number)).group_by(DecisionRow.comment_id)
    found = session.execute(last.where(DecisionRow.comment_id.in_(places))).all()
    rows = [{"draw_id": draw.id, "comment_id": comment_id, "after": number} for comment_id, number in found]
    session.execute(insert(DrawnRow), rows)
    session.expire_all()  # what was read before knows nothing of it
    return draw


def call_off(session: Session, draw: DrawRow, now: datetime) -> int:
    """Let those of a draw go that are not checked; return how many they were."""
    waiting = select(DrawnRow.comment_id).join(CommentRow, CommentRow.id == DrawnRow.comment_id)
    numbers = session.scalars(waiting.where(DrawnRow.draw_id == draw.id, CommentRow.check_place >= 0)).all()
    found = comments.locked_all(session, numbers)
    rows = {number: row for number, row in found.items() if row.check_place is not None}  # checked meanwhile: it counts
    session.execute(delete(DrawnRow).where(DrawnRow.draw_id == draw.id, DrawnRow.comment_id.in_(rows)))
    draw.called_off_at = now
    for row in rows.values():
        session.expire(row, ["drawn"])
        row.check_place = decisions.check_place(row)  # another draw may have it, too
    session.flush()
    return len(rows)


def get(session: Session, draw_id: int) -> DrawRow | None:
    """Return a draw."""
    return find(session, DrawRow, draw_id)


def page(session: Session, limit: int = PAGE) -> Sequence[DrawRow]:
    """Return the last draws of all sites, the newest first."""
    shown = (joinedload(DrawRow.site), joinedload(DrawRow.thread), joinedload(DrawRow.user))
    return session.scalars(select(DrawRow).options(*shown).order_by(DrawRow.id.desc()).limit(limit)).all()


def progress(session: Session, draws: Sequence[DrawRow]) -> Mapping[int, Progress]:
    """Return for draws how many of their comments are checked, and how many wait; others were withdrawn."""
    waits = CommentRow.check_place.is_not(None)
    is_checked = CommentRow.check_place.is_(None) & (CommentRow.status != Status.WITHDRAWN)
    rows = (
        select(DrawnRow.draw_id, func.sum(case((is_checked, 1), else_=0)), func.sum(case((waits, 1), else_=0)))
        .join(CommentRow, CommentRow.id == DrawnRow.comment_id)
        .where(DrawnRow.draw_id.in_([each.id for each in draws]))
        .group_by(DrawnRow.draw_id)
    )
    found = {row[0]: Progress(int(row[1]), int(row[2])) for row in session.execute(rows)}
    return {each.id: found.get(each.id, Progress(0, 0)) for each in draws}


def stretches(session: Session, among: Among) -> Sequence[tuple[datetime, datetime]]:
    """Return from when until when more comments were drawn of which these are a fair part."""
    rows = select(DrawRow.since, DrawRow.until).where(DrawRow.site_id == among.site_id, among.covered())
    rows = rows.where(DrawRow.since < among.moments[-1], DrawRow.until > among.moments[0])
    has_some = select(DrawnRow.id).where(DrawnRow.draw_id == DrawRow.id).exists()
    return [(since, until) for since, until in session.execute(rows.where(has_some).distinct())]


def count_late(session: Session, among: Among) -> int:
    """Return how many comments came in after the last draw of their time, and so had no chance to be drawn."""
    if not stretches(session, among):
        return 0
    draw = select(DrawRow.id).where(
        DrawRow.site_id == CommentRow.site_id,
        among.covered(),
        DrawRow.since <= CommentRow.created_at,
        DrawRow.until > CommentRow.created_at,
        select(DrawnRow.id).where(DrawnRow.draw_id == DrawRow.id).exists(),
    )
    had_none = draw.exists() & ~draw.where(DrawRow.drawn_at >= CommentRow.received_at).exists()
    late = (*among.wanted(), *among.within(), counted.is_scored(), had_none, ~counted.is_in_sample(among.covered()))
    return session.scalar(select(func.count(CommentRow.id)).where(*late)) or 0


def scored(session: Session, among: Among) -> Sequence[int]:
    """Return the numbers of the comments that can be drawn: those that a share counts."""
    rows = select(CommentRow.id).where(*among.wanted(), *among.within(), counted.is_scored())
    return session.scalars(rows).all()


def count_scored(session: Session, among: Among) -> int:
    """Return how many comments can be drawn."""
    rows = select(func.count(CommentRow.id)).where(*among.wanted(), *among.within(), counted.is_scored())
    return session.scalar(rows) or 0


def left(session: Session, among: Among, numbers: Sequence[int]) -> set[int]:
    """Return which of some comments can be drawn: those that are not in the sample as far as these are part of it."""
    is_left = (*among.wanted(), counted.is_scored(), ~counted.is_in_sample(among.covered()))
    return set(session.scalars(select(CommentRow.id).where(CommentRow.id.in_(numbers), *is_left)))


def count_checked(session: Session, among: Among) -> int:
    """Return how many comments of the sample are checked."""
    # The few that a person has decided about are looked up first.
    is_decided = CommentRow.decided_at >= datetime(1970, 1, 1, tzinfo=UTC)
    rows = select(func.count(CommentRow.id)).where(is_decided, *among.wanted(), *among.within())
    return session.scalar(rows.where(counted.is_checked(among.covered()))) or 0


def count_checked_on(session: Session, site: SiteRow) -> int:
    """Return how many comments of a site are checked, however they came to be in the sample."""
    is_decided = CommentRow.decided_at >= datetime(1970, 1, 1, tzinfo=UTC)
    rows = select(func.count(CommentRow.id)).where(is_decided, *Among((), site.id).wanted())
    return session.scalar(rows.where(counted.is_checked(true()))) or 0


def count_waiting(session: Session, site: SiteRow) -> int:
    """Return how many drawn comments of a site wait to be checked."""
    rows = select(func.count()).where(CommentRow.check_place >= 0, CommentRow.site_id == site.id)
    return session.scalar(rows) or 0


def first_written(session: Session, site_id: int) -> datetime | None:
    """Return when the first comment of a site was written."""
    return session.scalar(select(func.min(CommentRow.created_at)).where(CommentRow.site_id == site_id))
