"""Pictures of the pages people see, from a real server and a real Chromium: `python -m tests.screenshots FOLDER`.

Every page and what opens on it, light, dark and on a telephone, as NAME.png, NAME-dark.png and NAME-telephone.png.
"""

import re
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright
from sqlalchemy import select

from service.domain.calendar import Rhythm
from service.domain.stretches import Stretch
from service.flows import schedules
from service.store.engine import Database
from service.store.tables import UserRow
from tests import cast, reports
from tests.processes import Server
from tests.stage import CHROMIUM

WIDE: ViewportSize = {"width": 1180, "height": 900}
NARROW: ViewportSize = {"width": 360, "height": 740}
PASSWORD = "a password for pictures"

OPENED = {
    "reject": ("r", ".asking .reasons"),
    "beside": ("c", "#drawer .thread"),
    "author-beside": ("u", "#drawer .counts"),
    "selection": ("xjx", "#bulk.some"),
    "help": ("?", "dialog[open]"),
}
"""What opens on the queue: the keys that open it, and what is there then."""


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


def prepare(page: Page) -> dict[str, str]:
    """Do what there is to see something of, and return the pages' addresses."""
    page.goto("/queue")
    held = (page.locator("main .card").first.get_attribute("id") or "").removeprefix("comment-")
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.keyboard.type("Known for this; see the comments of last week.")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Noted.")
    page.locator("main .card").last.focus()
    page.keyboard.press("x")
    with page.expect_response("**/api/v1/bulks") as answered:
        page.keyboard.press("s")
    bulk = answered.value.json()["id"]
    page.wait_for_load_state()
    return {
        "queue": "/queue",
        "search": "/queue?view=all&q=transplant",
        "nothing-found": "/queue?view=all&q=zyzzyva",
        "decided": "/queue?view=decided",
        "discussion": "/threads/1",
        "comment": f"/comments/{held}",
        "author": f"/comments/{held}/author",
        "scores": "/scores",
        "bulk": f"/bulks/{bulk}",
        "me": "/me",
        "reports": "/reports",
        "report": "/reports/1",
        "schedule": "/sites/2/schedule",
        "sites": "/sites",
        "endpoints": "/sites/1/endpoints",
        "rules": "/rules",
        "how-readers-talk": "/reports/discussion",
        "themes": "/themes",
        "deliveries": "/jobs",
        "docs": "/docs",
        "password": "/password",
        "error": "/comments/99999",
    }


def make_report(page: Page, server: Server) -> None:
    """Give a second site a schedule and enough comments to say something about, all made up; make a report of them."""
    database = Database(server.environment["UNDERTONE_DATABASE_URL"])
    with database.writing() as session:
        site, _ = cast.add_site(session)
        user = session.scalars(select(UserRow)).first()
        if user:
            reports.fill(session, site, user, weeks=16, a_day=60)
        weekly = Rhythm(Stretch.WEEK, "Europe/London")
        schedules.save(session, site, weekly, "en", datetime.now(UTC), ["editors@example.org"])
        number = site.id
    database.dispose()
    page.goto("/reports")
    page.locator("[name=site]").select_option(str(number))
    page.locator("[name=from]").fill(reports.EIGHT_WEEKS.start.isoformat())
    page.locator("[name=to]").fill((reports.EIGHT_WEEKS.end - timedelta(days=1)).isoformat())
    page.get_by_role("button", name="Make it of these days").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The Relay", timeout=60_000)


def take(page: Page, addresses: dict[str, str], folder: Path, suffix: str) -> None:
    """Photograph every page, and what opens on the queue."""
    for name, address in addresses.items():
        page.goto(address)
        page.screenshot(path=folder / f"{name}{suffix}.png")
    for name, (keys, shown) in OPENED.items():
        page.goto("/queue")
        page.keyboard.press("j")
        for key in keys:
            page.keyboard.press(key)
        expect(page.locator(shown)).to_be_visible()
        page.screenshot(path=folder / f"{name}{suffix}.png")


def main(folder: Path) -> None:
    """Start a server with the demonstration, and photograph it light, dark and on a telephone."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        server = Server(Path(temporary))
        server.start("--demo")
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page(base_url=server.url, viewport=WIDE, reduced_motion="reduce")
        page.goto("/login")
        page.screenshot(path=folder / "login.png")
        found = re.search(r"one-time password (\S+)", server.log.read_text())
        sign_in(page, found.group(1) if found else "")
        make_report(page, server)
        addresses = prepare(page)
        take(page, addresses, folder, "")
        page.emulate_media(color_scheme="dark")
        take(page, addresses, folder, "-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(NARROW)
        take(page, addresses, folder, "-telephone")
        browser.close()
        server.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
