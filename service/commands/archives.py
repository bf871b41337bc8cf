"""`import` and `export`: a blog's discussion as a file."""

import gzip
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, Any, cast

import click

from service.commands import joining
from service.domain.archive import ArchiveRefused, Format
from service.settings import Settings

if TYPE_CHECKING:
    from service.archives.files import Source
    from service.flows.archiving import Importer, Outcome, Tally
    from service.flows.scorers import Scorer
    from service.store.engine import Database

_AUTO = "auto"
_FORMATS = click.Choice([_AUTO, *(each.value for each in Format)])
_SMALL = 1_000_000
"""Bytes up to which a file is scored in this process: before another process is ready, its comments are done."""
_MOST_SHOWN = 20
_TELL_EVERY_SECONDS = 0.5


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--site", "url", required=True, help="The blog whose comments these are, as `site list` shows it.")
@click.option("--format", "named", type=_FORMATS, default=_AUTO, show_default=True)
@click.option(
    "--map-host",
    "hosts",
    multiple=True,
    help="A host that the blog had before: addresses there are written as its own. More than once for several.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as one JSON object.")
def import_(file: Path, url: str, named: str, hosts: tuple[str, ...], as_json: bool) -> None:
    """Take in the comments of an archive: FILE is what a blog's software exports, plain or gzip.

    Stopped or killed, the same command goes on where it was; a file that is imported again adds nothing.
    """
    from service.archives.files import Source

    settings = joining.settings()
    with joining.database(settings) as database, _refusals(file), Source(file) as source:
        database.make_room()
        importer = _importer(database, source, url, named, hosts)
        outcome = _run(importer, settings, source, as_json)
    if not outcome.is_finished:
        raise click.ClickException("Stopped. Run the same command again to go on.")
    if outcome.tally.read and outcome.tally.refused.total() == outcome.tally.read:
        raise click.ClickException(f"{file}: none of its {outcome.tally.read:,} comments could be taken in.")


@click.command()
@click.option("--site", "url", required=True, help="The blog, as `site list` shows it.")
@click.option("--format", "named", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; gzipped where its name ends so."
)
def export(url: str, named: str, output: Path | None) -> None:
    """Write all comments of a blog, such as `import` reads back, to standard output or a file."""
    from service.archives import formats
    from service.flows import blogs, exporting

    with joining.reading() as session, _refusals(None):
        lines = formats.WRITERS[Format(named)](exporting.records(session, blogs.named(session, url)))
        with _written(output) as file:
            for line in lines:
                file.write(line.encode("utf-8", "surrogatepass"))


@contextmanager
def _refusals(file: Path | None) -> Iterator[None]:
    """Say what is refused in one line."""
    from concurrent.futures.process import BrokenProcessPool

    from service.ml.errors import ModelUnavailable

    try:
        yield
    except ArchiveRefused as error:
        raise click.ClickException(f"{file}: {error}.") from error
    except BrokenProcessPool as error:
        raise click.ClickException(
            "The process that scores was killed, perhaps for want of memory. Run the same command again to go on."
        ) from error
    except (ValueError, LookupError, ModelUnavailable) as error:
        raise click.ClickException(str(error)) from error


def _importer(database: "Database", source: "Source", url: str, named: str, hosts: tuple[str, ...]) -> "Importer":
    """Look at a file and at what is known of it."""
    from service.archives import formats
    from service.flows import archiving

    found = formats.recognise(source) if named == _AUTO else Format(named)
    formats.expect(source, found)
    if unread := formats.unread(source, found):
        click.echo(f"Columns that are not read: {', '.join(unread)}.", err=True)
    file = archiving.File(
        source.path.name, found, source.fingerprint(), lambda site_url: formats.read(source, found, site_url)
    )
    return archiving.Importer(database, url, file, hosts, lambda: datetime.now(UTC))


def _run(importer: "Importer", settings: Settings, source: "Source", as_json: bool) -> "Outcome":
    """Import what is left of a file, and print what came of it, however that ends."""
    watch, outcome = _Watch(importer, source), None
    with _scoring(settings, source) as scorer, _stopping() as is_stopped:
        try:
            outcome = importer.run(scorer, watch.tell, is_stopped)
            return outcome
        finally:
            watch.end()
            _show(importer, outcome, as_json)


@contextmanager
def _scoring(settings: Settings, source: "Source") -> Iterator["Scorer"]:
    """Get ready to score: here for a small file, else in a process of its own."""
    from service.flows import scorers

    model = scorers.ModelOf(settings.models_dir, settings.model, settings.second_reader)
    if source.size <= _SMALL:
        yield scorers.Here(scorers.loaded(model))
        return
    with scorers.Beside(model) as beside:
        yield beside


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C, or whoever stops services, end the work after the batch that is being stored."""
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Watch:
    """Tells how an import goes: refusals as they come, and on a terminal how fast it is and how long it will take."""

    def __init__(self, importer: "Importer", source: "Source") -> None:
        self._importer, self._source = importer, source
        self._began, self._told = time.monotonic(), 0.0
        self._refusals = len(importer.tally.refusals)
        self._is_watched = sys.stderr.isatty()

    def tell(self, tally: "Tally") -> None:
        """Say what is new."""
        for each in tally.refusals[self._refusals : _MOST_SHOWN]:
            self._clear()
            click.echo(each, err=True)
        if self._refusals <= _MOST_SHOWN < len(tally.refusals):
            click.echo("More are refused; how many and why is said at the end.", err=True)
        self._refusals = len(tally.refusals)
        if self._is_watched and time.monotonic() >= self._told + _TELL_EVERY_SECONDS:
            self._told = time.monotonic()
            self._clear()
            click.echo(self._line(tally), err=True, nl=False)

    def end(self) -> None:
        """Leave the terminal's line empty."""
        if self._told:
            self._clear()

    def _line(self, tally: "Tally") -> str:
        took = time.monotonic() - self._began
        rate = (tally.read - self._importer.resumed_at) / max(took, 0.001)
        share = self._source.share_read()
        left = took * (1 - share) / share if share else 0.0
        return f"{tally.read:,} comments, {rate:,.0f} a second, {share:.0%} of the file, about {_minutes(left)} left"

    def _clear(self) -> None:
        if self._is_watched:
            click.echo("\r\x1b[K", err=True, nl=False)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"  # noqa: PLR2004


def _show(importer: "Importer", outcome: "Outcome | None", as_json: bool) -> None:
    tally = importer.tally
    said: dict[str, Any] = {
        "site": importer.site_url,
        "format": importer.format,
        "finished": bool(outcome and outcome.is_finished),
        "resumed_at": importer.resumed_at,
        "read": tally.read,
        "added": tally.added,
        "already_there": tally.already_there,
        "refused": tally.refused.total(),
        "reasons": dict(tally.refused.most_common()),
        "refusals": tally.refusals,
        "missing_parents": outcome.missing_parents if outcome else 0,
        "missing": list(outcome.missing) if outcome else [],
    }
    if as_json:
        click.echo(json.dumps(said))
        return
    for line in _lines(said):
        click.echo(line)


def _lines(said: dict[str, Any]) -> Iterator[str]:
    if said["resumed_at"]:
        yield f"Went on after the first {said['resumed_at']:,}, which an earlier run had dealt with."
    for name in ("read", "added", "already_there", "refused"):
        yield f"{name.replace('_', ' '):13} {said[name]:>11,}"
    for reason, count in said["reasons"].items():
        yield f"  {count:>22,}  {reason}"
    if said["missing_parents"]:
        named = ", ".join(said["missing"])
        yield f"Answers to comments that are not there: {said['missing_parents']:,} (to {named})."


@contextmanager
def _written(output: Path | None) -> Iterator[IO[bytes]]:
    """Give what to write to: a file that is put in place when it is whole, or standard output."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    aside = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        with ExitStack() as closing:
            file: IO[bytes] = closing.enter_context(aside.open("wb"))
            if output.suffix == ".gz":
                file = cast(IO[bytes], closing.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0)))
            yield file
        aside.replace(output)
    finally:
        aside.unlink(missing_ok=True)
