"""Pictures of the pages people see, from a real server and a real Chromium: `python -m tests.screenshots FOLDER`."""

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.processes import Server
from tests.test_story import CHROMIUM

WIDE = {"width": 1180, "height": 900}
NARROW = {"width": 360, "height": 740}
PASSWORD = "a password for pictures"


def sign_in(page: Page, one_time: str) -> None:
    """Sign in as the first start says, and choose a password."""
    page.goto("/")
    page.get_by_label("Name").fill("demo")
    page.get_by_label("Password").fill(one_time)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Present password").fill(one_time)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The new one again").fill(PASSWORD)
    page.get_by_role("button", name="Save").click()


def take(page: Page, folder: Path, suffix: str) -> None:
    """Photograph every page."""
    held = page.locator(".card").first.get_attribute("id") or ""
    pages = {
        "queue": "/queue",
        "search": "/queue?view=all&q=transplant",
        "discussion": "/threads/1",
        "comment": f"/comments/{held.removeprefix('comment-')}",
        "rules": "/rules",
        "deliveries": "/jobs",
        "docs": "/docs",
    }
    for name, path in pages.items():
        page.goto(path)
        page.screenshot(path=folder / f"{name}{suffix}.png")
    page.goto("/queue")


def main(folder: Path) -> None:
    """Start a server with the demonstration, and photograph it light, dark and on a telephone."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        server = Server(Path(temporary))
        server.start("--demo")
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page(base_url=server.url, viewport=WIDE)  # type: ignore[arg-type]
        page.goto("/login")
        page.screenshot(path=folder / "login.png")
        found = re.search(r"one-time password (\S+)", server.log.read_text())
        sign_in(page, found.group(1) if found else "")
        take(page, folder, "")
        page.emulate_media(color_scheme="dark")
        take(page, folder, "-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        take(page, folder, "-telephone")
        browser.close()
        server.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
