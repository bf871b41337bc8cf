"""What the bridge keeps in mind, whatever the blog is: decisions, their order, and what was told already."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from service.settings import ROOT
from tests.plugins.programs import PLUGINS
from tests.processes import Receiver, free_port
from undertone_bridge.__main__ import join
from undertone_bridge.blog import BlogRefused, Look, Written
from undertone_bridge.bridge import Bridge
from undertone_bridge.calls import NoAnswer
from undertone_bridge.memory import Known, Memory
from undertone_bridge.undertone import Undertone

SECRET = "whsec_" + "A" * 43 + "="
FIRST = Written("1@5.0", "1", "Thank you.", shown=False, more={"thread": {"url": "https://relay.example.org/p"}})


@dataclass
class Blog:
    """A blog with one comment, which does as it is asked unless it refuses."""

    written: Written = FIRST
    refuses: bool = False
    rewrites: bool = True
    is_down: bool = False
    done: list[str] = field(default_factory=list)

    def look(self) -> Look:
        return Look([self.written], is_complete=True)

    def is_gone(self, key: str) -> bool:
        return True

    def show(self, written: Written) -> None:
        self._do("show", shown=True)

    def hide(self, written: Written) -> None:
        self._do("hide", shown=False)

    def rewrite(self, written: Written, text: str) -> None:
        if not self.rewrites:
            raise BlogRefused("no texts are changed here")
        self.written = replace(self.written, text=text)

    def _do(self, what: str, *, shown: bool) -> None:
        if self.is_down:
            raise NoAnswer("the blog is down")
        if self.refuses:
            raise BlogRefused("not now")
        self.done.append(what)
        self.written = replace(self.written, shown=shown)


@pytest.fixture
def blog() -> Blog:
    return Blog()


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    opened = Memory(tmp_path / "memory.db")
    opened.keep(Known(FIRST.key, FIRST.digest, shown=False, told=1, number=2, status="held"))
    yield opened
    opened.close()


@pytest.fixture
def bridge(blog: Blog, memory: Memory) -> Bridge:
    return Bridge(blog, Undertone("http://127.0.0.1:1/", SECRET), memory)


def test_a_decision_is_done_at_the_next_look_and_once(blog: Blog, bridge: Bridge) -> None:
    assert bridge.decided(FIRST.key, "approved", 3, None)
    bridge.look()
    bridge.look()
    assert blog.done == ["show"]


def test_a_decision_that_was_overtaken_is_not_done(blog: Blog, bridge: Bridge) -> None:
    bridge.decided(FIRST.key, "rejected", 4, None)
    bridge.decided(FIRST.key, "approved", 3, None)
    bridge.look()
    assert blog.done == []


def test_what_the_blog_s_moderators_did_since_is_not_undone_by_news_that_is_none(blog: Blog, memory: Memory) -> None:
    memory.keep(Known(FIRST.key, FIRST.digest, shown=False, told=2, number=2, status="approved"))
    bridge = Bridge(blog, Undertone("http://127.0.0.1:1/", SECRET), memory)
    bridge.decided(FIRST.key, "approved", 3, None)  # it said so in its answer; they have hidden it meanwhile
    bridge.look()
    assert blog.done == []


def test_a_decision_about_a_comment_that_is_not_known_is_for_later(bridge: Bridge) -> None:
    assert not bridge.decided("99@1.0", "approved", 1, None)


def test_a_decision_outlives_the_bridge(blog: Blog, memory: Memory, tmp_path: Path, bridge: Bridge) -> None:
    bridge.decided(FIRST.key, "approved", 3, None)
    memory.close()
    again = Memory(tmp_path / "memory.db")
    Bridge(blog, Undertone("http://127.0.0.1:1/", SECRET), again).look()
    again.close()
    assert blog.done == ["show"]


def test_the_text_without_personal_data_is_what_is_shown(blog: Blog, bridge: Bridge) -> None:
    bridge.decided(FIRST.key, "approved", 3, "Thank …")
    bridge.look()
    bridge.look()
    assert (blog.done, blog.written.text) == (["show"], "Thank …")


def test_a_text_that_was_changed_here_is_no_edit_by_the_author(blog: Blog, bridge: Bridge) -> None:
    bridge.decided(FIRST.key, "approved", 3, "Thank …")
    blog.is_down = True  # it took the text, and dies before it shows it
    with pytest.raises(NoAnswer, match="the blog is down"):
        bridge.look()
    blog.is_down = False
    bridge.look()
    assert (blog.done, blog.written.text) == (["show"], "Thank …")


def test_where_no_text_can_be_changed_nothing_is_shown(blog: Blog, bridge: Bridge) -> None:
    blog.rewrites = False
    blog.written = replace(FIRST, shown=True)
    bridge.memory.keep(Known(FIRST.key, FIRST.digest, shown=True, told=1, number=2, status="approved"))
    bridge.decided(FIRST.key, "approved", 3, "Thank …")
    bridge.look()
    assert blog.done == ["hide"]


def test_what_the_blog_refuses_is_not_tried_for_ever(blog: Blog, bridge: Bridge) -> None:
    blog.refuses = True
    bridge.decided(FIRST.key, "approved", 3, None)
    bridge.look()
    blog.refuses = False
    bridge.look()
    assert blog.done == []


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


def test_a_message_that_is_sent_again_has_the_same_number_and_an_edit_another(
    receiver: Receiver, tmp_path: Path, blog: Blog
) -> None:
    memory = Memory(tmp_path / "new.db")
    bridge = Bridge(blog, Undertone(receiver.url, SECRET), memory)
    for status in (503, 401, 404, 302):  # none of these says anything about the comment
        receiver.status = status
        with pytest.raises(NoAnswer):
            bridge.look()
    blog.written = replace(FIRST, text="Thank you both.")
    with pytest.raises(NoAnswer):
        bridge.look()
    memory.close()
    numbers = [headers["webhook-id"] for headers, _ in receiver.got]
    assert (len(set(numbers[:4])), numbers[4] in numbers[:4]) == (1, False)


def test_an_answer_that_is_none_is_no_leave_to_show(receiver: Receiver, tmp_path: Path, blog: Blog) -> None:
    memory = Memory(tmp_path / "new.db")
    with pytest.raises(NoAnswer, match="no JSON"):  # 200, as from a proxy that shows a page of its own
        Bridge(blog, Undertone(receiver.url, SECRET), memory).look()
    memory.close()
    assert blog.done == []


def test_what_is_never_taken_is_left_hidden(receiver: Receiver, tmp_path: Path, blog: Blog) -> None:
    receiver.status = 400
    blog.written = replace(FIRST, shown=True)
    memory = Memory(tmp_path / "new.db")
    memory.keep(Known("another", "", shown=False))  # so that this is no first look
    Bridge(blog, Undertone(receiver.url, SECRET), memory).look()
    memory.close()
    assert blog.done == ["hide"]


@pytest.mark.parametrize("page", ["hugo-isso.md", "ghost.md"])
def test_the_configuration_that_a_page_shows_is_taken(page: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "moving-in" / page).read_text(encoding="utf-8")
    [shown] = re.findall(r"^ *```ini\n( *\[undertone\].*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    lines = [line.strip() for line in shown.splitlines()]
    ours = {
        "secret": SECRET,
        "memory": str(tmp_path / "memory.db"),
        "listen": f"127.0.0.1:{free_port()}",
        "key": "6b:3b",
    }
    for place, line in enumerate(lines):
        name = line.partition(" = ")[0]
        lines[place] = f"{name} = {ours[name]}" if name in ours else line
    config = tmp_path / "bridge.cfg"
    config.write_text("\n".join(lines), encoding="utf-8")
    bridge, listener = join(config)
    listener.server_close()
    bridge.memory.close()
    assert bridge.undertone.url == "https://undertone.example.org/api/v1/webhooks/1"


@pytest.mark.parametrize("path", sorted(PLUGINS.glob("undertone_bridge/*.py")), ids=lambda path: path.name)
def test_it_needs_nothing_of_the_service_and_little_of_others(path: Path) -> None:
    used = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        used |= {name.split(".")[0] for name in names}
    allowed = {"undertone_bridge", *(["itsdangerous"] if path.name == "isso.py" else [])}
    assert used - allowed <= sys.stdlib_module_names
