"""More comments are drawn to be checked: at random, never twice, without a word to the blog, and reports count them."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.domain.comment import Author, Scores, Status
from service.domain.policy import place_in_sample
from service.domain.tone import Basis, Line, Period, Scope, Share, Speaker, Step
from service.flows import sampling
from service.flows.analysis import report_of
from service.flows.sampling import DrawRefused, Wanted
from service.store import batches, comments, draws, lists
from service.store.batches import Arrival, NewDecision
from service.store.counted import Among
from service.store.engine import Database
from service.store.lists import Filter, View
from service.store.tables import CommentRow, DrawnRow, DrawRow, JobRow, Origin, SiteRow, UserRow
from tests import cast
from tests.flows.conftest import decide, undo

FIRST = date(2026, 10, 5)
WEEKS = Period(FIRST, FIRST + timedelta(days=28))
OTHER = "https://relay.example.org/another"
LABELS = ("spam", "supportive")


def archive(
    session: Session,
    site: SiteRow,
    many: int = 280,
    first: date = FIRST,
    name: str = "",
    came: datetime = cast.NOW,
    **author: str,
) -> list[int]:
    """Take in an archive that was settled on the blog: every tenth is spam, which the model sees most of."""
    chance = random.Random(1)
    begins = datetime.combine(first, datetime.min.time(), UTC)
    arrivals = []
    for number in range(many):
        at = begins + timedelta(days=28 * number / many)
        is_spam = number % 10 == 0
        spam = min(0.99, max(0.001, chance.gauss(0.7 if is_spam else 0.1, 0.15)))
        scores = Scores("a-model", {"spam": spam, "supportive": 0.3}, ("spam",) if spam >= 0.5 else ())
        standing = Status.SPAM if is_spam else Status.APPROVED
        arrivals.append(
            Arrival(
                cast.comment(
                    f"{'Buy this' if is_spam else 'Thank you'} {number}",
                    Author(id=str(number), **author),
                    id=f"{name}{first}:{number}",
                    created_at=at,
                    thread_url=OTHER if number % 7 == 0 else cast.POST,
                ),
                scores,
                0.0,
                False,
                [NewDecision(Status.APPROVED, Origin.POLICY, cast.NOW), NewDecision(standing, Origin.SITE, at)],
            )
        )
    return list(batches.add(session, site, arrivals, came))


def drawn(
    session: Session, site: SiteRow, count: int, user: UserRow | None = None, period: Period = WEEKS, **more: str
) -> DrawRow:
    """Draw comments of the four weeks."""
    asked = sampling.among(session, site, Wanted(period, **more), cast.NOW)
    return sampling.draw(session, site, asked, "UTC", sampling.in_order(session, asked), count, cast.NOW, user)


def waiting(session: Session) -> Sequence[CommentRow]:
    """Return what waits to be checked, in the desk's order."""
    found: list[CommentRow] = []
    cursor = None
    while True:
        page = lists.page(session, View.SAMPLE, Filter(), cast.NOW, cursor)
        found += page.rows
        cursor = page.cursor
        if cursor is None:
            return found


def check(session: Session, row: CommentRow, who: UserRow) -> None:
    """Leave a comment where it stands, and confirm what it is."""
    what = {Status.APPROVED: "approve", Status.SPAM: "spam", Status.REJECTED: "reject"}[row.status]
    decide(
        session,
        row,
        who,
        what,
        seen=row.decision.number,
        labels=["spam"] if row.revision.text.startswith("Buy") else [],
    )


def share_of(session: Session, scope: Scope | None = None, label: str = "spam") -> Share:
    """Return a share of the readers' comments of the four weeks."""
    session.flush()
    report = report_of(session, scope or Scope(cast.POST.rpartition("/")[0]), WEEKS, Step.WEEK, "UTC", now=cast.NOW)
    line: Line = next(line for line in report.lines if line.speaker is Speaker.READERS)
    return line.whole.shares[label]


def standing(session: Session) -> dict[int, Status]:
    return dict(session.execute(select(CommentRow.id, CommentRow.status)).all())  # type: ignore[arg-type]  # rows of two


def numbers(rows: Sequence[CommentRow]) -> list[int]:
    return [row.id for row in rows]


def test_an_archive_s_shares_are_known_once_what_was_drawn_is_checked(
    session: Session, site: SiteRow, moderator: UserRow
) -> None:
    archive(session, site, 560)
    assert share_of(session).basis is Basis.NOTHING
    drawn(session, site, 220, moderator)
    for row in waiting(session):
        check(session, row, moderator)
    found = share_of(session)
    assert (found.of, found.checked) == (560, 220)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 0.1 <= found.high
    assert found.high - found.low < 0.08


def test_what_came_in_later_than_a_draw_of_its_time_is_said(
    session: Session, site: SiteRow, moderator: UserRow
) -> None:
    def late() -> list[str]:
        report = report_of(
            session, Scope(cast.POST.rpartition("/")[0]), WEEKS, Step.WEEK, "UTC", now=cast.NOW + timedelta(days=2)
        )
        return [each.split()[0] for each in report.remarks if "came in after others of their time were drawn" in each]

    archive(session, site)
    archive(session, site, 40, name="before", came=cast.NOW - timedelta(days=1))
    assert late() == []
    drawn(session, site, 60, moderator)
    assert late() == []
    archive(session, site, 30, name="later", came=cast.NOW + timedelta(hours=1))
    archive(session, site, 30, FIRST - timedelta(days=200), name="of another time", came=cast.NOW + timedelta(hours=1))
    assert late() == ["30"]
    asked = sampling.among(session, site, Wanted(WEEKS), cast.NOW + timedelta(hours=2))
    order = sampling.in_order(session, asked)
    sampling.draw(session, site, asked, "UTC", order, 60, cast.NOW + timedelta(hours=2), moderator)
    assert late() == []


def test_nothing_becomes_of_them_on_the_blog_and_it_is_told_nothing(
    session: Session, site: SiteRow, moderator: UserRow
) -> None:
    archive(session, site)
    before = standing(session)
    drawn(session, site, 60, moderator)
    rows = waiting(session)
    for row in rows:
        check(session, row, moderator)
    undo(session, rows[0].decision, moderator)
    session.flush()
    assert standing(session) == before
    assert session.scalars(select(JobRow)).all() == []
    assert numbers(waiting(session)) == [rows[0].id]


def test_what_came_in_by_itself_is_not_told_of_either_unless_it_changes(
    session: Session, site: SiteRow, moderator: UserRow, receive: object
) -> None:
    rows = [receive(cast.comment(f"{cast.KIND} {each}", id=str(each))) for each in range(2)]  # type: ignore[operator]
    asked = Among([cast.NOW - timedelta(days=1), cast.NOW + timedelta(days=1)], site.id)
    sampling.draw(session, site, asked, "UTC", sampling.in_order(session, asked), 2, cast.NOW)
    before = session.scalar(select(func.count(JobRow.id)))
    undo(session, decide(session, rows[0], moderator, "approve", labels=[]), moderator)
    assert session.scalar(select(func.count(JobRow.id))) == before
    decide(session, rows[1], moderator, "spam", labels=["spam"])
    assert session.scalar(select(func.count(JobRow.id))) == (before or 0) + 1


def test_they_come_in_the_order_of_their_places_whoever_asks(session: Session, site: SiteRow) -> None:
    ids = archive(session, site)
    drawn(session, site, 40)
    places = sorted(ids, key=lambda each: place_in_sample(f"{site.id}:{each}"))
    assert numbers(waiting(session)) == places[:40]


def test_to_draw_again_adds_and_never_replaces(session: Session, site: SiteRow, moderator: UserRow) -> None:
    archive(session, site)
    drawn(session, site, 40)
    first = waiting(session)
    check(session, first[0], moderator)
    assert drawn(session, site, 10).count == 10
    assert numbers(waiting(session))[:39] == numbers(first[1:])
    assert len(waiting(session)) == 49


def test_what_was_called_off_is_what_comes_next(session: Session, site: SiteRow, moderator: UserRow) -> None:
    archive(session, site)
    draw = drawn(session, site, 40)
    first = waiting(session)
    for row in first[:10]:
        check(session, row, moderator)
    assert draws.call_off(session, draw, cast.NOW) == 30
    assert waiting(session) == []
    assert share_of(session).checked == 10
    drawn(session, site, 30)
    assert numbers(waiting(session)) == numbers(first[10:])


def test_all_that_is_left_is_drawn_and_then_no_more(session: Session, site: SiteRow) -> None:
    archive(session, site, 30)
    assert drawn(session, site, 100).count == 30
    with pytest.raises(DrawRefused, match="No comment is left"):
        drawn(session, site, 1)


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_no_more_wait_than_anybody_checks(session: Session, site: SiteRow, count: int) -> None:
    archive(session, site, 30)
    with pytest.raises(DrawRefused, match="Ask for 1 to 1000"):
        drawn(session, site, count)


def test_what_was_said_of_it_before_does_not_check_it(session: Session, site: SiteRow, moderator: UserRow) -> None:
    archive(session, site, 30)
    row = session.get_one(CommentRow, 2)
    decide(session, row, moderator, "approve", labels=["supportive"])
    drawn(session, site, 30)
    assert row in waiting(session)
    assert share_of(session).checked == 0


def test_without_its_labels_a_decision_checks_nothing(session: Session, site: SiteRow, moderator: UserRow) -> None:
    archive(session, site, 30)
    drawn(session, site, 30)
    row = waiting(session)[0]
    decide(session, row, moderator, "reject")
    assert row in waiting(session)
    check(session, row, moderator)
    assert row not in waiting(session)


def test_another_text_has_to_be_checked_anew(session: Session, site: SiteRow, moderator: UserRow) -> None:
    archive(session, site, 30)
    drawn(session, site, 30)
    row = waiting(session)[0]
    check(session, row, moderator)
    comments.keep_scores(
        session, comments.revise(session, row, "Thank you all.", cast.NOW), Scores("a-model", {"spam": 0.1}), cast.NOW
    )
    assert row in waiting(session)
    assert share_of(session).checked == 0
    check(session, row, moderator)
    assert (row in waiting(session), share_of(session).checked) == (False, 1)


def test_what_is_withdrawn_waits_no_more(session: Session, site: SiteRow) -> None:
    archive(session, site, 30)
    draw = drawn(session, site, 30)
    row = waiting(session)[0]
    comments.erase(session, row)
    row.status = Status.WITHDRAWN
    session.flush()
    assert row not in waiting(session)
    assert draws.progress(session, [draw])[draw.id] == (0, 29)


def test_one_discussion_does_not_stand_for_the_site(session: Session, site: SiteRow, moderator: UserRow) -> None:
    archive(session, site)
    drawn(session, site, 20, thread=OTHER)
    rows = waiting(session)
    assert {row.thread.url for row in rows} == {OTHER}
    for row in rows:
        check(session, row, moderator)
    assert share_of(session, Scope(site.url, thread=OTHER)).checked == 20
    assert share_of(session).checked == 0


def test_of_a_draw_of_the_site_each_discussion_has_its_part(
    session: Session, site: SiteRow, moderator: UserRow
) -> None:
    archive(session, site)
    drawn(session, site, 20, thread=OTHER)
    for row in waiting(session):
        check(session, row, moderator)
    drawn(session, site, 140)
    ids = session.scalars(select(CommentRow.id)).all()
    places = sorted(ids, key=lambda each: place_in_sample(f"{site.id}:{each}"))
    # Those of the discussion too that were checked for it alone: else the site would be drawn without them.
    assert numbers(waiting(session)) == places[:140]
    for row in waiting(session):
        check(session, row, moderator)
    here = session.scalar(
        select(func.count(CommentRow.id)).where(CommentRow.id.in_(places[:140]), CommentRow.thread.has(url=OTHER))
    )
    assert share_of(session).checked == 140
    assert share_of(session, Scope(site.url, thread=OTHER)).checked == 20 + (here or 0) - _both(session)


def _both(session: Session) -> int:
    """Return how many comments were drawn twice."""
    return sum(len(row.drawn) - 1 for row in session.scalars(select(CommentRow)) if row.drawn)


def test_a_group_is_drawn_by_itself(session: Session, site: SiteRow) -> None:
    archive(session, site, 30)
    archive(session, site, 12, WEEKS.start + timedelta(days=1), role="Patron")
    assert drawn(session, site, 100, author_group="patron ").count == 12


def test_a_week_of_which_more_was_drawn_does_not_stand_for_the_month(
    session: Session, site: SiteRow, moderator: UserRow
) -> None:
    """All spam is of the first week here, and nearly all that is checked, too."""
    ids = archive(session, site, 800)
    in_first = CommentRow.created_at < datetime.combine(FIRST + timedelta(days=7), datetime.min.time(), UTC)
    of_first = session.scalars(select(CommentRow.id).where(in_first)).all()
    session.execute(update(CommentRow).where(CommentRow.id.in_(set(ids) - set(of_first))).values(author_name="Maya"))
    drawn(session, site, 190, period=Period(FIRST, FIRST + timedelta(days=7)))
    drawn(session, site, 60)
    for row in waiting(session):
        what = {Status.APPROVED: "approve", Status.SPAM: "spam"}[row.status]
        decide(session, row, moderator, what, labels=["supportive"] if row.id in of_first else [])
    found = share_of(session, label="supportive")
    assert found.checked == 250
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 0.25 <= found.high


REFUSED = [
    (Wanted(Period(date(2999, 1, 1), date(2999, 2, 1))), "still to come"),
    (Wanted(Period(FIRST, FIRST)), "ends before it begins"),
    (Wanted(WEEKS, thread="https://relay.example.org/nowhere"), "No comment under"),
]


@pytest.mark.parametrize(("wanted", "said"), REFUSED)
def test_what_cannot_be_drawn_of_is_refused(session: Session, site: SiteRow, wanted: Wanted, said: str) -> None:
    with pytest.raises(DrawRefused, match=said):
        sampling.among(session, site, wanted, cast.NOW)


def test_it_is_said_beforehand_what_to_expect(session: Session, site: SiteRow) -> None:
    archive(session, site, 800)
    found = sampling.prospect(session, site, sampling.among(session, site, Wanted(WEEKS), cast.NOW))
    assert (found.comments, found.checked, found.checked_on_site, found.waiting, found.most) == (800, 0, 0, 0, 800)
    assert [found.is_enough(count) for count in sampling.SUGGESTED] == [False, True, True]
    widths = [each.high - each.low for each in (found.interval(sampling.RARE, count) for count in sampling.SUGGESTED)]
    assert widths == sorted(widths, reverse=True)
    assert widths[1] == pytest.approx(0.052, abs=0.005)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # with SQLite nobody else can write meanwhile
def test_what_is_checked_while_a_draw_is_called_off_counts(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.writing() as session:
        site, ana = cast.add_site(session)[0], cast.add_user(session, cast.ANA)
        archive(session, site, 30)
        draw_id, first = drawn(session, site, 3, ana).id, waiting(session)[0].id
        who = ana.id
    lock = comments.locked_all

    def meanwhile(session: Session, numbers: Sequence[int]) -> dict[int, CommentRow]:
        with database.writing() as other:
            check(other, other.get_one(CommentRow, first), other.get_one(UserRow, who))
        return lock(session, numbers)

    monkeypatch.setattr(comments, "locked_all", meanwhile)
    with database.writing() as session:
        assert draws.call_off(session, session.get_one(DrawRow, draw_id), cast.NOW) == 2
    with database.reading() as session:
        assert session.scalars(select(DrawnRow.comment_id)).all() == [first]
