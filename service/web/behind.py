"""The comments behind a report's figures: the address at the desk where each list of them stands."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from service.domain.tone import Period, Speaker
from service.web import figures


@dataclass(frozen=True)
class Behind:
    """Gives figures of one report the addresses of the comments that they count."""

    site_id: int
    zone: str
    thread_id: int | None = None
    thread: str | None = None
    """Its address."""
    author_group: str | None = None
    begins: str = ""
    """What stands before them: the service's own address where they go into a file, which may be opened anywhere."""

    def all(self, speaker: Speaker, period: Period) -> str:
        """Return where all comments of some people in a stretch of time are listed."""
        return self._list(speaker, period)

    def called(self, speaker: Speaker, period: Period, label: str) -> str:
        """Return where those are listed that the model calls something."""
        return self._list(speaker, period, label=label)

    def became(self, speaker: Speaker, period: Period, what: str) -> str:
        """Return where those are listed of which something became: held, decided, overturned, checked."""
        return self._list(speaker, period, became=what)

    def checking(self, period: Period) -> str:
        """Return where some of a stretch of time can be drawn to be checked."""
        days: dict[str, Any] = {"from": period.start.isoformat(), "to": figures.last_day(period).isoformat()}
        scope: dict[str, Any] = {"thread": self.thread, "group": self.author_group}
        return self.begins + url_for("desk.sample", site=self.site_id, zone=self.zone, **scope, **days)

    def comment(self, comment_id: int) -> str:
        """Return where one comment stands."""
        return self.begins + url_for("desk.comment", comment_id=comment_id)

    def _list(self, speaker: Speaker, period: Period, **more: Any) -> str:  # noqa: ANN401  # as `url_for` has it
        return self.begins + url_for(
            "desk.queue",
            view="all",
            site=self.site_id,
            thread=self.thread_id,
            group=self.author_group,
            speaker=speaker.value,
            since=period.start.isoformat(),
            until=figures.last_day(period).isoformat(),
            zone=None if self.zone == "UTC" else self.zone,
            **more,
        )
