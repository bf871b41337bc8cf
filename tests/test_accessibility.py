"""Nobody is kept out: axe-core finds nothing on any page, light or dark, and what it cannot see is looked at too."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from service.domain.calendar import Rhythm
from service.domain.events import Event
from service.domain.stretches import Stretch
from service.domain.tone import Period, Step
from service.flows import asked_reports, endpoints, events, schedules
from service.flows.reports import Wanted
from service.store import jobs
from service.store.tables import JobKind, JobStatus, SiteRow, UserRow
from tests import cast
from tests.processes import until
from tests.stage import ADA, VERA, Stage, open_page

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=15_000)

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = Axe()


def violations(page: Page, only: list[str]) -> list[str]:
    """Return what axe finds on a page as it stands: the rule, and where."""
    found = AXE.run(page, options={"runOnly": only, "resultTypes": ["violations"]}).response["violations"]
    return [f"{each['id']}: {node['target']} {node['html'][:120]}" for each in found for node in each["nodes"]]


def both(page: Page, where: str) -> list[str]:
    """Return what axe finds on a page, light and dark; in the dark only colours differ."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = [f"{where}, light: {each}" for each in violations(page, TAGS)]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return found + [f"{where}, dark: {each}" for each in violations(page, ["color-contrast"])]


@pytest.fixture(scope="module")
def after_a_morning(whole_stage: Stage, browser: Browser) -> Path:
    """Return the desk, kept, after a morning's work: notes, escalations, an edit, a redaction, an undo, a report."""
    stage = whole_stage
    stage.anew()
    stage.sign_all_in(browser)
    page = open_page(browser, stage, cast.ANA)
    page.goto("/queue")
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    headers = {"X-CSRFToken": token, "Content-Type": "application/json"}

    def post(path: str, body: object) -> dict[str, object]:
        answer = page.request.post(f"/api/v1{path}", data=json.dumps(body), headers=headers)
        assert answer.status in (200, 201), answer.text()
        return dict(answer.json())

    ids = stage.ids
    post(f"/comments/{ids[2]}/redaction", {"seen": 1})
    post(f"/comments/{ids[2]}/notes", {"text": "She has written to us before."})
    post(f"/comments/{ids[4]}/decisions", {"decision": "reject", "canned": 1})
    post(f"/comments/{ids[5]}/decisions", {"decision": "escalate", "reason": "Is this the man from last year?"})
    post(f"/comments/{ids[6]}/decisions", {"decision": "hold", "reason": "What do you think?"})
    undone = post(f"/comments/{ids[7]}/decisions", {"decision": "spam"})
    post(f"/decisions/{undone['id']}/undo", {})
    edited = {"text": "Ana wrote this post without ever meeting a patient."}
    stage.server.call("PATCH", f"/comments/{ids[8]}", stage.key, edited)
    stage.server.call("POST", f"/comments/{ids[12]}/report", stage.key, {})
    stage.server.call("DELETE", f"/comments/{ids[13]}", stage.key)
    days = {"from": "2026-11-01", "to": "2026-11-21", "step": "week", "site": "1", "csrf_token": token}
    answer = page.request.post("/reports", form=days, headers={"Referer": stage.server.url})
    until(lambda: page.request.get(answer.url).url.endswith("/reports/1"), f"the report: {answer.text()}")
    drawn = {"from": "2000-01-01", "to": "2099-01-01", "site": "1", "count": "3", "csrf_token": token}
    answer = page.request.post("/sample", form=drawn, headers={"Referer": stage.server.url})
    assert "view=sample" in answer.url, answer.text()
    bulk = post("/bulks", {"comments": [{"id": each, "seen": 1} for each in ids[14:18]], "decision": "approve"})
    stage.bulk = str(bulk["id"])
    page.context.close()
    stage.contexts.clear()
    add_endpoints(stage)
    add_schedule(stage)
    add_asked_report(stage)
    return stage.keep("morning.db")


def add_endpoints(stage: Stage) -> None:
    """Let the site have an endpoint that is paused and one that was switched off, both with something to be told."""
    now = datetime.now(UTC)
    with stage.database.writing() as session:
        site = session.scalars(select(SiteRow)).one()
        paused, gone = (
            endpoints.add(session, site, f"https://relay.example.org/{name}", [Event.REPORT_READY], now)
            for name in ("paused", "gone")
        )
        endpoints.pause(paused)
        gone.disabled_at = now
        session.flush()
        for job in events.report_ready(session, site, 12, now.date(), now.date(), "https://desk.example.org/r", now):
            job.sent = {"url": "https://relay.example.org/x", "headers": {"webhook-id": "msg_1"}, "body": "{}"}


def add_schedule(stage: Stage) -> None:
    """Let the site's weeks be mailed, the last of them to two people, of whom one could not be reached."""
    now = datetime.now(UTC)
    with stage.database.writing() as session:
        site = session.scalars(select(SiteRow)).one()
        weekly = Rhythm(Stretch.WEEK, "Europe/Berlin")
        row = schedules.save(session, site, weekly, "en", now, ["ana@example.org", "ben@example.org"])
        run = schedules.begin_now(session, row, now)
        run.report_id, run.passed_over = 1, 2
        run.jobs[0].status = JobStatus.DONE
        run.jobs[0].finished_at = now
        for address, error in (("ana@example.org", None), ("ben@example.org", "answered 550: Nobody here")):
            job = jobs.add(session, JobKind.MAIL, site, run_after=now, now=now, run=run, payload={"to": address})
            job.status, job.last_error = (JobStatus.GAVE_UP if error else JobStatus.DONE), error
            job.finished_at = now
        session.flush()


def add_asked_report(stage: Stage) -> None:
    """Let a report be asked for that somebody is at for a long time."""
    now = datetime.now(UTC)
    wanted = Wanted(Period(date(2026, 11, 1), date(2026, 11, 15)), Step.WEEK)
    with stage.database.writing() as session:
        site, user = session.get_one(SiteRow, 1), session.get_one(UserRow, 1)
        row = asked_reports.ask(session, site, wanted, user, now)
        row.leased_until, row.progress = now + timedelta(hours=1), 0.4


@pytest.fixture
def lived_in(after_a_morning: Path, stage: Stage) -> Stage:
    """Return that desk, running."""
    stage.anew(after_a_morning)
    return stage


def addresses(stage: Stage) -> dict[str, str]:
    """Return every page that has an address of its own."""
    return {
        "cards of all kinds": "/queue?view=all&thread=1",
        "what was escalated": "/queue?view=escalated",
        "nothing unscored": "/queue?view=unscored",
        "reported back": "/queue?view=reported",
        "recently decided": "/queue?view=decided",
        "search": "/queue?view=all&q=020",
        "search without hits": "/queue?view=all&q=zyzzyva",
        "filters": f"/queue?view=all&label=abusive&from=0&to=100&since=2020-01-01&author={stage.ids[30]}",
        "a redacted comment": f"/comments/{stage.ids[2]}",
        "an edited comment": f"/comments/{stage.ids[8]}",
        "an undone decision": f"/comments/{stage.ids[7]}",
        "a withdrawn comment": f"/comments/{stage.ids[13]}",
        "a discussion": "/threads/1",
        "an author": f"/comments/{stage.ids[2]}/author",
        "scores": "/scores?label=supportive&from=30&to=100",
        "scores with nothing between": "/scores?label=spam&from=99&to=100",
        "decided in one go": f"/bulks/{stage.bulk}",
        "own choices": "/me",
        "reports": "/reports",
        "a report": "/reports/1",
        "a report that is being made": "/reports/asked/2",
        "reports by schedule": "/sites/1/schedule",
        "what is drawn to be checked": "/sample",
        "what waits to be checked": "/queue?view=sample",
        "the comments behind a figure": "/queue?view=all&site=1&speaker=readers&became=held&zone=Europe/Berlin",
        "sites": "/sites",
        "endpoints": "/sites/1/endpoints",
        "an endpoint that is paused": "/endpoints/1",
        "an endpoint that is switched off": "/endpoints/2",
        "rules": "/rules",
        "how readers talk": "/reports/discussion",
        "themes": "/themes",
        "deliveries": "/jobs",
        "API": "/docs",
        "password": "/password",
        "error": "/comments/99999",
    }


def test_axe_finds_nothing_on_any_page(lived_in: Stage, browser: Browser) -> None:
    page = open_page(browser, lived_in, cast.ANA)
    found = []
    for name, address in addresses(lived_in).items():
        page.goto(address)
        for details in page.locator("details").all():
            details.evaluate("(it) => (it.open = true)")
        found += both(page, name)
    assert found == []


def test_axe_finds_nothing_where_somebody_signs_in(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage, None)
    page.goto("/login")
    found = both(page, "login")
    page.get_by_label("Name").fill("Nobody")
    page.get_by_label("Password").fill("nothing")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += both(page, "login refused")
    assert found == []


def test_axe_finds_nothing_on_what_others_see(lived_in: Stage, browser: Browser) -> None:
    vera, ada = open_page(browser, lived_in, VERA), open_page(browser, lived_in, ADA)
    found = []
    for page, address in (
        (vera, f"/queue?author={lived_in.ids[30]}"),
        (vera, f"/comments/{lived_in.ids[2]}"),
        (ada, "/sites"),
        (ada, "/sites/1/endpoints"),
        (ada, "/endpoints/1"),
        (ada, "/endpoints/2"),
        (ada, "/sites/1/schedule"),
        (vera, "/sites/1/schedule"),
        (ada, "/rules"),
    ):
        page.goto(address)
        found += both(page, address)
    assert found == []


def test_axe_finds_nothing_on_a_conflict(lived_in: Stage, browser: Browser) -> None:
    page = open_page(browser, lived_in, cast.BEN, java_script_enabled=True)
    page.route("**/desk.js", lambda route: route.abort())
    page.goto("/queue")
    here = page.locator("main .card").nth(12)
    number = here.get_attribute("data-comment")
    here.locator("[name=seen]").evaluate("(field) => (field.value = '77')")
    here.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="Somebody was first")).to_be_visible()
    assert page.locator("main .card").get_attribute("data-comment") == number
    assert both(page, "conflict") == []
    lived_in.complaints.clear()  # the script that was not let through


STATES = {
    "help": ("?", "dialog[open]"),
    "reject": ("r", ".asking .reasons"),
    "escalate": ("e", ".asking input"),
    "note": ("n", ".asking input"),
    "discussion beside": ("c", "#drawer .thread"),
    "author beside": ("u", "#drawer .counts"),
    "unfolded": ("v", "main .card:focus"),
    "selection": ("xjx", ".card.chosen"),
    "selection, reject": ("xjxr", "#bulk .asking"),
    "decided": ("a", ".card.decided .outcome"),
}
"""The keys that open something, and what is there then."""


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_on_what_opens(lived_in: Stage, browser: Browser, state: str) -> None:
    page = open_page(browser, lived_in, cast.ANA)
    page.goto(f"/queue?author={lived_in.ids[30]}")
    page.keyboard.press("j")
    keys, shown = STATES[state]
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator(shown).first).to_be_visible()
    # Where the bar at the foot lies over half a button, axe takes the half for all of it; at the end it lies over none.
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    found = both(page, state)
    if state == "decided":
        page.keyboard.press("z")
        expect(page.locator("#said")).to_contain_text("Undone")
        found += both(page, "undone")
    assert found == []


FOCUSED = """() => {
  const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
  const foot = document.querySelector(".foot")?.getBoundingClientRect();
  const ranges = it.matches("[type=range]");
  return {
    what: it.outerHTML.slice(0, 90),
    place: [...document.querySelectorAll("*")].indexOf(it),
    ring: ranges || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth
      && !(foot && !it.closest(".foot") && foot.height && box.top >= foot.top),
  };
}"""
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((it) => !it.disabled && it.type !== "hidden" && it.tabIndex >= 0)
  .filter((it) => it.checkVisibility({ visibilityProperty: true }))
  .filter((it) => !it.closest("details:not([open])") || it.tagName === "SUMMARY")
  .map((it) => [...document.querySelectorAll("*")].indexOf(it))"""


@pytest.mark.parametrize(
    "address",
    [
        "/queue?view=all&q=020",
        "/scores",
        "/me",
        "/sites",
        "/sites/1/endpoints",
        "/endpoints/1",
        "/rules",
        "/jobs",
        "/threads/1",
        "/comments/3",
        "/reports/1",
        "/sites/1/schedule",
    ],
)
def test_tab_leads_to_everything_and_one_sees_where_one_is(lived_in: Stage, browser: Browser, address: str) -> None:
    page = open_page(browser, lived_in, ADA)
    page.goto(address)
    wanted = set(page.evaluate(REACHABLE))
    reached, unseen = set(), []
    for _ in range(len(wanted) + 5):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if now["place"] in reached or "<body" in now["what"]:
            break
        reached.add(now["place"])
        if not (now["ring"] and now["seen"]):
            unseen.append(now)
    assert unseen == []
    named = "(all) => all.map((each) => document.querySelectorAll('*')[each].outerHTML.slice(0, 90))"
    assert page.evaluate(named, list(wanted - reached)) == []


def test_nothing_is_lost_when_the_text_is_twice_as_large(lived_in: Stage, browser: Browser) -> None:
    # 200 % on a screen of 1,180 leaves room for 590.
    page = open_page(browser, lived_in, cast.ANA, viewport={"width": 590, "height": 450}, device_scale_factor=2)
    too_wide = []
    for name, address in addresses(lived_in).items():
        page.goto(address)
        if page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
            too_wide.append(name)
    assert too_wide == []


def test_who_asks_for_no_motion_gets_none(lived_in: Stage, browser: Browser) -> None:
    page = open_page(browser, lived_in, cast.ANA, reduced_motion="reduce")
    page.goto("/queue")
    moving = """() => [...document.querySelectorAll("*")].filter((it) => {
      const style = getComputedStyle(it);
      const changes = style.transitionDuration.split(", ").some((each) => parseFloat(each) > 0);
      return changes || style.animationName !== "none";
    }).length"""
    assert page.evaluate(moving) == 0
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_be_visible()
    until(lambda: page.evaluate("document.getAnimations().length") == 0, "rest", 5)
