"""`user`: the people who may sign in."""

import json
import sys
from datetime import UTC, datetime

import click
from sqlalchemy.orm import Session

from service.commands import joining
from service.flows import people
from service.store import users
from service.store.tables import Role, UserRow

_ROLE = click.Choice([role.value for role in Role])


@click.group()
def user() -> None:
    """Look after the people who may sign in."""


@user.command()
@click.argument("name")
@click.option("--role", type=_ROLE, required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def add(name: str, role: str, password_stdin: bool) -> None:
    """Add a person called NAME."""
    password = _password(password_stdin)
    with joining.writing() as session:
        added = people.add(session, name, Role(role), password, datetime.now(UTC))
    click.echo(f"{added.name} may sign in as {added.role.value}.")


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def password(name: str, password_stdin: bool) -> None:
    """Give NAME a new password, which ends all of the person's sessions."""
    chosen = _password(password_stdin)
    with joining.writing() as session:
        people.change_password(_named(session, name), chosen)
    click.echo(f"{name} has a new password.")


@user.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(as_json: bool) -> None:
    """List the people."""
    with joining.reading() as session:
        shown = [{"name": each.name, "role": each.role.value} for each in users.all_of_them(session)]
    click.echo(json.dumps(shown) if as_json else "\n".join(f"{each['role']:9}  {each['name']}" for each in shown))


@user.command(name="role")
@click.argument("name")
@click.argument("role", type=_ROLE)
def change_role(name: str, role: str) -> None:
    """Give NAME another ROLE: admin, moderator or viewer."""
    with joining.writing() as session:
        _named(session, name).role = Role(role)
    click.echo(f"{name} is {role} now.")


@user.command()
@click.argument("name")
def remove(name: str) -> None:
    """Let NAME sign in no more; the name stays on the decisions made under it."""
    with joining.writing() as session:
        people.shut_out(_named(session, name))
    click.echo(f"{name} may not sign in any more; `user password {name}` would change that.")


def _named(session: Session, name: str) -> UserRow:
    person = users.by_name(session, name)
    if person is None:
        raise people.AccountRefused(f"There is nobody called {name}. `python -m service user list` lists everybody.")
    return person


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked
