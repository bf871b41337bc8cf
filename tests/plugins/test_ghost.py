"""The bridge between a started server and a stand-in for Ghost; with the real one it was tried by hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import cast
from tests.moderator import Moderator
from tests.plugins.ghost_stand_in import KEY_ID, SECRET, Ghost
from tests.plugins.programs import Program, bridge
from tests.processes import Server, free_port, until
from undertone_bridge.ghost import plain


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Thank you.</p>", "Thank you."),
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<p>A &lt; B &amp; C</p>", "A < B & C"),
        ('<p>Read <a href="https://example.org/x" rel="ugc">this</a>!</p>', "Read this (https://example.org/x)!"),
        ('<p><a href="https://example.org/x">https://example.org/x</a></p>', "https://example.org/x"),
        ("<blockquote>They said</blockquote><p>No.</p>", "They said\n\nNo."),
        ("", ""),
    ],
)
def test_a_comment_is_read_as_text(markup: str, text: str) -> None:
    assert plain(markup) == text


class World:
    """A Ghost, the bridge, and the service."""

    def __init__(self, folder: Path, key: str) -> None:
        port = free_port()
        self.ghost = Ghost()
        self.server = Server(folder, CALLBACK_ALLOW=f"127.0.0.1:{port}", UNDO_SECONDS="0")
        self.server.command("db", "upgrade")
        self.server.command("user", "add", cast.ANA, "--role", "moderator", "--password-stdin", given=cast.PASSWORD)
        added = ("site", "add", self.ghost.url, "--callback", f"http://127.0.0.1:{port}/undertone", "--json")
        self.keys = json.loads(self.server.command(*added))
        self.server.command("site", "change", self.ghost.url, "--audit-share", "0")
        self.server.start()
        self.config = folder / "bridge.cfg"
        lines = ["[undertone]", f"webhooks = {self.server.url}/api/v1/webhooks/{self.keys['site']}"]
        lines += [f"secret = {self.keys['webhook_secret']}", f"listen = 127.0.0.1:{port}"]
        lines += [f"memory = {folder / 'bridge.db'}", "[ghost]", f"address = {self.ghost.url}", f"key = {key}"]
        self.config.write_text("\n".join(lines), encoding="utf-8")
        self.bridge = bridge(self.config)
        self.bridge.start()

    def comment(self, number: str) -> dict[str, Any]:
        """Wait until the service has a comment of Ghost's."""
        found: dict[str, Any] = until(lambda: self._comments().get(number), f"{number}; {self.bridge.said()}")
        return found

    def _comments(self) -> dict[str, dict[str, Any]]:
        _, answer = self.server.call("GET", "/comments?limit=200", self.keys["api_key"])
        return {each["outside_id"]: each for each in answer["comments"]}

    def until_status(self, number: str, status: str) -> None:
        """Wait until a comment stands so in Ghost."""
        until(lambda: self.ghost.status(number) == status, f"{number} to be {status}; {self.bridge.said()}")

    def close(self) -> None:
        """End it."""
        self.bridge.stop()
        self.server.kill()
        self.ghost.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    opened = World(tmp_path_factory.mktemp("ghost"), f"{KEY_ID}:{SECRET}")
    until((opened.config.parent / "bridge.db").exists, "the bridge")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def ana(world: World) -> Iterator[Moderator]:
    with Moderator(world.server) as moderator:
        yield moderator


def test_an_unkind_comment_is_hidden_until_a_person_approves_it(world: World, ana: Moderator) -> None:
    kind, unkind = world.ghost.write(f"<p>{cast.KIND}</p>"), world.ghost.write(f"<p>{cast.UNKIND}</p>")
    world.until_status(unkind, "hidden")
    assert (world.comment(kind)["status"], world.ghost.status(kind)) == ("approved", "published")
    ana.decide(world.comment(unkind)["id"], "approve")
    world.until_status(unkind, "published")


def test_an_edit_is_judged_anew(world: World) -> None:
    number = world.ghost.write("<p>Thank you for the careful explanation of the figures.</p>")
    assert world.comment(number)["status"] == "approved"
    world.ghost.change(number, html=f"<p>{cast.UNKIND} Edited.</p>")
    world.until_status(number, "hidden")


def test_what_ghosts_moderators_do_is_a_decision_here(world: World) -> None:
    number = world.ghost.write("<p>Thank you, that was a great help to all of us.</p>")
    assert world.comment(number)["status"] == "approved"
    world.ghost.change(number, status="hidden")
    until(lambda: world.comment(number)["status"] == "held", "the decision")


def test_what_is_deleted_there_is_erased_here(world: World) -> None:
    number = world.ghost.write("<p>Thank you, and please forget that I was here.</p>")
    assert world.comment(number)["status"] == "approved"
    world.ghost.change(number, status="deleted")
    until(lambda: world.comment(number)["status"] == "withdrawn", "the deletion")


def test_what_cannot_be_changed_there_is_hidden(world: World, ana: Moderator) -> None:
    number = world.ghost.write("<p>Thank you for this kind post. My number is 020 7946 0018, do call me.</p>")
    if world.comment(number)["status"] == "held":
        ana.decide(world.comment(number)["id"], "approve")
    world.until_status(number, "published")
    ana.redact(world.comment(number)["id"])
    world.until_status(number, "hidden")


def test_older_comments_are_found_on_later_pages(world: World) -> None:
    numbers = [world.ghost.write(f"<p>Thank you for the answer to question {n}.</p>") for n in range(120)]
    world.comment(numbers[0])
    world.ghost.change(numbers[0], html=f"<p>{cast.UNKIND} Much later.</p>")
    world.until_status(numbers[0], "hidden")
    assert world.ghost.status(numbers[1]) == "published"  # and none is taken for deleted, or judged otherwise


def test_a_wrong_key_is_said(tmp_path: Path, world: World) -> None:
    wrong = tmp_path / "bridge.cfg"
    text = world.config.read_text(encoding="utf-8").replace(SECRET, "4c" * 32)
    lines = [f"memory = {tmp_path / 'bridge.db'}" if line.startswith("memory") else line for line in text.splitlines()]
    lines = [f"listen = 127.0.0.1:{free_port()}" if line.startswith("listen") else line for line in lines]
    wrong.write_text("\n".join(lines), encoding="utf-8")
    program: Program = bridge(wrong)
    program.start()
    until(lambda: "Comments wait" in program.said(), "the bridge to say so")
    assert "401" in program.said()
    program.stop()
