"""`settings` and `openapi`: what there is to set, and how the API is described."""

import json
import os

import click

from service import settings as known
from service.commands import joining


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def settings(as_json: bool) -> None:
    """List every setting with its default and what is set."""
    try:
        known.read(os.environ)
    except known.SettingRefused as error:
        raise click.ClickException(str(error)) from error
    rows = [
        {
            "name": known.PREFIX + setting.name,
            "default": setting.default,
            "value": known.shown(setting, os.environ),
            "help": setting.help,
            "example": setting.example,
        }
        for setting in known.SETTINGS
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        is_set = "" if row["value"] in (row["default"], "(secret)") else f"; set to {row['value']}"
        click.echo(f"{row['name']}\n    {row['help']}\n    default: {row['default'] or 'none'}{is_set}")
    click.echo(f"{known.PREFIX}NAME_FILE reads a value from a file.")


@click.command()
def openapi() -> None:
    """Print the API's OpenAPI description."""
    from service.app import create_app
    from service.web.openapi import describe

    click.echo(json.dumps(describe(create_app(joining.settings())), indent=2))
