"""What an Akismet plugin asked is counted by month, on both databases."""

from datetime import timedelta

from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.store import checks, comments, decisions, sites
from service.store.checks import Tally
from service.store.tables import Origin, Protocol, SiteRow
from tests import cast

EARLIER = cast.NOW - timedelta(days=40)


def add(session: Session, site: SiteRow, text: str, *stands: tuple[Status, Origin], protocol: Protocol) -> None:
    thread = sites.thread_of(session, site, cast.POST, None)
    for number, now in enumerate((EARLIER, cast.NOW)):
        row = comments.add(session, site, thread, cast.comment(f"{text} {number}"), now, protocol)
        for status, origin in stands:
            decisions.add(session, row, status, origin, now)
        checks.add(session, row, f"{row.id}", now)


def test_what_was_asked_is_counted_by_month(session: Session) -> None:
    site, _ = cast.add_site(session)
    policy, own = (Status.APPROVED, Origin.POLICY), (Status.SPAM, Origin.SITE)
    add(session, site, "kind", policy, protocol=Protocol.AKISMET)
    add(session, site, "missed", policy, own, protocol=Protocol.AKISMET)
    add(session, site, "held", (Status.HELD, Origin.POLICY), protocol=Protocol.AKISMET)
    other, _ = cast.add_site(session, "https://other.example.org")
    add(session, other, "elsewhere", policy, protocol=Protocol.AKISMET)
    month = Tally(calls=3, spam=1, ham=1, missed_spam=1)
    assert checks.tallies(session, site, EARLIER) == {(2026, 10): month, (2026, 11): month}
    assert checks.tallies(session, site, cast.NOW) == {(2026, 11): month}
