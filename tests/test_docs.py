"""What the documentation lists is what there is: settings, labels, commands, routes."""

import re
from collections.abc import Iterator

import click
import pytest
from flask import Flask

from service.archives.csv import COLUMNS
from service.cli import main
from service.domain.archive import Format
from service.domain.labels import LABELS, Action
from service.settings import PREFIX, ROOT, SETTINGS

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
DOCS = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
PLACES = re.compile(r"{\w+}|<(?:\w+:)?\w+>")


def commands(group: click.Group, name: str = "") -> Iterator[str]:
    """Yield every command as it is typed, without the program's name."""
    context = click.Context(group)
    for each in group.list_commands(context):
        command = group.get_command(context, each)
        if isinstance(command, click.Group):
            yield from commands(command, f"{name}{each} ")
        else:
            yield f"{name}{each}"


def test_there_is_documentation() -> None:
    assert len(PAGES) > 1


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_documented(setting: object) -> None:
    assert f"`{PREFIX}{setting.name}`" in DOCS  # type: ignore[attr-defined]


def test_no_setting_is_documented_that_there_is_not() -> None:
    known = {PREFIX + setting.name for setting in SETTINGS} | {f"{PREFIX}NAME_FILE"}
    attributes = {f"{PREFIX}{label.upper()}" for label in LABELS}  # Perspective's door calls our labels so
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", DOCS)) - attributes
    files = {each.removesuffix("_FILE") for each in named}
    # The key of a site has no fixed name; the examples call it UNDERTONE_KEY in the shell of whoever tries them. And a
    # blog of WordPress defines UNDERTONE_URL.
    assert files - {each.removesuffix("_FILE") for each in known} - {f"{PREFIX}KEY", f"{PREFIX}URL"} == set()


@pytest.mark.parametrize("label", LABELS)
def test_every_label_is_documented(label: str) -> None:
    assert f"`{label}`" in DOCS


@pytest.mark.parametrize("label", LABELS)
def test_the_documentation_says_how_far_a_rule_on_a_label_may_go(label: str) -> None:
    [row] = re.findall(rf"^\| `{label}` \|.*\| (\w+) \|$", DOCS, re.MULTILINE)
    assert Action(row) is LABELS[label].strongest


@pytest.mark.parametrize("command", list(commands(main)))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"`(python -m service )?{command}\b", DOCS)


@pytest.mark.parametrize("name", [*Format, *COLUMNS])
def test_every_format_of_archives_and_every_column_is_documented(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "archives.md").read_text(encoding="utf-8")


def options(group: click.Group) -> Iterator[str]:
    """Yield every option of every command."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from options(command)
        elif command:
            yield from (option for parameter in command.params for option in parameter.opts)


def test_no_option_is_documented_that_there_is_not() -> None:
    # How other people's programs are set up is told in docs/moving-in alone; there only our own commands count.
    ours = [page.read_text(encoding="utf-8") for page in PAGES if page.parent.name != "moving-in"]
    commands_typed = [line for line in DOCS.splitlines() if "-m service" in line]
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", "\n".join((*ours, *commands_typed))))
    assert named - {*options(main), "--help"} == set()


def routes(app: Flask) -> set[str]:
    """Return the routes of the API and of whoever watches, each with its method."""
    return {
        f"{method} {PLACES.sub('{}', rule.rule)}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_of_the_api_is_documented(app: Flask) -> None:
    named = set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`?\s]*)", PLACES.sub("{}", DOCS)))
    assert routes(app) - named == set()


def test_no_route_of_the_api_is_documented_that_there_is_not(app: Flask) -> None:
    named = set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /api/[^`?\s]*)", PLACES.sub("{}", DOCS)))
    assert named - routes(app) == set()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/docs"])
def test_what_is_open_to_all_is_documented(path: str) -> None:
    assert f"`{path}`" in DOCS
