"""A tone report, from rows to what is said."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.domain.periods import PeriodRefused
from service.domain.policy import AUDIT
from service.domain.tone import Basis, Line, Period, Scope, Speaker, Step, ToneReport
from service.domain.tone_json import from_json, to_json
from service.flows.analysis import ScopeRefused, report_of
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
    Table,
    UserRow,
)
from tests import cast
from tests.flows.conftest import Receive

FIRST = date(2026, 11, 2)
PERIOD = Period(FIRST, FIRST + timedelta(days=14))
BEFORE = FIRST - timedelta(days=14)
SITE = "https://relay.example.org"
MARK = [{"rule": AUDIT, "action": "mark", "label": None, "score": None}]


def weeks(
    session: Session, site: SiteRow, who: UserRow, planted: Sequence[float], models: Sequence[str], each: int = 300
) -> None:
    """Add weeks of comments with so much spam, every third of them checked; the model errs now and then.

    They are written as rows: the flows would take minutes for so many.
    """
    chance = np.random.default_rng(1)
    thread = sites.thread_of(session, site, cast.POST, cast.TITLE)
    session.flush()
    rows: dict[type[Table], list[dict[str, Any]]] = defaultdict(list)
    for week, (share, model) in enumerate(zip(planted, models, strict=True)):
        begin = datetime.combine(BEFORE, datetime.min.time(), UTC) + timedelta(days=7 * week, hours=12)
        for number in range(each):
            is_spam = number < share * each
            probability = float(1 / (1 + np.exp(-chance.normal(1 if is_spam else -4, 1.5))))
            finding = (["spam"] if is_spam else []) if number % 3 == 0 else None
            at = begin + timedelta(minutes=number)
            for table, row in rows_of(len(rows[CommentRow]) + 1, at, model, probability, finding, who):
                rows[table].append(row)
    for row in rows[CommentRow]:
        row |= {"site_id": site.id, "thread_id": thread.id}
    for table, some in rows.items():
        session.execute(insert(table), some)


def rows_of(
    number: int, at: datetime, model: str, probability: float, finding: list[str] | None, who: UserRow
) -> Iterator[tuple[type[Table], dict[str, Any]]]:
    """Yield the rows of one comment, with what a person found on it where one has checked it."""
    place = {"protocol": Protocol.NATIVE, "urgency": 0.0, "priority": 0.0, "status": Status.APPROVED}
    yield CommentRow, {"id": number, "key": f"{number}", "created_at": at, "received_at": at, "due_at": at, **place}
    text = {"number": 1, "text": "x", "text_hash": "x", "received_at": at}
    yield RevisionRow, {"id": number, "comment_id": number, **text}
    said = {"probabilities": {}, "labels": [], "evidence": {}, "scored_at": at}
    yield ScoresRow, {"revision_id": number, "model": model, **said}
    called = {"label": "spam", "probability": probability, "is_called": probability >= 0.5}
    yield LabelRow, {"comment_id": number, **called}
    decision = {"comment_id": number, "revision_id": number, "decided_at": at, "status": Status.APPROVED}
    by_policy = {"number": 1, "origin": Origin.POLICY, "reasons": MARK, "labels": None, "user_id": None}
    yield DecisionRow, {**decision, **by_policy}
    if finding is not None:
        by_person = {"number": 2, "origin": Origin.PERSON, "reasons": [], "labels": finding, "user_id": who.id}
        yield DecisionRow, {**decision, **by_person}


def made(session: Session, step: Step = Step.WEEK, scope: Scope | None = None) -> ToneReport:
    return report_of(session, scope or Scope(SITE), PERIOD, step, "Europe/London", now=cast.NOW)


def readers(report: ToneReport) -> Line:
    return next(line for line in report.lines if line.speaker is Speaker.READERS)


@pytest.fixture
def four_weeks(session: Session, site: SiteRow, moderator: UserRow) -> None:
    weeks(session, site, moderator, (0.05, 0.05, 0.2, 0.1), ["a-model"] * 4)


@pytest.mark.usefixtures("four_weeks")
def test_what_was_planted_lies_in_the_intervals(session: Session) -> None:
    shares = [each.shares["spam"] for each in readers(made(session)).slices]
    assert [(each.of, each.checked) for each in shares] == [(300, 100)] * 2
    assert all(each.basis is not Basis.NOTHING for each in shares)
    assert all(
        each.low is not None and each.high is not None and each.low <= truth <= each.high
        for each, truth in zip(shares, (0.2, 0.1), strict=True)
    )


@pytest.mark.usefixtures("four_weeks")
def test_a_real_change_is_found(session: Session) -> None:
    [spam] = [each for each in readers(made(session)).changes if each.label == "spam"]
    assert spam.is_found
    assert spam.difference == pytest.approx(0.1, abs=0.04)


@pytest.mark.usefixtures("four_weeks")
def test_days_add_up_to_the_whole(session: Session) -> None:
    line = readers(made(session, Step.DAY))
    assert sum(each.volume for each in line.slices) == line.whole.volume == 600
    for name in ("of", "counted", "checked"):
        by_day = sum(getattr(each.shares["spam"], name) for each in line.slices)
        assert by_day == getattr(line.whole.shares["spam"], name)


def test_of_two_models_each_is_judged_by_itself_and_the_day_is_marked(
    session: Session, site: SiteRow, moderator: UserRow
) -> None:
    weeks(session, site, moderator, (0.1, 0.1, 0.1, 0.1), ["a-model", "a-model", "a-model", "another"], each=700)
    report = made(session)
    assert [(each.day, each.model) for each in report.model_changes] == [(FIRST + timedelta(days=7), "another")]
    assert [each.models for each in readers(report).slices] == [("a-model",), ("another",)]
    assert all(each.shares["spam"].value is not None for each in readers(report).slices)


def test_with_few_comments_it_counts_and_says_so(session: Session, receive: Receive) -> None:
    receive(cast.comment(created_at=datetime(2026, 11, 5, 12, tzinfo=UTC)))
    report = made(session)
    assert (readers(report).whole.volume, readers(report).whole.shares["supportive"].counted) == (1, 1)
    assert readers(report).whole.shares["supportive"].value is None
    assert any("too few comments of the sample are checked" in each for each in report.remarks)


def test_staff_speak_on_a_line_of_their_own(session: Session, receive: Receive) -> None:
    author = cast.Author(id="1", name="Dr Odell", role="editor")
    receive(cast.comment(created_at=datetime(2026, 11, 5, 12, tzinfo=UTC), author=author))
    assert [(line.speaker, line.whole.volume) for line in made(session).lines] == [("readers", 0), ("staff", 1)]


def test_a_comment_at_midnight_belongs_to_the_day_of_the_site_s_zone(session: Session, receive: Receive) -> None:
    receive(cast.comment(created_at=datetime(2026, 11, 5, 23, 30, tzinfo=UTC)))
    report = report_of(session, Scope(SITE), PERIOD, Step.DAY, "Europe/Berlin", now=cast.NOW)
    assert [each.period.start.day for each in readers(report).slices if each.volume] == [6]


@pytest.mark.usefixtures("four_weeks")
def test_a_report_is_written_and_read_back(session: Session) -> None:
    report = made(session)
    assert from_json(json.loads(json.dumps(to_json(report)))) == report


@pytest.mark.parametrize("scope", [Scope("https://nobody.example.org"), Scope(SITE, thread="https://x.example.org")])
def test_what_is_not_there_is_refused(session: Session, site: SiteRow, scope: Scope) -> None:
    assert site.url == SITE
    with pytest.raises(ScopeRefused):
        made(session, scope=scope)


def test_a_stretch_without_a_day_is_refused(session: Session, site: SiteRow) -> None:
    with pytest.raises(PeriodRefused):
        report_of(session, Scope(site.url), Period(FIRST, FIRST), Step.DAY, "UTC", now=cast.NOW)
