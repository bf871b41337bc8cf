"""`site`: the blogs that send their comments."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

import click
from sqlalchemy.orm import Session

from service.commands import joining
from service.domain.events import Event
from service.domain.labels import Action
from service.flows import blogs, endpoints
from service.store import sites
from service.store.endpoints import wanting
from service.store.tables import EndpointRow, SiteRow


@click.group()
def site() -> None:
    """Look after the blogs that send their comments."""


@site.command()
@click.argument("url")
@click.option("--name", help="What moderators call it; else its host.")
@click.option("--callback", help="Where decisions are POSTed, unless a comment brings its own address.")
@click.option("--json", "as_json", is_flag=True, help="Print the keys as one JSON object.")
def add(url: str, name: str | None, callback: str | None, as_json: bool) -> None:
    """Add the blog at URL and print its keys, once."""
    with joining.writing() as session:
        added, keys = blogs.add(session, url, name, datetime.now(UTC))
        if callback:
            endpoints.tell_decisions_to(session, added, callback, datetime.now(UTC))
        shown = {"site": added.id, "url": added.url, **asdict(keys)}
    _show_once(shown, as_json)


@site.command()
@click.argument("url")
@click.option(
    "--secrets", "only_secrets", is_flag=True, help="New secrets only; those before are taken too until then."
)
@click.option("--json", "as_json", is_flag=True, help="Print the keys as one JSON object.")
def renew(url: str, only_secrets: bool, as_json: bool) -> None:
    """Give the blog at URL new keys and secrets, and print them, once; the old ones open nothing any more.

    With --secrets the keys stay, and the secrets before stay valid beside the new ones until the next renewal.
    """
    give: Callable[[Session, str], tuple[SiteRow, blogs.Keys | blogs.Secrets]]
    give = blogs.renew_secrets if only_secrets else blogs.renew
    with joining.writing() as session:
        row, made = give(session, url)
        shown = {"site": row.id, "url": row.url, **asdict(made)}
    _show_once(shown, as_json)


@site.command()
@click.argument("url")
@click.option("--callback", help="Where decisions are POSTed; `none` for nowhere.")
@click.option("--otherwise", type=click.Choice(["approve", "hold"]), help="What becomes of a comment no rule holds.")
@click.option("--audit-share", type=click.FloatRange(0, 1), help="The share of would-be approvals held all the same.")
@click.option(
    "--coral-secret-stdin", is_flag=True, help="Read the signing secret that its Coral made from standard input."
)
def change(
    url: str, callback: str | None, otherwise: str | None, audit_share: float | None, coral_secret_stdin: bool
) -> None:
    """Change how the blog at URL is served; what is not named stays as it is."""
    secret = sys.stdin.readline().strip() if coral_secret_stdin else None
    with joining.writing() as session:
        row = blogs.named(session, url)
        if callback is not None:
            address = None if callback == "none" else callback
            endpoints.tell_decisions_to(session, row, address, datetime.now(UTC))
        if secret is not None:
            blogs.use_coral_secret(row, secret)
        row.otherwise = Action(otherwise) if otherwise else row.otherwise
        row.audit_share = row.audit_share if audit_share is None else audit_share
        told = ", ".join(each.url for each in wanting(row, Event.COMMENT_DECIDED)) or "none"
        shown = f"callback {told}, otherwise {row.otherwise}, audit share {row.audit_share:g}"
    click.echo(f"{url}: {shown}.")


def _show_once(shown: dict[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(shown))
        return
    width = max(map(len, shown))
    for key, value in shown.items():
        click.echo(f"{key:{width}}  {value}")
    click.echo("The keys and secrets are shown this once: keep them where the blog's plugin can read them.")


@site.command(name="endpoints")
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def endpoints_(url: str, as_json: bool) -> None:
    """List where the blog at URL is told what; the page /sites changes it."""
    with joining.reading() as session:
        found = list(blogs.named(session, url).endpoints)
    if as_json:
        shown = [{"endpoint": each.id, "url": each.url, "events": each.events, "state": _state(each)} for each in found]
        click.echo(json.dumps(shown))
        return
    for each in found:
        click.echo(f"{each.id}  {each.url}  {', '.join(each.events)}  {_state(each)}")


def _state(endpoint: EndpointRow) -> str:
    if endpoint.disabled_at:
        return "switched off"
    if endpoint.is_paused:
        return "paused"
    return "failing" if endpoint.failing_since else "in use"


@site.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(as_json: bool) -> None:
    """List the blogs."""
    with joining.reading() as session:
        shown = [{"site": each.id, "url": each.url, "name": each.name} for each in sites.all_of_them(session)]
    if as_json:
        click.echo(json.dumps(shown))
        return
    for each in shown:
        click.echo(f"{each['site']}  {each['url']}  {each['name']}")
