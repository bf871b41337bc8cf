"""`db`: the tables."""

import click

from service.commands import joining
from service.store import schema


@click.group()
def db() -> None:
    """Care for the tables."""


@db.command()
def upgrade() -> None:
    """Run the migrations that the database lacks."""
    with joining.opening(joining.settings()) as opened:
        schema.upgrade(opened)
    click.echo(f"{opened.url.render_as_string()} is up to date.")


@db.command()
def check() -> None:
    """Tell whether the database, its migrations and the tables in Python agree."""
    with joining.database(joining.settings()) as opened:
        found = schema.differences(opened)
    if found:
        raise click.ClickException(f"Tables and migrations differ: {'; '.join(found)}")
    click.echo("Tables and migrations agree.")
