"""`report`: a tone report, kept and written to a file."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from service.commands import joining
from service.domain.tone import Step
from service.settings import Settings

_DAY = click.DateTime(["%Y-%m-%d"])
KINDS = ("html", "json", "csv", "md")


@click.command()
@click.option("--site", "url", required=True, metavar="URL", help="The blog that it is to be about.")
@click.option("--from", "first", required=True, type=_DAY, metavar="DATE", help="The first day, like 2026-11-21.")
@click.option("--to", "last", required=True, type=_DAY, metavar="DATE", help="The last day; it is meant too.")
@click.option(
    "--step",
    type=click.Choice([each.value for each in Step]),
    default="week",
    show_default=True,
    help="What it is divided into.",
)
@click.option("--zone", help="Whose days they are, like Europe/Berlin; else those of the site's last report, or UTC.")
@click.option("--thread", metavar="URL", help="The address of the one post that it is to be about.")
@click.option("--author-group", help="The role, as the blog calls it, of those whose comments it is to be about.")
@click.option("--format", "kind", type=click.Choice(KINDS), help="How to write it; else as the file's name ends.")
@click.option("--output", required=True, type=click.Path(dir_okay=False), help="The file to write; - prints it.")
def report(
    url: str,
    first: datetime,
    last: datetime,
    step: str,
    zone: str | None,
    thread: str | None,
    author_group: str | None,
    kind: str | None,
    output: str,
) -> None:
    """Make a tone report of a blog and write it to a file; it is kept, and /reports lists it."""
    from service.flows import blogs, reports
    from service.store.tables import Maker

    kind = kind or _ending(output)
    configured, now = joining.settings(), datetime.now(UTC)
    with joining.database(configured) as opened:
        try:
            with opened.reading() as session:
                site = blogs.named(session, url)
                days = reports.from_to(first.date(), last.date())
                wanted = reports.Wanted(days, Step(step), zone or reports.zone_of(session, site), thread, author_group)
                with _progress() as told:
                    draft = reports.draft(session, site, wanted, now, told)
            with opened.writing() as session:
                site = blogs.named(session, url)
                row = reports.keep(session, site, draft, now, Maker.COMMAND, public_url=configured.public_url)
                number = row.id
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    _write(configured, number, kind, output)


@click.command()
@click.option("--site", "url", required=True, metavar="URL", help="The blog of whose comments it is.")
@click.option("--from", "first", type=_DAY, metavar="DATE", help="The first day; else that of the first comment.")
@click.option("--to", "last", type=_DAY, metavar="DATE", help="The last day; it is meant too; else today.")
@click.option("--zone", default="UTC", show_default=True, help="Whose days they are, like Europe/Berlin.")
@click.option("--thread", metavar="URL", help="The address of the one post whose comments are meant.")
@click.option("--author-group", help="The role, as the blog calls it, of those whose comments are meant.")
@click.option("--count", default=200, show_default=True, help="How many comments are to be checked.")
def sample(
    url: str,
    first: datetime | None,
    last: datetime | None,
    zone: str,
    thread: str | None,
    author_group: str | None,
    count: int,
) -> None:
    """Draw comments of a blog at random that moderators are to check, so that reports can say more of an archive."""
    from service.domain import periods
    from service.flows import blogs, reports, sampling
    from service.store import draws

    configured, now = joining.settings(), datetime.now(UTC)
    with joining.database(configured) as opened:
        try:
            place = periods.zone_of(zone)
            with opened.reading() as session:
                site = blogs.named(session, url)
                begins = first or (draws.first_written(session, site.id) or now).astimezone(place)
                days = reports.from_to(begins.date(), (last or now.astimezone(place)).date())
                asked = sampling.among(session, site, sampling.Wanted(days, zone, thread, author_group), now)
                order = sampling.in_order(session, asked)
            with opened.writing() as session:
                site = blogs.named(session, url)
                drawn = sampling.draw(session, site, asked, zone, order, count, now).count
                address = f"{configured.public_url}/queue?view=sample&site={site.id}"
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{drawn:,} drawn; they wait to be checked at {address}", err=True)


def _ending(output: str) -> str:
    """Return how to write a file, by the end of its name."""
    ending = Path(output).suffix.removeprefix(".").lower()
    if ending not in KINDS:
        raise click.UsageError(f"Say how to write it with --format ({', '.join(KINDS)}), or end the file's name so.")
    return ending


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show how far it is where somebody watches a terminal."""
    with click.progressbar(length=100, label="Reading", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda done, of: bar.update(max(0, round(100 * done / max(1, of)) - bar.pos))


def _write(configured: Settings, number: int, kind: str, output: str) -> None:
    """Write a kept report as its page has it: in English, its links beginning with the public address."""
    from flask import g

    from service.app import create_app
    from service.store.tables import ReportRow
    from service.web import reading, report_files
    from service.web.parts import parts

    app = create_app(configured)
    with app.test_request_context(base_url=configured.public_url):
        g.language = "en"
        with parts().database.reading() as session:
            row = session.get_one(ReportRow, number)
            _name, _type, write = report_files.KINDS[kind]
            written = write(reading.read(session, row)).encode("utf-8", "replace")
            address = reading.address_of(row)
        parts().database.dispose()
    try:
        with click.open_file(output, "wb") as file:
            file.write(written)
    except OSError as error:
        raise click.ClickException(
            f"{output} cannot be written: {error.strerror}. The report is at {address}"
        ) from error
    click.echo(f"{output}: {address}", err=True)
