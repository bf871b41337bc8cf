"""The calls that were made lately, by which too many are told from enough."""

import time

from limits.storage import MemoryStorage

TIDIES_EVERY_SECONDS = 10.0


class Calls(MemoryStorage):
    """Remembers calls in this process, as the library does, but forgets old ones only now and then.

    The library does so a hundredth of a second after every call, in a thread that it starts for that: as much work as
    a tenth of a comment's.
    """

    def __init__(self) -> None:
        self._tidied = 0.0
        super().__init__()

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802  # the library's own, which it calls itself
        if time.monotonic() - self._tidied >= TIDIES_EVERY_SECONDS:
            self._tidied = time.monotonic()
            super()._MemoryStorage__schedule_expiry()  # type: ignore[misc]
