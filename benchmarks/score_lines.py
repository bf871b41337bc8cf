"""How long `python -m service score -` takes for 10,000 lines, and how much memory."""

import json
import os
import subprocess
import sys
import tempfile
import time

from benchmarks.comments import texts

LINES = 10_000


def main() -> None:
    """Score the lines in a process of its own and print what it took."""
    with tempfile.TemporaryFile() as asked:
        for number, text in enumerate(texts(LINES)):
            asked.write(json.dumps({"id": str(number), "text": text}).encode() + b"\n")
        asked.seek(0)
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "score", "-"], stdin=asked, stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
    print(
        f"score -: {LINES:,} lines in {took:.1f} s ({LINES / took:,.0f} a second, start included), "
        f"peak memory {used.ru_maxrss / 1024:.0f} MB, exit status {os.waitstatus_to_exitcode(status)}"
    )


if __name__ == "__main__":
    main()
