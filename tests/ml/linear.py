"""Whether reading a text takes time in proportion to its length, however nasty it is."""

import time
from collections.abc import Callable


def takes_time_in_proportion(read: Callable[[str], object], repeated: str) -> None:
    """Fail where four times as much of a repeated text takes far more than four times as long."""

    def seconds(length: int) -> float:
        text = (repeated * length)[:length]
        times = []
        for _ in range(3):
            started = time.process_time()
            read(text)
            times.append(time.process_time() - started)
        return min(times)

    # Four times the text would take sixteen times as long if time grew with the square.
    assert seconds(20_000) < 10 * seconds(5_000) + 0.01
