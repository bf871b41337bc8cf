"""The bridge itself: compares what the blog has with what Undertone was told, and puts right what differs.

Nothing is lost when one of the three dies: what Undertone has not taken is told at the next look, and what it decided
stands in the memory until the blog has done it. A comment that waits stays as the blog keeps new comments.
"""

import hashlib
import json
import logging
import threading
from dataclasses import replace
from typing import Any

from undertone_bridge.blog import Blog, BlogRefused, Written, digest_of
from undertone_bridge.calls import Answer
from undertone_bridge.memory import Known, Memory
from undertone_bridge.undertone import Undertone

APPROVED = "approved"
HELD = "held"

log = logging.getLogger("undertone-bridge")


class Bridge:
    """Keeps a blog and Undertone of one mind."""

    def __init__(self, blog: Blog, undertone: Undertone, memory: Memory) -> None:
        self.blog = blog
        self.undertone = undertone
        self.memory = memory
        self.news = threading.Event()
        """Set when a decision came in, so that nobody waits for the next look."""
        self._turn = threading.Lock()
        self._is_first_look = memory.is_empty

    def look(self) -> None:
        """Bring both sides to one mind once; raise NoAnswer where one of them does not answer."""
        found = self.blog.look()
        if self._is_first_look:
            self._remember_history(found.written)
        for each in found.written:
            with self._turn:
                self._follow(each)
        if found.is_complete:
            self._tell_deletions({each.key for each in found.written})

    def decided(self, key: str, status: str, number: int, text: str | None) -> bool:
        """Keep a decision until the blog has done it; return whether the comment is known."""
        with self._turn:
            known = self.memory.get(key)
            if known is None:
                return False
            if number < known.number:
                return True  # overtaken on its way
            # What the answer said already is not done again: the blog's own moderators may have been there since.
            is_news = status != known.status or (text is not None and digest_of(text) != known.digest)
            heard = replace(known, number=number, status=status)
            self.memory.keep(replace(heard, wanted=status, text=text) if is_news else heard)
            self.news.set()
            return True

    def _remember_history(self, written: list[Written]) -> None:
        """What was published before the bridge came is not judged again."""
        with self._turn:
            self.memory.keep_all(Known(each.key, each.digest, shown=True) for each in written if each.shown)
        self._is_first_look = False

    def _follow(self, written: Written) -> None:
        known = self.memory.get(written.key)
        if known is None:
            self._tell_text("created", written, Known(written.key, written.digest, written.shown))
        elif known.digest != written.digest:
            self._tell_text("edited", written, known)
        elif known.wanted:
            self._do(written, known)
        elif known.shown != written.shown:
            self._tell_act(written, known)

    def _tell_text(self, kind: str, written: Written, known: Known) -> None:
        """Tell what was written, and do at once what Undertone answers."""
        answer = self._tell(kind, known, {**written.more, "id": written.key, "text": written.text})
        if answer.is_good:
            wanted = str(answer.json()["status"])
        else:
            wanted = HELD
            log.warning("%s is left to the blog's own moderators: Undertone %s", written.key, answer)
        log.info("%s %s: %s", written.key, kind, wanted)
        known = replace(known, digest=written.digest, shown=written.shown, told=known.told + 1)
        told = replace(known, status=wanted, wanted=wanted, text=None)
        self.memory.keep(told)
        self._do(written, told)

    def _tell_act(self, written: Written, known: Known) -> None:
        """Tell what the blog's own moderators did."""
        came_from, to = (HELD, APPROVED) if written.shown else (APPROVED, HELD)
        data = {"id": written.key, "from": came_from, "to": to, "moderator": "a moderator of the blog"}
        self._tell("moderated", known, data)
        log.info("%s is %s on the blog", written.key, to)
        self.memory.keep(replace(known, shown=written.shown, told=known.told + 1, status=to))

    def _tell_deletions(self, there: set[str]) -> None:
        for known in self.memory:
            if known.key in there or not self.blog.is_gone(known.key):
                continue
            with self._turn:
                self._tell("deleted", known, {"id": known.key})
                self.memory.forget(known.key)
            log.info("%s is gone, and erased there too", known.key)

    def _tell(self, kind: str, known: Known, data: dict[str, Any]) -> Answer:
        # The same number for the same message sent again, so that it counts once, and for no other.
        print_ = hashlib.sha256(json.dumps([kind, data], sort_keys=True).encode()).hexdigest()[:16]
        return self.undertone.tell(kind, data, f"{known.key}-{known.told}-{print_}")

    def _do(self, written: Written, known: Known) -> None:
        """Do what Undertone wants, as far as the blog can; what it refuses is said once, and left."""
        try:
            known = self._rewrite(written, known)
            shown = known.wanted == APPROVED
            if shown != written.shown:
                (self.blog.show if shown else self.blog.hide)(written)
                log.info("%s is %s now", written.key, "shown" if shown else "hidden")
        except BlogRefused as error:
            log.warning("%s should be %s: %s", written.key, known.wanted, error)
            shown = written.shown
        self.memory.keep(replace(known, shown=shown, wanted=None, text=None))

    def _rewrite(self, written: Written, known: Known) -> Known:
        if known.text is None or known.text == written.text:
            return known
        try:
            self.blog.rewrite(written, known.text)
        except BlogRefused as error:
            # To show it as it is would publish what was taken out of it.
            log.warning("%s cannot get the text that was decided, so it is hidden: %s", written.key, error)
            return replace(known, wanted=HELD)
        log.info("%s has another text now", written.key)
        rewritten = replace(known, digest=digest_of(known.text))
        self.memory.keep(rewritten)  # at once: should the blog die now, it would look like an edit by the author
        return rewritten
