"""Comments and their revisions and scores."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, delete, func, insert, select
from sqlalchemy.orm import Session, joinedload, selectinload

from service.domain.comment import Author, Comment, Evidence, Scores, Status, text_hash
from service.domain.labels import KINDS
from service.domain.policy import priority
from service.store import decisions, jobs, search
from service.store.plain import append, change, plain, put
from service.store.tables import (
    LARGEST_ID,
    ClaimRow,
    CommentRow,
    DecisionRow,
    LabelRow,
    NoteRow,
    Protocol,
    RevisionRow,
    ScoresRow,
    SiteRow,
    ThreadRow,
    as_id,
)

MOST_OF_AUTHOR = 20
"""Of how many an edit may be that does not say of which."""


class Place(NamedTuple):
    """Where a comment stands: under which post, and which comment it answers."""

    thread_url: str
    parent_outside_id: str | None


class Said(NamedTuple):
    """What a comment says now; without the objects, which take ten times as long."""

    number: int
    created_at: datetime
    text: str
    hashes: Collection[str]
    """Of its text, and of what that was before personal data was taken out of it here."""


def by_key(session: Session, site: SiteRow, key: str) -> CommentRow | None:
    """Find a site's comment by its key, and keep others from changing it until this transaction ends."""
    return session.scalar(_keyed(site, key).with_for_update())


def find(session: Session, site: SiteRow, key: str) -> CommentRow | None:
    """Find a site's comment by its key, only to look at it."""
    return session.scalar(_keyed(site, key))


def by_outside_id(session: Session, site: SiteRow, outside_id: str) -> CommentRow | None:
    """Find a site's comment by the id that the site gave it."""
    return find(session, site, f"id:{outside_id}")


def said_by(
    session: Session,
    site: SiteRow,
    author: Author,
    protocol: Protocol,
    limit: int,
    *,
    place: Place | None = None,
    after: int = 0,
) -> list[Said]:
    """Return what an author's last comments after a number that came this way say, the newest first.

    Of somebody without a name, those of all without one who wrote from the same address.
    """
    is_theirs = CommentRow.author_key == author.key
    if author.key is None:
        is_theirs = and_(CommentRow.author_key.is_(None), CommentRow.author_ip.is_not_distinct_from(author.ip))
    is_meant = (CommentRow.site_id == site.id, CommentRow.status != Status.WITHDRAWN, CommentRow.protocol == protocol)
    rows = select(CommentRow.id, CommentRow.created_at).where(*is_meant, is_theirs, CommentRow.id > after)
    if place:
        is_answer = CommentRow.parent_outside_id.is_not_distinct_from(place.parent_outside_id)
        rows = rows.join(ThreadRow).where(ThreadRow.url == place.thread_url, is_answer)
    found = session.execute(rows.order_by(CommentRow.id.desc()).limit(limit)).all()
    texts = _texts_of(session, [number for number, _ in found]) if found else {}
    return [Said(*each, *texts[each[0]]) for each in found]


def get(session: Session, comment_id: int) -> CommentRow | None:
    """Return a comment with all that is shown of it."""
    return session.scalar(whole(_numbered(comment_id)))


def locked(session: Session, comment_id: int) -> CommentRow | None:
    """Return a comment as it is now, which nobody else can change until this transaction ends."""
    fresh = {"populate_existing": True}  # it may have changed between a look at it and the lock
    return session.scalar(_numbered(comment_id).with_for_update(), execution_options=fresh)


def of_numbers(session: Session, numbers: Sequence[int]) -> dict[int, CommentRow]:
    """Return comments by their numbers, whole."""
    rows = whole(select(CommentRow).where(CommentRow.id.in_(numbers)))
    return {row.id: row for row in session.scalars(rows).all()}


def locked_all(session: Session, numbers: Sequence[int]) -> dict[int, CommentRow]:
    """Return comments by their numbers, whole, that nobody else can change until this transaction ends."""
    rows = select(CommentRow).where(CommentRow.id.in_([each for each in numbers if 0 < each <= LARGEST_ID]))
    # In one order for everybody, so that two who want the same ones do not wait for each other.
    found = session.scalars(whole(rows.order_by(CommentRow.id)).with_for_update(of=CommentRow)).all()
    return {row.id: row for row in found}


def find_number(session: Session, comment_id: int) -> int | None:
    """Return a comment's number where there is one that its site has not withdrawn."""
    is_there = (CommentRow.id == as_id(comment_id), CommentRow.status != Status.WITHDRAWN)
    return session.scalar(select(CommentRow.id).where(*is_there))


def of_author_in(session: Session, site: SiteRow, comment: Comment, protocol: Protocol) -> Sequence[CommentRow]:
    """Return the last comments that came this way by the same author in the same place; nobody else changes them."""
    rows = (
        select(CommentRow)
        .join(ThreadRow)
        .where(
            CommentRow.site_id == site.id,
            ThreadRow.url == comment.thread_url,
            CommentRow.author_key == comment.author.key,
            CommentRow.parent_outside_id.is_not_distinct_from(comment.parent_id),
            CommentRow.protocol == protocol,
            CommentRow.status != Status.WITHDRAWN,
        )
        .options(selectinload(CommentRow.revisions))
        .order_by(CommentRow.id.desc())
        .limit(MOST_OF_AUTHOR)
    )
    return session.scalars(rows.with_for_update(of=CommentRow)).all()


def add(
    session: Session,
    site: SiteRow,
    thread: ThreadRow,
    comment: Comment,
    now: datetime,
    protocol: Protocol = Protocol.NATIVE,
) -> CommentRow:
    """Add a comment with its first revision, held until something is decided."""
    parent = by_outside_id(session, site, comment.parent_id) if comment.parent_id else None
    row = CommentRow(
        site_id=site.id,
        thread_id=thread.id,
        key=comment.key,
        outside_id=comment.id,
        parent_outside_id=comment.parent_id,
        parent_id=parent.id if parent else None,
        created_at=comment.created_at or now,
        received_at=now,
        callback_url=comment.callback,
        protocol=protocol,
        status=Status.HELD,
        urgency=0.0,
        priority=priority(0.0, now),
        due_at=now + timedelta(hours=site.longest_wait_hours),
    )
    describe(row, comment.author)
    put(session, row, site=site, thread=thread, parent=parent, revisions=[], decisions=[], drawn=[])
    _add_revision(session, row, 1, comment.text, now)
    search.add(session, row)
    _adopt(session, row)
    return row


def rank(session: Session, row: CommentRow, urgency: float) -> None:
    """Give a comment its place in the queue."""
    change(session, row, urgency=urgency, priority=priority(urgency, row.received_at))


def pin(session: Session, row: CommentRow, is_pinned: bool) -> None:
    """Let a comment come before all others until a person has seen it, or no more.

    Nobody has seen what it says now, whatever was decided about an earlier text.
    """
    change(session, row, is_pinned=is_pinned, decided_at=None if is_pinned else row.decided_at)


def describe(row: CommentRow, author: Author) -> None:
    """Write down who wrote a comment."""
    row.author_key = author.key
    for name, value in asdict(author).items():
        setattr(row, f"author_{name}", value)


def revise(session: Session, row: CommentRow, text: str, now: datetime) -> RevisionRow:
    """Add a revision to a comment; what the model called the earlier one no longer counts."""
    _forget_labels(session, row.id)
    revision = _add_revision(session, row, row.revision.number + 1, text, now)
    change(session, row, check_place=decisions.check_place(row))
    search.keep(session, row)
    return revision


def is_known_text(row: CommentRow, text: str) -> bool:
    """Whether a comment reads like this, or did until personal data was taken out of just this here."""
    original, hashed = original_of(row), text_hash(text)
    return row.revision.text_hash == hashed or (original is not None and original.text_hash == hashed)


def original_of(row: CommentRow) -> RevisionRow | None:
    """Return the revision of which the present one is a redaction, None where it is none."""
    return next((each for each in row.revisions if each.id == row.revision.redacts_id), None)


def forget_text(session: Session, revision: RevisionRow) -> None:
    """Erase what an original said; its hash stays, by which the site's sending it again is known to be nothing new."""
    revision.text = ""
    for scores in list(revision.scores):
        revision.scores.remove(scores)
        session.delete(scores)


def keep_scores(session: Session, revision: RevisionRow, scores: Scores, now: datetime) -> None:
    """Keep what a model said about a revision; the same model's word on it replaces the earlier one."""
    if revision.scores:
        _forget_labels(session, revision.comment_id)
    for row in [row for row in revision.scores if row.model == scores.model]:
        revision.scores.remove(row)
        session.delete(row)
        session.flush()
    row = put(session, ScoresRow(revision_id=revision.id, **columns_of(scores), scored_at=now))
    append(revision, "scores", row)
    _keep_labels(session, revision.comment_id, scores)


def explain(row: CommentRow, revision_id: int, scores: Scores) -> None:
    """Keep what moved a label, where the comment still reads and scores as it did when that was looked for."""
    kept = next((each for each in row.revision.scores if each.model == scores.model), None)
    if kept and row.revision.id == revision_id:
        kept.evidence = columns_of(scores)["evidence"]


def columns_of(scores: Scores) -> dict[str, Any]:
    """Return what a row holds of scores."""
    # Evidence without names, and no finer than anybody looks: it is most of what is stored of a comment, and of what
    # is read for a page.
    evidence = {
        label: [(each.start, each.end, round(each.weight, 4), *([True] if each.tipped else [])) for each in found]
        for label, found in scores.evidence.items()
    }
    return {
        "model": scores.model,
        "probabilities": {**scores.probabilities, **scores.kinds},
        "labels": list(scores.labels),
        "evidence": evidence,
        "language": scores.language,
        "second_reader": scores.second_reader,
    }


def scores_of(revision: RevisionRow) -> Scores | None:
    """Return what was last said about a revision, None where nothing has been."""
    if not revision.scores:
        return None
    row = revision.scores[-1]
    evidence = _KeptEvidence(row.evidence)
    kinds = {key: p for key, p in row.probabilities.items() if key in KINDS}
    labels = {key: p for key, p in row.probabilities.items() if key not in KINDS}
    return Scores(row.model, labels, tuple(row.labels), evidence, row.language, kinds, row.second_reader)


def erase(session: Session, row: CommentRow) -> None:
    """Remove what a comment said and who wrote it; its place in the thread and its decisions stay."""
    for revision in row.revisions:
        revision.text = ""
        revision.text_hash = text_hash("")
        for scores in list(revision.scores):
            revision.scores.remove(scores)
            session.delete(scores)
    _forget_labels(session, row.id)
    for decision in row.decisions:
        decision.reason = decision.author_message = None
    for note in list(row.notes):
        row.notes.remove(note)
        session.delete(note)
    jobs.erase(session, row)
    describe(row, Author())
    row.check_place = None
    if row.outside_id is None:
        row.key = f"erased:{row.id}"  # the key was made of what the comment said
    session.flush()
    search.keep(session, row)


def count_held(session: Session) -> int:
    """Return how many comments wait for a person."""
    return session.scalar(select(func.count()).where(CommentRow.status == Status.HELD)) or 0


def of_thread(session: Session, thread_id: int, limit: int) -> Sequence[CommentRow]:
    """Return the first comments of a discussion, in the order in which they came."""
    rows = select(CommentRow).where(CommentRow.thread_id == as_id(thread_id))
    return session.scalars(whole(rows.order_by(CommentRow.id).limit(limit))).all()


def whole(rows: Select[CommentRow]) -> Select[CommentRow]:
    """Read comments with all that is shown of them, in a handful of queries however many they are."""
    return rows.options(
        joinedload(CommentRow.thread),
        joinedload(CommentRow.site),
        joinedload(CommentRow.parent).selectinload(CommentRow.revisions),
        selectinload(CommentRow.revisions).selectinload(RevisionRow.scores),
        selectinload(CommentRow.decisions).joinedload(DecisionRow.user),
        selectinload(CommentRow.notes).joinedload(NoteRow.user),
        selectinload(CommentRow.drawn),
        joinedload(CommentRow.claim).joinedload(ClaimRow.user),
    )


_KEEP_LABELS = insert(plain(LabelRow))


class _KeptEvidence(Mapping[str, tuple[Evidence, ...]]):
    """The evidence of a row, made of its numbers when a label's is asked for: a page shows that of one or two."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        self._kept = kept

    def __getitem__(self, label: str) -> tuple[Evidence, ...]:
        # With names is how it was kept at first.
        return tuple(Evidence(**each) if isinstance(each, dict) else Evidence(*each) for each in self._kept[label])

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def _add_revision(session: Session, row: CommentRow, number: int, text: str, now: datetime) -> RevisionRow:
    revision = RevisionRow(comment_id=row.id, number=number, text=text, text_hash=text_hash(text), received_at=now)
    append(row, "revisions", put(session, revision, scores=[]))
    return revision


def _texts_of(session: Session, numbers: Sequence[int]) -> dict[int, tuple[str, set[str]]]:
    """Return of each comment its latest text, and the hashes of that and of what it is a redaction of."""
    columns = (RevisionRow.comment_id, RevisionRow.id, RevisionRow.redacts_id, RevisionRow.text, RevisionRow.text_hash)
    rows = select(*columns).where(RevisionRow.comment_id.in_(numbers)).order_by(RevisionRow.number)
    found: dict[int, tuple[str, set[str]]] = {}
    hash_of: dict[int, str] = {}
    for comment, revision, redacts, text, hashed in session.execute(rows):
        hash_of[revision] = hashed
        found[comment] = (text, {hashed, hash_of.get(redacts or 0, hashed)})
    return found


def _forget_labels(session: Session, comment_id: int) -> None:
    session.execute(delete(LabelRow).where(LabelRow.comment_id == comment_id))


def _keep_labels(session: Session, comment_id: int, scores: Scores) -> None:
    """Keep each label's probability now, for the lists that ask for a label; there are none of this comment yet."""
    rows = [
        {"comment_id": comment_id, "label": label, "probability": p, "is_called": label in scores.labels}
        for label, p in scores.probabilities.items()
    ]
    if rows:
        session.connection().execute(_KEEP_LABELS, rows)  # as rows: eight objects would take longer than all the rest


def _adopt(session: Session, row: CommentRow) -> None:
    """Join replies that came before the comment they answer to it."""
    if row.outside_id is None:
        return
    is_waiting = (
        CommentRow.site_id == row.site_id,
        CommentRow.parent_outside_id == row.outside_id,
        CommentRow.parent_id.is_(None),
        CommentRow.id != row.id,
    )
    for number in session.connection().scalars(select(plain(CommentRow).c.id).where(*is_waiting)).all():
        reply = session.get_one(CommentRow, number)
        reply.parent = row
        session.flush()  # each by itself: two that answer each other could not be written at once


def _keyed(site: SiteRow, key: str) -> Select[CommentRow]:
    return select(CommentRow).where(CommentRow.site_id == site.id, CommentRow.key == key)


def _numbered(comment_id: int) -> Select[CommentRow]:
    return select(CommentRow).where(CommentRow.id == as_id(comment_id))
