"""The bridge between a real Isso and a started server, each a process of its own."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests import cast
from tests.moderator import Moderator
from tests.plugins.programs import Program, bridge
from tests.processes import Server, free_port, until

PATH = "/five-years-after-hsct/"
BLOG = "https://relay.example.org"


@dataclass
class Isso:
    """An Isso as its readers see it."""

    program: Program
    url: str
    database: Path
    cookies: dict[int, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.program.start()
        until(self.is_up, "Isso")

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            return httpx.get(f"{self.url}/info").status_code == 200
        except httpx.HTTPError:
            return False

    def write(self, text: str, parent: int | None = None) -> int:
        """Write a comment as a reader does, and return its number."""
        body = {"text": text, "author": "Maya & Tom", "email": "maya@example.org", "title": cast.TITLE}
        answer = httpx.post(f"{self.url}/new?uri={quote(PATH)}", json={**body, "parent": parent})
        assert answer.status_code in (201, 202), answer.text
        number = int(answer.json()["id"])
        self.cookies[number] = answer.cookies[str(number)]
        return number

    def edit(self, number: int, text: str) -> None:
        """Change a comment as its author does."""
        with httpx.Client(cookies={str(number): self.cookies[number]}) as browser:
            answer = browser.put(f"{self.url}/id/{number}", json={"text": text, "author": "Maya & Tom"})
            assert answer.status_code == 200, answer.text
            self.cookies[number] = answer.cookies[str(number)]

    def delete(self, number: int) -> None:
        """Delete a comment as its author does."""
        with httpx.Client(cookies={str(number): self.cookies[number]}) as browser:
            headers = {"content-type": "application/json"}
            assert browser.delete(f"{self.url}/id/{number}", headers=headers).status_code == 200

    def shown(self) -> dict[int, str]:
        """Return the numbers and texts that readers see."""
        answer = httpx.get(f"{self.url}/?uri={quote(PATH)}&plain=1")
        if answer.status_code == 404:
            return {}
        replies = answer.json()["replies"]
        return {each["id"]: each["text"] for top in replies for each in (top, *top.get("replies", ()))}

    def links(self, number: int) -> dict[str, str]:
        """Return the links that Isso writes for its moderator."""
        lines = [line for line in self.program.said().splitlines() if f"/id/{number}/" in line]
        return {line.rsplit("/", 2)[1]: line.rsplit(" ", 1)[1] for line in lines}


@dataclass
class World:
    """A blog with its Isso, the bridge, and the service."""

    server: Server
    isso: Isso
    bridge: Program
    keys: dict[str, Any]
    moderator: Moderator

    def comments(self) -> dict[str, dict[str, Any]]:
        """Return what the service has, by the numbers that Isso gave."""
        _, answer = self.server.call("GET", "/comments?limit=200", self.keys["api_key"])
        there = (each for each in answer["comments"] if each["status"] != "withdrawn")
        return {each["outside_id"].split("@")[0]: each for each in there}

    def known(self, number: int, status: str) -> dict[str, Any]:
        """Wait until the service has a comment of Isso's where it should stand."""

        def look() -> dict[str, Any] | None:
            found = self.comments().get(str(number))
            return found if found and found["status"] == status else None

        found: dict[str, Any] = until(look, f"comment {number} to be {status}; {self.bridge.said()}")
        return found

    def until_shown(self, number: int, text: str | None = None) -> None:
        """Wait until readers see a comment."""
        shown = self.isso.shown
        until(
            lambda: shown().get(number) == text if text else number in shown(), f"{number} shown; {self.bridge.said()}"
        )

    def until_hidden(self, number: int) -> None:
        """Wait until readers see a comment no more."""
        until(lambda: number not in self.isso.shown(), f"{number} hidden; {self.bridge.said()}")


def make_isso(command: Path, folder: Path) -> Isso:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = folder / "isso.cfg"
    lines = ["[general]", f"dbpath = {folder / 'comments.db'}", f"host = {url}", "notify = stdout"]
    lines += ["[moderation]", "enabled = true", "[server]", f"listen = {url}", "[guard]", "enabled = false"]
    config.write_text("\n".join(lines), encoding="utf-8")
    program = Program([str(command), "-c", str(config), "run"], folder / "isso.log")
    return Isso(program, url, folder / "comments.db")


def make_bridge(folder: Path, isso: Isso, webhooks: str, secret: str, port: int) -> Program:
    config = folder / "bridge.cfg"
    lines = ["[undertone]", f"webhooks = {webhooks}", f"secret = {secret}", f"listen = 127.0.0.1:{port}"]
    lines += [f"memory = {folder / 'bridge.db'}", "[isso]", f"database = {isso.database}"]
    lines += [f"address = {isso.url}", f"blog = {BLOG}"]
    config.write_text("\n".join(lines), encoding="utf-8")
    return bridge(config)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, isso_command: Path) -> Iterator[World]:
    folder, port = tmp_path_factory.mktemp("isso"), free_port()
    server = Server(folder, CALLBACK_ALLOW=f"127.0.0.1:{port}", UNDO_SECONDS="0")
    server.command("db", "upgrade")
    server.command("user", "add", cast.ANA, "--role", "moderator", "--password-stdin", given=cast.PASSWORD)
    address = f"http://127.0.0.1:{port}/undertone"
    keys = json.loads(server.command("site", "add", BLOG, "--callback", address, "--json"))
    server.command("site", "change", BLOG, "--audit-share", "0")
    server.start()
    isso = make_isso(isso_command, folder)
    isso.start()
    webhooks = f"{server.url}/api/v1/webhooks/{keys['site']}"
    program = make_bridge(folder, isso, webhooks, keys["webhook_secret"], port)
    program.start()
    with Moderator(server) as moderator:
        yield World(server, isso, program, keys, moderator)
    program.stop()
    isso.program.stop()
    server.kill()


def test_a_kind_comment_is_published(world: World) -> None:
    number = world.isso.write(cast.KIND)
    world.until_shown(number, cast.KIND)
    known = world.known(number, "approved")
    assert (known["text"], known["thread"]["url"], known["thread"]["title"]) == (cast.KIND, BLOG + PATH, cast.TITLE)
    assert (known["author"]["name"], known["author"]["email"]) == ("Maya & Tom", "maya@example.org")


def test_an_unkind_comment_waits_until_a_person_approves_it(world: World) -> None:
    number = world.isso.write(cast.UNKIND)
    known = world.known(number, "held")
    assert number not in world.isso.shown()
    world.moderator.decide(known["id"], "approve")
    world.until_shown(number)


def test_what_a_person_rejects_stays_hidden_and_can_be_taken_back(world: World) -> None:
    number = world.isso.write(cast.UNKIND + " Again.")
    decision = world.moderator.decide(world.known(number, "held")["id"], "reject")
    world.known(number, "rejected")
    assert number not in world.isso.shown()
    world.moderator.undo(decision["id"])
    world.moderator.decide(world.known(number, "held")["id"], "approve")
    world.until_shown(number)


def test_what_was_published_is_hidden_again_when_a_person_rejects_it(world: World) -> None:
    number = world.isso.write("Thank you, this helped me to ask my neurologist the right questions.")
    world.until_shown(number)
    decision = world.moderator.decide(world.known(number, "approved")["id"], "spam")
    world.until_hidden(number)
    world.moderator.undo(decision["id"])
    world.until_shown(number)


def test_an_edit_is_judged_anew(world: World) -> None:
    number = world.isso.write("Thank you for the kind and patient answers to all of our questions.")
    world.until_shown(number)
    world.isso.edit(number, cast.UNKIND + " Edited.")
    world.until_hidden(number)
    assert world.known(number, "held")["text"] == cast.UNKIND + " Edited."


def test_a_reply_is_joined_to_its_comment(world: World) -> None:
    first = world.isso.write("Does anybody know when the results of the second trial are expected?")
    world.until_shown(first)
    second = world.isso.write("The authors say next spring, thank you for asking.", parent=first)
    assert world.known(second, "approved")["parent_id"] == world.known(first, "approved")["outside_id"]


def test_what_a_moderator_does_in_isso_is_a_decision_here(world: World) -> None:
    number = world.isso.write(cast.UNKIND + " Once more.")
    world.known(number, "held")
    assert httpx.post(world.isso.links(number)["activate"]).status_code == 200
    world.known(number, "approved")
    assert number in world.isso.shown()


def test_what_is_deleted_in_isso_is_erased_here_and_its_number_may_come_again(world: World) -> None:
    number = world.isso.write("A first comment, which its author is going to delete again soon. Thank you!")
    world.known(number, "approved")
    world.isso.delete(number)
    until(lambda: str(number) not in named(world, "approved"), "the deletion")
    again = world.isso.write("A second comment by somebody else, with the number that was free. Thank you all.")
    assert again == number  # Isso counts on from the last one there is
    world.until_shown(again)
    assert world.known(again, "approved")["text"].startswith("A second comment")


def named(world: World, status: str) -> set[str]:
    return {number for number, each in world.comments().items() if each["status"] == status}


def test_personal_data_is_taken_out_of_what_isso_shows(world: World) -> None:
    said = "Thank you for this kind post. My number is 020 7946 0018, do call me about the support group."
    number = world.isso.write(said)
    known = until(lambda: world.comments().get(str(number)), "the comment")
    if known["status"] == "held":
        world.moderator.decide(known["id"], "approve")
    world.until_shown(number, said)
    world.moderator.redact(known["id"])
    until(lambda: "7946" not in world.isso.shown().get(number, said), "the text without the number")
    assert world.known(number, "approved")["id"] == known["id"]


def test_nothing_is_lost_while_the_service_is_down(world: World) -> None:
    world.server.kill()
    number = world.isso.write("Written while nobody listened: thank you for the clear summary of the trial.")
    until(lambda: "Comments wait" in world.bridge.said(), "the bridge to notice")
    assert number not in world.isso.shown()
    world.server.start()
    world.until_shown(number)
    until(lambda: "All is well again." in world.bridge.said(), "the bridge to say so")


def test_nothing_is_lost_while_the_bridge_is_down(world: World) -> None:
    number = world.isso.write(cast.UNKIND + " Before the bridge stops.")
    known = world.known(number, "held")
    assert world.bridge.stop() == 0
    later = world.isso.write("Written while the bridge was down. Thank you for such a careful explanation.")
    world.moderator.decide(known["id"], "approve")
    world.bridge.start()
    world.until_shown(later)
    world.until_shown(number)  # told again five seconds after the first attempt


def test_nothing_is_lost_while_isso_is_down(world: World) -> None:
    number = world.isso.write(cast.UNKIND + " Before Isso stops.")
    known = world.known(number, "held")
    world.isso.program.stop()
    world.moderator.decide(known["id"], "approve")
    until(lambda: world.bridge.said().count("Comments wait") > 1, "the bridge to notice")
    world.isso.start()
    world.until_shown(number)


def test_what_is_too_long_is_left_to_the_moderators_of_the_blog(world: World) -> None:
    number = world.isso.write("Thank you so much. " * 1200)
    until(lambda: "is left to the blog's own moderators" in world.bridge.said(), "the bridge to give up")
    assert number not in world.isso.shown()
    later = world.isso.write("What comes after it is not kept waiting. Thank you for your patience!")
    world.until_shown(later)


def test_nobody_else_can_decide(world: World) -> None:
    number = world.isso.write(cast.UNKIND + " Forged.")
    known = world.known(number, "held")
    config = world.bridge.command[-1]
    address = next(line for line in Path(config).read_text().splitlines() if line.startswith("listen")).split(" = ")[1]
    event = {
        "type": "comment.decided",
        "data": {"outside_id": known["outside_id"], "status": "approved", "number": 99},
    }
    headers = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    assert httpx.post(f"http://{address}/undertone", json=event, headers=headers).status_code == 401
    assert number not in world.isso.shown()


def test_what_was_published_before_the_bridge_came_is_not_judged(
    tmp_path: Path, world: World, isso_command: Path
) -> None:
    before = make_isso(isso_command, tmp_path)
    before.start()
    try:
        number, waiting = before.write(cast.UNKIND), before.write(cast.KIND)
        with sqlite3.connect(before.database) as database:
            database.execute("UPDATE comments SET mode = 1 WHERE id = ?", (number,))
        database.close()
        webhooks = f"{world.server.url}/api/v1/webhooks/{world.keys['site']}"
        new = make_bridge(tmp_path, before, webhooks, world.keys["webhook_secret"], free_port())
        new.start()
        until(lambda: set(before.shown()) == {number, waiting}, f"the comment that waits; {new.said()}")
        assert new.said().count("created") == 1
        new.stop()
    finally:
        before.program.stop()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("secret = whsec_", "secret = x"), "`secret` is to be the webhook_secret"),
        (lambda text: text.replace("[isso]", "[other]"), "under [isso]"),
        (lambda text: text.replace("listen = 127.0.0.1:", "listen = "), "`listen` is to be like"),
        (lambda text: text.replace("database = ", "databank = "), "write `database = …` under [isso]"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused_in_one_line(
    tmp_path: Path, world: World, change: Callable[[str], str], said: str
) -> None:
    config = tmp_path / "bridge.cfg"
    config.write_text(change(Path(world.bridge.command[-1]).read_text(encoding="utf-8")), encoding="utf-8")
    refused = bridge(config)
    refused.start()
    assert refused.process
    assert refused.process.wait(20) == 1
    assert said in refused.said()
    assert len(refused.said().splitlines()) == 1
