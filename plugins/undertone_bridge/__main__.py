"""`python3 -m undertone_bridge FILE`: runs until it is stopped. FILE is described in docs/moving-in of Undertone."""

import configparser
import contextlib
import logging
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from undertone_bridge.blog import Blog
from undertone_bridge.bridge import Bridge, log
from undertone_bridge.calls import NoAnswer
from undertone_bridge.listener import Listener
from undertone_bridge.memory import Memory
from undertone_bridge.undertone import Undertone

LOOK_SECONDS = 1.0
WAIT_SECONDS = 5.0
"""After somebody did not answer."""


class ConfigRefused(Exception):
    """A configuration that cannot be; the text is one line and says what to write instead."""


def main() -> int:
    """Run the bridge that a file describes."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if len(sys.argv) != 2:  # noqa: PLR2004  # the program and the file
        sys.stderr.write("Usage: python3 -m undertone_bridge FILE\n")
        return 2
    try:
        bridge, listener = join(Path(sys.argv[1]))
    except (ConfigRefused, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    signal.signal(signal.SIGTERM, _stop)
    listener.start()
    with contextlib.suppress(KeyboardInterrupt):
        run(bridge)
    return 0


def join(path: Path) -> tuple[Bridge, Listener]:
    """Return the parts that a file describes; raise ConfigRefused for what is missing or impossible."""
    config = configparser.ConfigParser(interpolation=None)
    if not config.read(path, encoding="utf-8"):
        raise ConfigRefused(f"There is no file {path} that can be read.")
    own = Section(config, path, "undertone")
    try:
        undertone = Undertone(own["webhooks"], own["secret"])
    except ValueError as error:
        raise ConfigRefused(f"{path}: `secret` is to be the webhook_secret, whsec_… ({error}).") from None
    host, _, port = own["listen"].rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigRefused(f"{path}: `listen` is to be like 127.0.0.1:8093, not {own['listen']!r}.")
    bridge = Bridge(_blog(config, path), undertone, Memory(Path(own["memory"])))
    return bridge, Listener(host, int(port), bridge)


def run(bridge: Bridge, wait: Callable[[float], object] = time.sleep) -> None:
    """Look again and again; what does not answer is said once, and once more when it answers again."""
    problem = None
    while True:
        try:
            bridge.look()
        except NoAnswer as error:
            if problem is None:
                log.warning("Comments wait: %s", error)
            problem = error
            wait(WAIT_SECONDS)
            continue
        if problem:
            log.warning("All is well again.")
            problem = None
        bridge.news.wait(LOOK_SECONDS)
        bridge.news.clear()


class Section:
    """A section of the file."""

    def __init__(self, config: configparser.ConfigParser, path: Path, name: str) -> None:
        self.config, self.path, self.name = config, path, name

    def __getitem__(self, key: str) -> str:
        value = self.config.get(self.name, key, fallback="").strip()
        if not value:
            raise ConfigRefused(f"{self.path}: write `{key} = …` under [{self.name}].")
        return value


def _blog(config: configparser.ConfigParser, path: Path) -> Blog:
    if config.has_section("isso"):
        from undertone_bridge.isso import Isso

        own = Section(config, path, "isso")
        return Isso(Path(own["database"]), own["address"], own["blog"])
    if config.has_section("ghost"):
        from undertone_bridge.ghost import Ghost

        own = Section(config, path, "ghost")
        try:
            return Ghost(own["address"], own["key"])
        except ValueError:
            raise ConfigRefused(f"{path}: `key` is to be the Admin API key, two parts with a colon between.") from None
    raise ConfigRefused(f"{path}: describe the blog's comment system under [isso] or [ghost].")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
