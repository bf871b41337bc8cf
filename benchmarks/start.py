"""How long `python -m service serve` takes until it answers, when everything is there already."""

import statistics
import tempfile
import time
from pathlib import Path

from tests.processes import Server

STARTS = 5


def main() -> None:
    """Start a server several times on one database and print how long that took."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        seconds = []
        for _ in range(STARTS + 1):
            began = time.perf_counter()
            server.start()
            seconds.append(time.perf_counter() - began)
            server.kill()
    first, *later = seconds
    print(f"serve: first start {first:.2f} s, later starts {statistics.median(later):.2f} s (median of {STARTS})")


if __name__ == "__main__":
    main()
