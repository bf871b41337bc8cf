"""Which site and which days a page is about, as its address says."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from service.domain.wording import N_, typed
from service.store import sites
from service.store.discussions import SiteDays
from service.store.tables import SiteRow
from service.web.errors import Refused
from service.web.parts import now

USUAL_DAYS = 90
"""What a page is about where nobody chose: about a quarter."""
_EARLIEST, _FAR_AHEAD = date(1990, 1, 1), timedelta(days=366)


@dataclass(frozen=True)
class Asked:
    """The site and the days that a page is about."""

    sites: Sequence[SiteRow]
    site: SiteRow
    stretch: SiteDays

    @property
    def first(self) -> date:
        """The first day."""
        return self.stretch.start

    @property
    def last(self) -> date:
        """The last day, which is meant too."""
        return self.stretch.end - timedelta(days=1)

    @property
    def address(self) -> dict[str, Any]:
        """The same as it stands in an address."""
        return address_of(self.site.id, self.stretch.start, self.stretch.end)

    @property
    def filters(self) -> dict[str, Any]:
        """The same as the desk's lists are asked for it."""
        return {"view": "all", "site": self.site.id, "since": self.first.isoformat(), "until": self.last.isoformat()}


def asked(session: Session, given: Mapping[str, str]) -> Asked | None:
    """Read a page's address; None where there is no site yet. Raises Refused for a site or days that cannot be."""
    known = sites.all_of_them(session)
    if not known:
        return None
    site = _site(known, given.get("site", "").strip())
    last = _day(given.get("to", "").strip(), now().date())
    first = _day(given.get("from", "").strip(), last - timedelta(days=USUAL_DAYS - 1))
    if first > last:
        said = N_("The days go from %(first)s to %(last)s, which is backwards. Exchange them.")
        raise Refused(400, "invalid", said, first=first, last=last)
    return Asked(known, site, SiteDays(site.id, first, last + timedelta(days=1)))


def address_of(site_id: int, start: date, end: date) -> dict[str, Any]:
    """Return a site and days, the last one not included, as they stand in an address."""
    return {"site": site_id, "from": start.isoformat(), "to": (end - timedelta(days=1)).isoformat()}


def _site(known: Sequence[SiteRow], number: str) -> SiteRow:
    if not number:
        return known[0]
    found = next((each for each in known if str(each.id) == number), None)
    if found is None:
        raise Refused(404, "not_found", N_("There is no such site."))
    return found


def _day(value: str, otherwise: date) -> date:
    if not value:
        return otherwise
    with contextlib.suppress(ValueError):
        day = date.fromisoformat(value)
        if _EARLIEST <= day <= now().date() + _FAR_AHEAD:
            return day
    raise Refused(400, "invalid", N_("'%(value)s' is no day. Write one like 2026-11-21."), value=typed(value))
