"""Who may import whom: the one rule of the design, read from the source itself."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.settings import ROOT

SERVICE = ROOT / "service"
MIDDLE = {"ml", "store", "archives"}
LEFT_OF_WEB = {"domain", *MIDDLE, "flows"}
ALL_OF_IT = {*LEFT_OF_WEB, "web", "outgoing", "settings", "app", "worker"}
MAY_USE = {
    "domain": set[str](),
    **{part: {"domain"} for part in MIDDLE},
    "flows": {"domain", *MIDDLE, "outgoing"},
    "web": LEFT_OF_WEB,
    "outgoing": set[str](),  # the door to the outside knows nothing of us
    "settings": set[str](),
    **dict.fromkeys(("app", "worker", "cli", "commands"), ALL_OF_IT),
    "__main__": {"cli"},
    "__init__": set[str](),
}
VERSION = "service.__version__"
DOES_NOT_KNOW = {
    "ml": {"flask", "sqlalchemy"},
    "store": {"flask", "sklearn"},
    "archives": {"flask", "sqlalchemy"},
    "flows": {"flask"},
    "web": {"sklearn"},
}
FILES = [path.relative_to(SERVICE) for path in sorted(SERVICE.rglob("*.py"))]


def part_of(path: Path) -> str:
    return path.parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((SERVICE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively, which hides where from"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_imports_only_from_folders_to_its_left(path: Path) -> None:
    used = {name.split(".")[1] for name in imports_of(path) if name.startswith("service.") and name != VERSION}
    assert used - {part_of(path)} <= MAY_USE[part_of(path)]


@pytest.mark.parametrize("path", [path for path in FILES if part_of(path) == "domain"], ids=str)
def test_the_domain_uses_nothing_but_the_standard_library(path: Path) -> None:
    assert {name.split(".")[0] for name in imports_of(path)} <= {*sys.stdlib_module_names, "service"}


@pytest.mark.parametrize("path", [path for path in FILES if part_of(path) in DOES_NOT_KNOW], ids=str)
def test_a_folder_does_not_know_the_libraries_of_another(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports_of(path)} & DOES_NOT_KNOW[part_of(path)]
