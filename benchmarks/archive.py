"""How fast an archive comes in and is reported on: comments a second, memory, twice as many, and the same after kills.

`python -m benchmarks.archive 1000000` takes as many as are asked for; `make bench` takes SMALL.
"""

import argparse
import hashlib
import itertools
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from benchmarks.comments import own
from service.ml import corpora
from service.settings import ROOT

SMALL = 3_000
KILLS = 3
POST_EVERY = 50
"""One post for so many comments."""
SITE = "https://relay.example.org"

_SEED = 20_261_121
_LONG_AGO = datetime(2016, 1, 1, tzinfo=UTC)
_NAMES = "Ada Bo Cy Dan Efua Finn Gwen Hana Ivo June Kofi Lena Maya Nils Orla Pia Rolf Sana Tom Uma Wanda Yusuf Zoe"
_LOOK_EVERY_SECONDS = 0.1
_WEIGH_EVERY_SECONDS = 1.0
"""To weigh a process takes some hundredths of a second, of which the import should have most."""
_KB = 1024


class Size(NamedTuple):
    """How much memory processes hold: all that each sees, and what is shared counted once."""

    resident: int
    proportional: int


@dataclass
class Run:
    """How a command went."""

    seconds: float
    of_processors: float
    """Seconds that processors worked on it; on a machine that does other things too, less than could be."""
    said: str
    peak: Size


def main() -> None:
    """Import an archive, one of twice the size, and the first again with three kills; print what that took."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("comments", nargs="?", type=int, default=SMALL)
    asked.add_argument("--corpora", type=Path, default=ROOT.parent / "shared" / "corpora" / "upstream")
    asked.add_argument("--folder", type=Path, help="where the databases are written: some 4 KB for each comment")
    asked.add_argument("--once", action="store_true", help="only the first: not twice as many, and no kills")
    chosen = asked.parse_args()
    texts = list(_texts(chosen.corpora))
    mean = sum(map(len, texts)) // len(texts)
    print(f"archives: {len(texts):,} texts of {_named(chosen.corpora)}, {mean} characters at the mean", flush=True)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        archive = _written(Path(folder) / "archive.xml", texts, chosen.comments)
        first = _measured(Path(folder) / "first", archive)
        if not chosen.once:
            twice = _measured(Path(folder) / "twice", _written(Path(folder) / "twice.xml", texts, 2 * chosen.comments))
            print(f"twice the comments take {twice.seconds / first.seconds:.2f} times as long")
            _kill(Path(folder), archive, first)


def _measured(folder: Path, archive: Path) -> Run:
    """Import an archive into a new database, and print what that took."""
    run = _imported(folder, archive)
    read = int(json.loads(run.said)["read"])
    size = _database(folder).stat().st_size
    print(
        f"{read:,} comments ({archive.stat().st_size / 1e6:,.0f} MB of WXR): {run.seconds:,.0f} s, "
        f"{read / run.seconds:,.0f} a second, {1000 * run.of_processors / read:.2f} ms of a processor each; "
        f"peak {run.peak.resident / 1e6:,.0f} MB resident in all processes, "
        f"{run.peak.proportional / 1e6:,.0f} MB with what they share counted once; database {size / 1e9:.2f} GB",
        flush=True,
    )
    _report(folder, read)
    return run


def _report(folder: Path, comments: int) -> None:
    """Make a report on all that came in, month by month, and print what that took."""
    first, last = (_at(each).date() for each in (1, comments))
    days = ["--from", f"{first}", "--to", f"{last}", "--step", "month"]
    run = _watched(_start(folder, "report", "--site", SITE, *days, "--output", f"{folder / 'report.html'}"))
    print(
        f"reported on by months: {run.seconds:,.0f} s, {1000 * run.of_processors / comments:.2f} ms of a processor "
        f"for each comment; peak {run.peak.resident / 1e6:,.0f} MB resident",
        flush=True,
    )


def _kill(folder: Path, archive: Path, undisturbed: Run) -> None:
    """Import once more, killing it three times on the way, and tell whether the same came of it."""
    said = json.loads(undisturbed.said)
    read = said["read"]
    place = folder / "killed"
    reached = [_killed(place, archive, read * (each + 1) // (KILLS + 1)) for each in range(KILLS)]
    last = _imported(place, archive)
    same_numbers = {**json.loads(last.said), "resumed_at": 0} == said
    same_rows = _digest(_database(place)) == _digest(_database(folder / "first"))
    at = ", ".join(f"{each:,}" for each in reached)
    print(f"killed at {at} comments and gone on: numbers {_word(same_numbers)}, comments {_word(same_rows)}")
    if not (same_numbers and same_rows):
        raise SystemExit(1)


def _word(is_same: bool) -> str:
    return "the same" if is_same else "DIFFERENT"


def _imported(folder: Path, archive: Path) -> Run:
    _site(folder)
    return _watched(_import(folder, archive))


def _watched(process: "subprocess.Popen[str]") -> Run:
    """Wait for a command, weighing what it and those that it started hold."""
    began, worked = time.perf_counter(), _worked()
    peak = Size(0, 0)
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(process.stdout.read() if process.stdout else ""))
    reader.start()
    while process.poll() is None:
        peak = Size(*map(max, zip(peak, _memory(process.pid), strict=True)))
        time.sleep(_WEIGH_EVERY_SECONDS)
    reader.join()
    if process.returncode:
        raise SystemExit(f"{process.args!r} ended with {process.returncode}")
    return Run(time.perf_counter() - began, _worked() - worked, said[0], peak)


def _worked() -> float:
    """Return for how long processors have worked for the processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _killed(folder: Path, archive: Path, position: int) -> int:
    """Kill an import once it has come so far, as a power cut would, and return how far it had come."""
    _site(folder)
    process = _import(folder, archive)
    while process.poll() is None and _position(folder) < position:
        time.sleep(_LOOK_EVERY_SECONDS)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return _position(folder)


def _site(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-m", "service", "site", "add", SITE],
            cwd=ROOT,
            env=_environment(folder),
            check=True,
            capture_output=True,
        )


def _import(folder: Path, archive: Path) -> "subprocess.Popen[str]":
    return _start(folder, "import", str(archive), "--site", SITE, "--json")


def _start(folder: Path, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "service", *words]
    return subprocess.Popen(command, cwd=ROOT, env=_environment(folder), stdout=subprocess.PIPE, text=True)


def _environment(folder: Path) -> dict[str, str]:
    own = {"UNDERTONE_DATABASE_URL": f"sqlite:///{_database(folder)}", "UNDERTONE_SECRET_KEY": "s" * 32}
    return {**os.environ, **own}


def _database(folder: Path) -> Path:
    return folder / "undertone.db"


def _position(folder: Path) -> int:
    with closing(sqlite3.connect(_database(folder), timeout=30)) as connection:
        [found] = connection.execute("SELECT max(position) FROM archives").fetchone()
        return int(found or 0)


def _digest(path: Path) -> str:
    """Return a hash of all that came in, but for the moments at which it did."""
    wanted = """
        SELECT c.id, c.key, c.parent_id, c.status, c.held_for, c.urgency, c.is_pinned, c.author_key, c.created_at,
               r.text_hash, s.probabilities, s.labels, s.second_reader
        FROM comments c JOIN revisions r ON r.comment_id = c.id LEFT JOIN scores s ON s.revision_id = r.id ORDER BY c.id
    """
    decisions = """
        SELECT comment_id, number, status, origin, reason, reasons, CASE origin WHEN 'site' THEN decided_at END
        FROM decisions ORDER BY comment_id, number
    """
    found = hashlib.sha256()
    with closing(sqlite3.connect(path)) as connection:
        for query in (wanted, decisions, "SELECT comment_id, label, probability FROM comment_labels ORDER BY 1, 2"):
            for row in connection.execute(query):
                found.update(repr(row).encode())
    return found.hexdigest()


def _memory(pid: int) -> Size:
    """Return what a process and those that it started hold."""
    sizes = [_memory(each) for each in _children(pid)]
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return Size(0, 0)  # it has ended meanwhile
    fields = dict(line.split(":", 1) for line in rollup.splitlines() if ":" in line)
    sizes.append(Size(*(int(fields.get(name, "0 kB").split()[0]) * _KB for name in ("Rss", "Pss"))))
    return Size(*map(sum, zip(*sizes, strict=True)))


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def _texts(folder: Path) -> Iterator[str]:
    """Return what people wrote elsewhere, in no order; where no corpora are, what we wrote."""
    if not folder.is_dir():
        yield from (each["text"] for each in own())
        return
    listed = corpora.sources(ROOT / "training_data")
    found = [each.reading.text for each in corpora.pool(listed, folder)]
    random.Random(_SEED).shuffle(found)  # noqa: S311  # nothing is to be kept secret
    yield from (each for each in found if each.strip())


def _named(folder: Path) -> str:
    return "the corpora" if folder.is_dir() else "our own"


def _written(path: Path, texts: list[str], count: int) -> Path:
    """Write an archive of so many comments as WordPress exports them."""
    chance = random.Random(_SEED)  # noqa: S311
    said = itertools.cycle(texts)
    with path.open("w", encoding="utf-8", errors="replace") as file:
        file.write(_HEAD)
        for begin in range(0, count, POST_EVERY):
            file.write(_post(begin, min(POST_EVERY, count - begin), said, chance))
        file.write("</channel></rss>\n")
    return path


def _post(begin: int, count: int, said: Iterator[str], chance: random.Random) -> str:
    number = begin // POST_EVERY + 1
    comments = [_comment(begin, begin + at + 1, next(said), chance) for at in range(count)]
    title = f"<title>Research news {number}</title><link>{SITE}/{number}/</link>"
    return f"<item>{title}{''.join(comments)}</item>\n"


def _comment(first: int, number: int, text: str, chance: random.Random) -> str:
    author, name = int(20_000 * chance.random() ** 2), _NAMES.split()
    parent = chance.randint(first + 1, number - 1) if number > first + 1 and chance.random() < 0.4 else 0  # noqa: PLR2004
    approved = chance.choices(["1", "0", "trash"], [93, 2, 5])[0]
    fields: dict[str, object] = {
        "id": number,
        "author": f"{name[author % len(name)]} {chr(ord('A') + author % 26)}.",
        "author_email": f"{author}@example.org",
        "date_gmt": f"{_at(number):%Y-%m-%d %H:%M:%S}",
        "content": text,
        "approved": approved,
        "type": "comment",
        "parent": parent,
        "user_id": 0,
    }
    return f"<wp:comment>{''.join(map(_field, fields.items()))}</wp:comment>\n"


def _at(number: int) -> datetime:
    """Return when a comment was written: one every four minutes, so that a million take seven years."""
    return _LONG_AGO + timedelta(minutes=4 * number)


def _field(field: tuple[str, object]) -> str:
    name, value = field
    return f"<wp:comment_{name}>{escape(str(value))}</wp:comment_{name}>"


_HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>The Relay</title>
"""


if __name__ == "__main__":
    main()
