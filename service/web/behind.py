"""The comments behind a report's figures: the address at the desk where each list of them stands."""

from dataclasses import dataclass
from datetime import timedelta

from flask import url_for

from service.domain.tone import Period, Speaker


@dataclass(frozen=True)
class Behind:
    """Gives figures of one report the addresses of the comments that they count."""

    site_id: int
    zone: str
    thread_id: int | None = None
    author_group: str | None = None
    is_outside: bool = False
    """Whether the addresses are for a file, which may be opened anywhere: with our own address before them."""

    def all(self, speaker: Speaker, period: Period) -> str:
        """Return where all comments of some people in a stretch of time are listed."""
        return self._list(speaker, period)

    def called(self, speaker: Speaker, period: Period, label: str) -> str:
        """Return where those are listed that the model calls something."""
        return self._list(speaker, period, label=label)

    def became(self, speaker: Speaker, period: Period, what: str) -> str:
        """Return where those are listed of which something became: held, decided, overturned, checked."""
        return self._list(speaker, period, became=what)

    def _list(self, speaker: Speaker, period: Period, **more: str) -> str:
        return url_for(
            "desk.queue",
            _external=self.is_outside,
            view="all",
            site=self.site_id,
            thread=self.thread_id,
            group=self.author_group,
            speaker=speaker.value,
            since=period.start.isoformat(),
            until=(period.end - timedelta(days=1)).isoformat(),
            zone=None if self.zone == "UTC" else self.zone,
            **more,
        )
