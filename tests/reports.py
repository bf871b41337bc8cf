"""A report as it could be of a small blog: eight weeks, with a change of model, a week too thin, and staff."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.domain.labels import LABELS
from service.domain.policy import AUDIT
from service.domain.tone import (
    Basis,
    Change,
    Handling,
    Line,
    ModelChange,
    Period,
    Scope,
    Share,
    Slice,
    Speaker,
    Step,
    ToneReport,
)
from service.store import sites
from service.store.tables import (
    CommentRow,
    DecisionRow,
    LabelRow,
    Origin,
    Protocol,
    RevisionRow,
    ScoresRow,
    SiteRow,
    ThreadRow,
    UserRow,
)
from tests import cast

SITE = "https://relay.example.org"
EIGHT_WEEKS = Period(date(2026, 9, 28), date(2026, 11, 23))
BEFORE = Period(date(2026, 8, 3), EIGHT_WEEKS.start)
MODEL, LATER_MODEL = "comments-en-1", "comments-en-2"

VOLUMES = (212, 187, 240, 24, 198, 305, 264, 221)
TRUTH: Mapping[str, tuple[float, float]] = {
    "sarcastic": (0.06, 0.065),
    "supportive": (0.31, 0.29),
    "abusive": (0.03, 0.062),
    "critical": (0.22, 0.24),
    "hsct_risk": (0.11, 0.1),
    "cost": (0.08, 0.13),
    "fmt_tangent": (0.004, 0.006),
    "spam": (0.02, 0.015),
}
"""Label to its share at the beginning and at the end."""
ENOUGH = 30
TOGETHER = {"render_nulls": True}
"""Rows are written in one statement; else it would be one for every run of rows that have the same fields."""


def share(value: float, of: int) -> Share:
    """Return a share as an estimate of so many comments could be."""
    if of < ENOUGH:
        return Share(counted=round(value * of), of=of, checked=of // 20)
    wide = 2.2 * (value * (1 - value) / of) ** 0.5
    low, high = max(0.0, value - wide), min(1.0, value + wide)
    return Share(round(value * of * 1.2), of, of // 12, value, low, high, Basis.BOTH)


def slice_of(period: Period, volume: int, part: float, models: tuple[str, ...] = (MODEL,)) -> Slice:
    """Return a stretch of time at some part of the way from the first share to the last."""
    shares = {key: share(first + part * (last - first), volume) for key, (first, last) in TRUTH.items()}
    held = volume // 9
    handling = Handling(held, held - 3 if held > 3 else 0, held // 6, 5.4 if held > 3 else None)
    return Slice(period, volume, shares, handling, models, unscored=volume // 80)


def change_of(label: str, after: Share, volume: int) -> Change:
    """Return how a label's share differs from before."""
    before = share(TRUTH[label][0], volume)
    if before.value is None or after.value is None:
        return Change(label, before, after, None, None, None, None, False)
    difference = after.value - before.value
    is_found = abs(difference) > 0.014
    return Change(
        label, before, after, difference, difference - 0.011, difference + 0.011, 0.003 if is_found else 0.6, is_found
    )


def line(speaker: Speaker, volumes: tuple[int, ...]) -> Line:
    """Return the weeks of one group."""
    weeks = [EIGHT_WEEKS.start + timedelta(weeks=number) for number in range(len(volumes))]
    slices = tuple(
        slice_of(
            Period(start, start + timedelta(weeks=1)),
            volume,
            number / (len(volumes) - 1),
            (MODEL,) if number < 5 else (MODEL, LATER_MODEL) if number == 5 else (LATER_MODEL,),
        )
        for number, (start, volume) in enumerate(zip(weeks, volumes, strict=True))
    )
    whole = slice_of(EIGHT_WEEKS, sum(volumes), 0.5, (MODEL, LATER_MODEL))
    changes = tuple(change_of(label, whole.shares[label], sum(volumes) * 9 // 10) for label in LABELS)
    return Line(speaker, slices, whole, changes)


def report(site: str = SITE) -> ToneReport:
    """Return the whole report."""
    return ToneReport(
        scope=Scope(site),
        period=EIGHT_WEEKS,
        before=BEFORE,
        step=Step.WEEK,
        zone="Europe/London",
        made_at=datetime(2026, 11, 23, 6, 0, tzinfo=UTC),
        lines=(line(Speaker.READERS, VOLUMES), line(Speaker.STAFF, tuple(each // 12 for each in VOLUMES))),
        model_changes=(ModelChange(date(2026, 11, 4), LATER_MODEL),),
        remarks=("12 comments in other languages were left out: the model does not read them.",),
    )


def fill(session: Session, site: SiteRow, user: UserRow, weeks: int = 4, a_day: int = 30) -> None:
    """Give a site comments of some weeks before EIGHT_WEEKS ends, a tenth of them by staff and a fourth checked.

    Written straight into the tables: what is tested is how they are counted, not how they come in.
    """
    thread = sites.thread_of(session, site, cast.POST, cast.TITLE)
    other = sites.thread_of(session, site, f"{cast.POST}-again", "Another post")
    draw = random.Random(7)
    begins = EIGHT_WEEKS.end - timedelta(weeks=weeks)
    at = [datetime.combine(begins, time(8), UTC) + timedelta(days=day) for day in range(7 * weeks)]
    rows = [_comment(number, at[number // a_day], site, (thread, other), draw) for number in range(7 * weeks * a_day)]
    session.execute(insert(CommentRow), rows, execution_options=TOGETHER)
    numbered = select(CommentRow.key, CommentRow.id).where(CommentRow.site_id == site.id)
    ids = {row.key: row.id for row in session.execute(numbered)}
    revisions, scored, labelled, decided = [], [], [], []
    for at_row, row in enumerate(rows):
        number, part = ids[row["key"]], at_row / len(rows)
        text = f"{'Thank you, this helped' if draw.random() < 0.5 else 'I doubt that'}: {row['key']}."
        revisions.append(
            {
                "id": number,
                "comment_id": number,
                "number": 1,
                "text": text,
                "text_hash": str(number),
                "received_at": row["received_at"],
            }
        )
        truth = {key: draw.random() < first + part * (last - first) for key, (first, last) in TRUTH.items()}
        chances = {key: min(0.99, max(0.01, draw.gauss(0.8 if is_it else 0.1, 0.1))) for key, is_it in truth.items()}
        called = [key for key, chance in chances.items() if chance >= 0.5]
        scored.append(
            {
                "revision_id": number,
                "model": MODEL,
                "probabilities": chances,
                "labels": called,
                "evidence": {},
                "scored_at": row["received_at"],
            }
        )
        labelled += [
            {"comment_id": number, "label": key, "probability": chance, "is_called": key in called}
            for key, chance in chances.items()
        ]
        decided += _decisions(number, row, [key for key, is_it in truth.items() if is_it], user)
    for table, found in ((RevisionRow, revisions), (ScoresRow, scored), (LabelRow, labelled), (DecisionRow, decided)):
        session.execute(insert(table), found, execution_options=TOGETHER)
    session.flush()


def _comment(
    number: int, at: datetime, site: SiteRow, threads: tuple[ThreadRow, ThreadRow], draw: random.Random
) -> dict[str, Any]:
    is_checked, is_refused = number % 4 == 0, number % 24 == 0
    return {
        "site_id": site.id,
        "thread_id": threads[number % 5 == 0].id,
        "key": f"id:{number}",
        "outside_id": str(number),
        "author_key": f"id:{number % 50}",
        "author_name": f"Reader {number % 50}",
        "author_role": draw.choice(("Editor", "staff"))
        if number % 10 == 9
        else draw.choice(("reader", None, "Subscriber")),
        "created_at": at + timedelta(minutes=number % 30),
        "received_at": at + timedelta(minutes=number % 30),
        "protocol": Protocol.NATIVE,
        "status": Status.SPAM if is_refused else Status.APPROVED,
        "urgency": 0.0,
        "priority": 0.0,
        "due_at": at + timedelta(days=3),
        "is_pinned": False,
        "held_for": AUDIT if is_checked else None,
        "decided_at": at + timedelta(hours=6) if is_checked else None,
    }


def _decisions(number: int, row: dict[str, Any], labels: list[str], user: UserRow) -> list[dict[str, Any]]:
    common = {"comment_id": number, "revision_id": number}
    is_checked = row["decided_at"] is not None
    judged = {
        **common,
        "number": 1,
        "status": Status.HELD if is_checked else Status.APPROVED,
        "origin": Origin.POLICY,
        "user_id": None,
        "reasons": [{"rule": AUDIT, "label": None, "score": None, "action": "hold"}] if is_checked else [],
        "held_for": row["held_for"],
        "labels": None,
        "decided_at": row["received_at"],
    }
    if not is_checked:
        return [judged]
    person = {"number": 2, "status": row["status"], "origin": Origin.PERSON, "user_id": user.id, "reasons": []}
    return [judged, {**common, **person, "held_for": None, "labels": labels, "decided_at": row["decided_at"]}]
