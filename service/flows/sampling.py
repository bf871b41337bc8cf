"""More comments are drawn to be checked, of what is there already: an archive was in no sample when it came in.

Every comment has a place, from a hash of its number, and the audit sample are those with low places. To draw is to go
on from there: of the comments asked for, those with the lowest places that are not in the sample. So a draw adds and
never replaces, nobody can choose which comments it will be, and what is checked of them in the order of their places is
a random sample at any time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from sqlalchemy.orm import Session

from service.domain import periods
from service.domain.policy import place_in_sample
from service.domain.tone import Period
from service.domain.wording import N_, Refusal, typed
from service.ml import shares
from service.ml.shares import Interval
from service.store import draws, sites
from service.store.counted import Among
from service.store.tables import DrawRow, SiteRow, UserRow

MOST_WAITING = 1000
"""Drawn comments of one site that wait at a time: some days' work, and not more than anybody begins."""
SUGGESTED = (100, 200, 400)
RARE, COMMON = 0.05, 0.2
"""Shares for which it is said how well they would be known."""
_AT_ONCE = 500


class DrawRefused(Refusal):
    """A draw that cannot be; the text says what to ask for instead."""


@dataclass(frozen=True)
class Wanted:
    """Of which comments of a site some are to be drawn."""

    period: Period
    zone: str = "UTC"
    thread: str | None = None
    author_group: str | None = None


@dataclass(frozen=True)
class Prospect:
    """What there is to draw from, and what is checked of it."""

    comments: int
    checked: int
    checked_on_site: int
    """However they came to be in the sample."""
    waiting: int
    """On the whole site."""

    @property
    def most(self) -> int:
        """How many can be drawn now."""
        return max(0, min(MOST_WAITING - self.waiting, self.comments - self.checked))

    def checked_with(self, count: int) -> int:
        """Return how many are checked here once so many more are."""
        return min(self.comments, self.checked + count)

    def is_enough(self, count: int) -> bool:
        """Whether a report can say something, once so many more are checked."""
        here = self.checked_with(count)
        on_site = self.checked_on_site + here - self.checked
        return here >= shares.FEWEST_CHECKED_HERE and on_site >= shares.FEWEST_CHECKED

    def interval(self, share: float, count: int) -> Interval:
        """Return how well a share is known then by the checked comments alone; the model's scores narrow it."""
        checked = max(1, self.checked_with(count))
        unseen = max(1e-9, 1 - checked / max(1, self.comments))
        return shares.interval(share, 0.0, self.comments, worth=checked / unseen)


def among(session: Session, site: SiteRow, wanted: Wanted, now: datetime) -> Among:
    """Return the comments that are asked for, up to now; raise DrawRefused where there can be none."""
    if wanted.period.end <= wanted.period.start:
        said = N_("The time ends before it begins. Write a first day, and a last one that is not before it.")
        raise DrawRefused(said)
    since, until = periods.moments([wanted.period], periods.zone_of(wanted.zone))
    if since >= now:
        raise DrawRefused(N_("These days are still to come. Choose some that are over."))
    thread = sites.find_thread(session, site, wanted.thread) if wanted.thread else None
    if wanted.thread and thread is None:
        said = N_("No comment under '%(thread)s' is known. Copy the address of a post of this site.")
        raise DrawRefused(said, thread=typed(wanted.thread, 200))
    return Among([since, min(until, now)], site.id, thread.id if thread else None, wanted.author_group)


def prospect(session: Session, site: SiteRow, asked: Among) -> Prospect:
    """Return what there is to draw from."""
    return Prospect(
        draws.count_scored(session, asked),
        draws.count_checked(session, asked),
        draws.count_checked_on(session, site),
        draws.count_waiting(session, site),
    )


def in_order(session: Session, asked: Among) -> list[int]:
    """Return the numbers of the comments asked for in the order of their places.

    It reads them all, which takes seconds where there are a million: to be had before the transaction that draws.
    """
    return sorted(draws.scored(session, asked), key=partial(_place, asked))


def draw(
    session: Session,
    site: SiteRow,
    asked: Among,
    zone: str,
    order: Sequence[int],
    count: int,
    now: datetime,
    user: UserRow | None = None,
) -> DrawRow:
    """Draw so many comments to be checked, in their order, or as many as are left; raise DrawRefused for none.

    What became of them on the blog does not change. `now` is when the order was had: what came in since had no chance.
    """
    session.refresh(site, with_for_update=True)  # one draw at a time, or two would take the same comments
    waiting = draws.count_waiting(session, site)
    if not 0 < count <= MOST_WAITING - waiting:
        raise DrawRefused(
            N_(
                "%(count)s comments cannot be drawn: at most %(most)s of a site wait to be checked at a time, and "
                "%(waiting)s do. Ask for 1 to %(left)s, or have some checked first."
            ),
            count=count,
            most=MOST_WAITING,
            waiting=waiting,
            left=max(0, MOST_WAITING - waiting),
        )
    places = dict(islice(_next(session, asked, order), count))
    if not places:
        raise DrawRefused(N_("No comment is left to draw: all that have scores are in the sample already."))
    return draws.add(session, site, asked, zone, places, now, user)


def _next(session: Session, asked: Among, order: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Yield the comments that can be drawn now in their order, each with its place."""
    for begin in range(0, len(order), _AT_ONCE):
        some = order[begin : begin + _AT_ONCE]
        left = draws.left(session, asked, some)
        yield from ((number, _place(asked, number)) for number in some if number in left)


def _place(asked: Among, number: int) -> float:
    return place_in_sample(f"{asked.site_id}:{number}")
