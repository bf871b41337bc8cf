"""The desk as moderators use it: real browsers, a real server, a blog that is told what was decided, and only that."""

import itertools
import random
import re
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, Response, expect
from sqlalchemy import func, select

from service.domain.comment import Status
from service.domain.labels import LABELS
from service.domain.reasons import DEFAULT_REASONS
from service.domain.tone import Period, Step
from service.flows import asked_reports
from service.flows.reports import Wanted
from service.store.lists import PAGE
from service.store.tables import AskedReportRow, CommentRow, DecisionRow, LabelRow, Origin, SiteRow, UserRow
from tests import cast
from tests.processes import until
from tests.stage import TELEPHONE, UNDO_SECONDS, Stage, open_page

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=15_000)

WATCH = """
window.waits = [];
let pressed = null;
addEventListener("keydown", () => (pressed = performance.now()), true);
addEventListener("focusin", (event) => {
  if (event.target.matches("main .card") && pressed !== null) waits.push(performance.now() - pressed);
  pressed = null;
}, true);
"""
PLACES = """() => Object.fromEntries([...document.querySelectorAll("main .card")].map((card) => {
  const box = card.getBoundingClientRect();
  return [card.dataset.comment, [Math.round(box.top + scrollY), Math.round(box.height)]];
}))"""
WHOLLY_SEEN = """(id) => {
  const card = document.querySelector(`main .card[data-comment="${id}"]`), box = card.getBoundingClientRect();
  const foot = document.querySelector(".foot").getBoundingClientRect();
  return box.top >= 0 && box.bottom <= foot.top;
}"""
STATUS = {"a": Status.APPROVED, "r": Status.REJECTED, "s": Status.SPAM, "h": Status.HELD, "e": Status.HELD}
WORDS = {"a": "Approved", "r": "Rejected", "s": "Marked as spam", "h": "Held for a colleague", "e": "Escalated"}
DIGITS = {str(digit): key for digit, key in enumerate(LABELS, 1)}


@dataclass
class Meant:
    """What a moderator meant to decide."""

    key: str
    canned: int | None = None
    words: str | None = None
    flipped: str = ""
    """The digits of the labels that were corrected."""

    @property
    def keys(self) -> list[str]:
        """The keys to press."""
        asked = {"r": str(self.canned) if self.canned else "Enter"}.get(self.key)
        return [*self.flipped, self.key, *([asked] if asked else [])]

    @property
    def reason(self) -> str | None:
        """The reason as it is to stand in the log."""
        return DEFAULT_REASONS[self.canned - 1].name if self.canned else self.words


class Keyboard:
    """Somebody at the desk who has put the mouse away."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_init_script(WATCH)
        page.goto("/queue")

    def press(self, *keys: str) -> None:
        """Press one key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def here(self) -> int:
        """The number of the comment that has the focus; 0 where none has."""
        return int(self.page.evaluate("document.activeElement.closest('main .card')?.dataset.comment ?? 0"))

    def tab_to(self, selector: str) -> None:
        """Press Tab until something has the focus."""
        for _ in range(80):
            if self.page.evaluate("(it) => document.activeElement.matches(it)", selector):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not lead to {selector}")

    def turn_the_page(self) -> None:
        """Go from the last card of a page to the first one of the next."""
        link, address = self.page.get_by_role("link", name="Less urgent"), self.page.url
        expect(link).to_be_focused()
        self.press("Enter")
        self.page.wait_for_url(lambda url: url != address)
        self.press("j")

    @property
    def said(self) -> str:
        """What the status line says."""
        return self.page.locator("#said").inner_text()

    def places(self) -> dict[str, list[int]]:
        """Where each card stands on the page, and how high it is."""
        return dict(self.page.evaluate(PLACES))

    def decide(self, meant: Meant) -> int:
        """Decide about the card that has the focus, and see that the next one has it then, where it was before."""
        here, card = self.here, self.page.locator(f"main #comment-{self.here}")
        places, scrolled = self.places(), self.page.evaluate("scrollY")
        waiting = self.page.locator("main .card:not(.decided)").evaluate_all("all => all.map(e => +e.dataset.comment)")
        later = [each for each in waiting if each > 0]
        following = later[later.index(here) + 1] if here != later[-1] else None
        was_seen = following and self.page.evaluate(WHOLLY_SEEN, following)
        self.press(*meant.keys)
        if meant.key in "he":
            self.page.keyboard.type(meant.words or "")
            self.press("Enter")
        expect(card).to_have_class("card decided")
        expect(card.locator(".outcome")).to_contain_text(WORDS[meant.key])
        expect(self.page.locator("#said")).to_contain_text(WORDS[meant.key])
        assert "Reader" in self.said
        if following:
            until(lambda: self.here == following, "the focus on the next card", 10)
            assert self.page.evaluate(WHOLLY_SEEN, following) or self.page.evaluate(
                "(id) => document.getElementById(`comment-${id}`).offsetHeight + 130 > innerHeight", following
            ), "the next card can be seen"
            if was_seen and meant.key in "as":
                assert self.page.evaluate("scrollY") == scrolled, (
                    "the list was scrolled although the next card was in view"
                )
        assert self.places() == places, "the list jumped"
        return here


def corrected(page: Page, comment_id: int, digits: str) -> list[str] | None:
    """Return the labels as they are after these digits are pressed on a card as it came."""
    boxes = page.locator(f"main #comment-{comment_id} [name=labels]")
    called = set(boxes.evaluate_all("all => all.filter(e => e.defaultChecked).map(e => e.value)"))
    after = called ^ {DIGITS[digit] for digit in digits}
    return None if after == called else [key for key in LABELS if key in after]


def meant_of(number: int) -> Meant:
    """Return a mixture of everything there is to decide."""
    flipped = {1: "12", 3: "3", 4: "8", 6: "17"}.get(number % 7, "")
    return (
        Meant("a", flipped=flipped),
        Meant("r", canned=1 + number % 6, flipped=flipped),
        Meant("s", flipped=flipped),
        Meant("a", flipped=flipped),
        Meant("r", flipped=flipped),
        Meant("h", words=f"What do you think of number {number}?"),
        Meant("e", words="Ana, see above & “below” <b>"),
    )[number % 7]


def test_a_session_by_keys_alone_tells_the_blog_exactly_what_was_decided(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    desk = Keyboard(page)
    final: dict[int, tuple[Meant, list[str] | None]] = {}
    undone = []

    desk.press("j")
    for number in range(60):
        if not desk.here:
            desk.turn_the_page()
        here, meant = desk.here, meant_of(number)
        if page.locator(f"main #comment-{here} .conflict").count():
            meant = Meant("a")  # what names her she may not reject alone, which is another test's matter
        if number % 6 == 5:
            desk.decide(Meant("s"))
            desk.press("z")
            expect(page.locator("#said")).to_contain_text("Undone: Reader")
            until(lambda here=here: desk.here == here, "the focus on what was undone", 10)
            assert not page.locator(f"main #comment-{here}.decided").count()
            undone.append(here)
            if number % 12 == 5:
                desk.press("j")
                here = desk.here
        labels = corrected(page, here, meant.flipped)
        assert desk.decide(meant) == here
        final[here] = (meant, labels)
    assert (len(final), len(undone)) == (60, 10)

    noted = note(desk, "known for this; see her other comments")
    search(desk, "treatment")
    desk.press("g", "s")
    page.wait_for_url("**/scores**")
    bulk = bulk_by_the_handles(stage, desk, "supportive")
    stage.wait_until_told()

    told = stage.told()
    expected = {str(each): [STATUS[meant.key]] for each, (meant, _) in final.items() if meant.key in "ars"}
    expected |= {str(each): [Status.APPROVED] for each in bulk}
    assert told == expected
    for each, (meant, labels) in final.items():
        last = next(made for made in reversed(stage.comment(each).decisions) if made.bulk_id is None)
        assert (last.status, last.labels, last.reason) == (STATUS[meant.key], labels, meant.reason)
        assert last.author_message == (DEFAULT_REASONS[meant.canned - 1].sentence if meant.canned else None)
        assert last.held_for == {"h": "for a colleague", "e": "escalated"}.get(meant.key)
    for each in set(undone) - set(final) - set(bulk):
        assert stage.comment(each).status is Status.HELD
    assert [note.text for note in stage.comment(noted).notes] == ["known for this; see her other comments"]


def note(desk: Keyboard, words: str) -> int:
    """Write a note on the comment that has the focus, and return which that is."""
    here = desk.here
    desk.press("n")
    desk.page.keyboard.type(words)
    desk.press("Enter")
    expect(desk.page.locator("#said")).to_contain_text("Noted.")
    expect(desk.page.locator(f"main #comment-{here}")).to_contain_text(words)
    until(lambda: desk.here == here, "the focus on what was noted", 10)
    return here


def search(desk: Keyboard, words: str) -> None:
    """Look for words, and see that the count agrees with the list."""
    desk.press("/")
    desk.page.keyboard.type(words)
    desk.press("Enter")
    desk.page.wait_for_url(f"**q={words}**")
    found = desk.page.locator("main .card").count()
    assert found
    expect(desk.page.locator("#held")).to_contain_text(f"{found} comment")


def bulk_by_the_handles(stage: Stage, desk: Keyboard, label: str) -> list[int]:
    """Move the handles so that about fifty comments lie between them, approve them all, and return which."""
    page = desk.page
    desk.tab_to("[name=label]")
    page.keyboard.type(LABELS[label].name[:4])
    page.wait_for_url(f"**label={label}**")
    with stage.looking() as session:
        wanted = select(LabelRow.probability, CommentRow.id).join(CommentRow, CommentRow.id == LabelRow.comment_id)
        in_the_queue = (CommentRow.status == Status.HELD, CommentRow.held_for != "escalated")
        held = session.execute(wanted.where(LabelRow.label == label, *in_the_queue)).all()
    low = next(percent for percent in range(80, -1, -1) if sum(percent / 100 <= each for each, _ in held) >= 50)
    high = 100
    between = [comment_id for each, comment_id in held if low / 100 <= each <= high / 100]
    desk.tab_to("[name=from]")
    desk.press(*["ArrowLeft"] * (80 - low))
    page.wait_for_url(f"**from={low}&to=100**")
    expect(page.locator("#between h2")).to_contain_text(f"{low} – {high} %: {len(between)} comments")
    desk.press("a")
    expect(page.get_by_role("group", name=f"{len(between)} comments: Approve?")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text(f"Decided: {len(between)} (Approved).")
    desk.press("z")
    expect(page.locator("#said")).to_contain_text(f"Undone: {len(between)}.")
    expect(page.locator("main .line.decided")).to_have_count(0)
    desk.press("a")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text(f"Decided: {len(between)} (Approved).")
    return between


def test_the_common_decisions_take_at_most_two_keys_and_no_waiting(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    desk = Keyboard(page)
    desk.press("j")
    page.evaluate("waits.length = 0")
    waits: list[float] = []
    for number in range(40):
        meant = Meant("a") if number % 2 else Meant("r", canned=1)
        assert len(meant.keys) <= 2
        here = desk.here
        if here == int(page.locator("main .card").last.get_attribute("data-comment") or 0):
            waits += page.evaluate("waits")
            desk.press("j")
            desk.turn_the_page()
            page.evaluate("waits.length = 0")
            here = desk.here
        desk.press(*meant.keys)
        until(lambda here=here: desk.here not in (0, here), "the focus on the next card", 10)

    waits = sorted([*waits, *page.evaluate("waits")])
    median, p95 = statistics.median(waits), waits[int(0.95 * len(waits))]
    print(f"\nfrom the key to the next card, {len(waits)} decisions: median {median:.0f} ms, p95 {p95:.0f} ms")  # noqa: T201  # with `pytest -s`
    assert len(waits) == 40
    assert median < 250  # asked are 100 ms, on a machine of its own


def test_keys_do_nothing_where_somebody_types_or_means_the_browser(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    desk = Keyboard(page)
    desk.press("j")
    before = newest_decision(stage)

    for modifier in ("Control", "Alt", "Meta"):
        for key in "asr1":
            desk.press(f"{modifier}+{key}")
    page.locator("#q").focus()
    page.keyboard.type("sarhe")
    expect(page.locator("#q")).to_have_value("sarhe")
    page.locator("summary", has_text="Filters").click()
    page.locator("[name=label]").focus()
    page.keyboard.type("sa")

    expect(page.locator(".asking")).to_have_count(0)
    expect(page.locator("#said")).to_be_hidden()
    assert newest_decision(stage) == before
    assert not page.locator("main .card [name=labels]").evaluate_all(
        "all => all.some(e => e.checked != e.defaultChecked)"
    )


def test_a_changed_key_works_and_its_old_one_does_not(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    page.goto("/me")
    page.get_by_label("approve", exact=True).fill("y")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    desk = Keyboard(page)
    desk.press("j")
    here = desk.here

    desk.press("a")
    assert desk.here == here
    expect(page.locator(f"main #comment-{here} button.approve kbd")).to_have_text("y")
    desk.press("y")

    expect(page.locator("#said")).to_contain_text("Approved")
    assert stage.comment(here).status is Status.APPROVED


def test_keys_that_are_switched_off_do_nothing_and_are_not_shown(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    page.goto("/me")
    page.get_by_label("Use single keys.").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    desk, before = Keyboard(page), newest_decision(stage)

    page.locator("main .card").first.focus()
    desk.press("a", "r", "x", "?", "g", "s")

    assert page.url.endswith("/queue")
    expect(page.locator("main .card kbd, .bulk kbd")).to_have_count(0)
    expect(page.locator(".asking, dialog[open], .card.chosen")).to_have_count(0)
    assert newest_decision(stage) == before


def test_what_stands_beside_a_comment_opens_and_shuts_and_gives_the_focus_back(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    desk = Keyboard(page)
    desk.press("j", "j")
    here, drawer = desk.here, page.locator("#drawer")

    for key, shown in (("c", ".thread .here"), ("u", ".counts")):
        desk.press(key)
        expect(drawer.locator(shown)).to_be_visible()
        expect(drawer).to_be_focused()
        desk.press("Escape")
        expect(drawer).to_be_hidden()
        assert desk.here == here
    desk.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    desk.press("a", "Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()
    desk.press("r")
    expect(page.locator(".asking")).to_be_visible()
    desk.press("Escape")
    expect(page.locator(".asking")).to_have_count(0)
    assert desk.here == here
    assert stage.comment(here).status is Status.HELD


def test_j_and_k_lead_over_the_end_of_a_page(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    desk = Keyboard(page)
    first = {int(each) for each in desk.places()}
    desk.press(*["j"] * PAGE)
    last = desk.here

    desk.press("j")
    expect(page.get_by_role("link", name="Less urgent")).to_be_focused()
    desk.press("k")
    assert desk.here == last
    desk.press("j", "Enter")
    page.wait_for_url("**cursor=**")
    desk.press("j")

    assert desk.here not in {0, *first}


def test_personal_data_is_taken_out_with_one_key_and_put_back_with_another(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    desk = Keyboard(page)
    page.goto("/queue?q=020")
    desk.press("j")
    here = desk.here

    desk.press("p")
    expect(page.locator("#said")).to_contain_text("Personal data taken out")
    until(lambda: desk.here == here, "the focus on the card that was got anew", 10)
    assert "7946" not in stage.comment(here).revision.text
    desk.press("z")
    expect(page.locator("#said")).to_contain_text("Undone")
    assert "7946" in stage.comment(here).revision.text
    desk.press("p")
    expect(page.locator("#said")).to_contain_text("Personal data taken out")
    desk.press("a")
    expect(page.locator("#said")).to_contain_text("Approved")

    stage.wait_until_told()
    events = [event["data"] for event in stage.receiver.events()]
    assert [(event["id"], event["status"]) for event in events] == [(str(here), "approved")]
    assert "7946" not in events[0]["text"]


def test_a_selection_is_decided_in_one_go_and_undone_in_one_go(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    desk = Keyboard(page)
    desk.press("j", "j", "j", "j", "j", "x", "j", "x", "j", "x", "k", "x")
    picked = page.locator("main .card.chosen").evaluate_all("all => all.map(e => +e.dataset.comment)")
    places = desk.places()
    expect(page.locator("#bulk .chosen")).to_have_text("2 selected")
    expect(page.locator("#heard")).to_have_text("2 selected")  # said aloud, and in nobody's way
    expect(page.locator("#said")).to_be_hidden()

    desk.press("r", "3")
    expect(page.locator("#said")).to_contain_text("Decided: 2 (Rejected).")
    assert [stage.comment(each).decision.author_message for each in picked] == [DEFAULT_REASONS[2].sentence] * 2
    desk.press("z")
    expect(page.locator("#said")).to_contain_text("Undone: 2.")

    assert desk.places() == places
    assert [stage.comment(each).status for each in picked] == [Status.HELD] * 2
    stage.wait_until_told()
    assert stage.told() == {}


def newest_decision(stage: Stage) -> int:
    with stage.looking() as session:
        return session.scalar(select(func.max(DecisionRow.id))) or 0


def test_the_basics_work_without_javascript(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage, java_script_enabled=False)
    page.goto("/queue")
    cards = page.locator("main .card")
    first, second, third, fourth, fifth = (int(cards.nth(n).get_attribute("data-comment") or 0) for n in range(10, 15))

    card = page.locator(f"#comment-{first}")
    card.get_by_label("Reason").select_option("Advertising")
    card.get_by_label("In your own words").fill("for a clinic")
    card.get_by_label("Spam", exact=False).first.check()
    card.get_by_role("button", name="Reject").click()
    expect(page.locator("#done")).to_contain_text("Rejected")
    made = stage.comment(first).decision
    assert (made.status, made.reason) == (Status.REJECTED, "Advertising: for a clinic")
    assert made.author_message == DEFAULT_REASONS[2].sentence
    assert made.labels is not None
    assert "spam" in made.labels

    page.locator(f"#comment-{second}").get_by_role("button", name="Approve").click()
    page.locator("#done").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("table")).to_contain_text("Undone, back to: Held")
    assert stage.comment(second).status is Status.HELD

    page.goto("/queue")
    card = page.locator(f"#comment-{second}")
    card.get_by_label("In your own words").fill("please look, Ben")
    card.get_by_role("button", name="Escalate").click()
    expect(page.locator("#done")).to_contain_text("Escalated")
    assert stage.comment(second).held_for == "escalated"
    page.goto("/queue?view=escalated")
    expect(page.locator(f"#comment-{second}")).to_contain_text("please look, Ben")

    page.goto(f"/comments/{third}")
    page.get_by_label("Note for your colleagues").fill("a note without a script")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".card .note")).to_contain_text("a note without a script")

    page.goto("/queue")
    for each in (third, fourth, fifth):
        page.locator(f"#comment-{each} .pick input").check()
    page.locator("#bulk").get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="Decided in one go")).to_be_visible()
    assert {stage.comment(each).status for each in (third, fourth, fifth)} == {Status.APPROVED}
    page.get_by_role("button", name="Undo all of it").click()
    expect(page.locator(".line.decided")).to_have_count(3)
    assert {stage.comment(each).status for each in (third, fourth, fifth)} == {Status.HELD}

    page.goto("/queue")
    page.get_by_role("searchbox").fill("020")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("main .card")).to_have_count(1)
    private = int(page.locator("main .card").get_attribute("data-comment") or 0)
    page.get_by_role("button", name="Take it out").click()
    expect(page.get_by_role("table")).to_contain_text("Personal data taken out")
    assert "7946" not in stage.comment(private).revision.text

    stage.wait_until_told()
    assert stage.told() == {str(first): ["rejected"], str(private): ["held"]}


def pages_of(stage: Stage) -> list[str]:
    """Return the addresses of pages of every kind."""
    return [
        "/queue",
        "/queue?view=decided",
        "/queue?view=unscored",
        "/queue?view=all&q=zyzzyva",
        "/queue?view=all&label=abusive&from=1&to=100",
        f"/comments/{stage.ids[2]}",
        f"/comments/{stage.ids[0]}/author",
        "/threads/1",
        "/scores",
        "/scores?label=supportive&from=0&to=100",
        "/me",
        "/sites",
        "/rules",
        "/jobs",
        "/docs",
        "/password",
        "/comments/99999",
    ]


def test_it_all_fits_a_telephone(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage, viewport=TELEPHONE, has_touch=True, is_mobile=True)
    too_wide, too_small = [], []
    for address in pages_of(stage):
        page.goto(address)
        if page.evaluate("document.scrollingElement.scrollWidth") > 360:
            too_wide.append((address, page.evaluate(WIDEST)))
        too_small += [(address, each) for each in page.evaluate(TOO_SMALL)]
    assert too_wide == []
    assert too_small == []


def test_one_decides_by_tapping(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage, viewport=TELEPHONE, has_touch=True, is_mobile=True)
    page.goto("/queue")
    cards = page.locator("main .card")
    first, second, third = (int(cards.nth(n).get_attribute("data-comment") or 0) for n in range(10, 13))

    page.locator(f"#comment-{first}").get_by_role("button", name="Approve").tap()
    expect(page.locator("#said")).to_contain_text("Approved")
    page.locator(f"#comment-{second}").get_by_role("button", name="Reject").tap()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    page.get_by_role("button", name=DEFAULT_REASONS[0].name).tap()
    expect(page.locator("#said")).to_contain_text("Rejected")
    page.locator(f"#comment-{third}").get_by_role("link", name="Discussion").tap()
    expect(page.locator("#drawer")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    page.get_by_role("button", name="Close").tap()
    page.locator(f"#comment-{third} .pick").tap()
    page.locator("#bulk").get_by_role("button", name="Spam").tap()
    expect(page.locator("#said")).to_contain_text("Decided: 1 (Marked as spam).")
    page.locator("#said").get_by_role("button", name="Undo").tap()
    expect(page.locator("#said")).to_contain_text("Undone: 1.")

    assert stage.comment(first).status is Status.APPROVED
    assert stage.comment(second).decision.author_message == DEFAULT_REASONS[0].sentence
    assert stage.comment(third).status is Status.HELD


WIDEST = """() => [...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > 361)
  .slice(0, 5).map((each) => `${each.tagName}.${each.className} ${Math.round(each.getBoundingClientRect().right)}`)"""
TOO_SMALL = """() => [...document.querySelectorAll("button, a.button, input, select, summary, textarea")]
  .filter((each) => each.checkVisibility() && each.type !== "hidden")
  .map((each) => [each, (each.matches("[type=checkbox], [type=radio]") && each.closest("label")) || each])
  .map(([each, target]) => [each, target.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 24 || box.height < 23.9))
  .map(([each, box]) => `${each.outerHTML.slice(0, 80)} ${box.width.toFixed(1)} x ${box.height.toFixed(1)}`)"""


class Colleague:
    """One of two at the desk, who decides and undoes whatever comes to hand."""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self.name = page, name
        self.acts = self.accepted = self.refused = 0
        page.on("response", self.count)
        page.goto("/queue")

    def count(self, answer: Response) -> None:
        """Count what the server took and what it refused."""
        if answer.request.method == "POST" and "/api/v1/" in answer.url:
            self.accepted += answer.status == 201
            self.refused += answer.status == 409

    def act(self, comment_id: int, decision: str) -> None:
        """Begin to decide about a comment, or to undo what is decided, without waiting for what comes of it."""
        self.acts += 1
        self.page.evaluate(
            """([id, decision]) => {
              const card = document.querySelector(`main .card[data-comment="${id}"]`);
              const undo = card.classList.contains("decided") && card.querySelector(".outcome button");
              const button = (what) => card.querySelector(`form.decide button[value="${what}"]`);
              // A card that somebody has decided does not offer the same again.
              (undo || button(decision) || button(decision === "spam" ? "approve" : "spam")).click();
            }""",
            [comment_id, decision],
        )

    def settle(self) -> None:
        """Wait until the server has answered all that was asked."""
        until(self.is_answered, f"{self.name}'s answers")

    def is_answered(self) -> bool:
        """Whether it has; looking at the page lets Playwright hear of answers."""
        self.page.evaluate("0")
        return self.accepted + self.refused == self.acts


def test_two_at_once_lose_no_decision_and_make_none_twice(stage: Stage, browser: Browser) -> None:
    chance = random.Random(11)
    ana = Colleague(open_page(browser, stage, cast.ANA), cast.ANA)
    ben = Colleague(open_page(browser, stage, cast.BEN), cast.BEN)
    ids = [int(each) for each in ana.page.evaluate(PLACES)][:15]
    before = newest_decision(stage)

    for _ in range(50):
        one, other = chance.choice(ids), chance.choice(ids)
        if chance.random() < 0.4:
            other = one
        # The second acts while the first one's request is under way.
        ana.act(one, chance.choice(("approve", "spam")))
        ben.act(other, chance.choice(("approve", "spam")))
        for each in (ana, ben):
            each.settle()
    accepted, refused = ana.accepted + ben.accepted, ana.refused + ben.refused
    print(f"\ntwo at once: {accepted} accepted, {refused} refused")  # noqa: T201  # with `pytest -s`

    with stage.looking() as session:
        made = session.scalars(select(DecisionRow).where(DecisionRow.id > before)).all()
    assert len(made) == accepted >= 50
    assert refused >= 5
    assert {each.origin for each in made} == {Origin.PERSON}
    for each in ids:
        decisions = stage.comment(each).decisions
        assert [decision.number for decision in decisions] == list(range(1, len(decisions) + 1))
        undone = [decision.undoes_id for decision in decisions if decision.undoes_id]
        assert len(undone) == len(set(undone))
    stage.wait_until_told()
    seen = {each: stage.comment(each) for each in ids}
    told = stage.told()
    for each, comment in seen.items():
        was_told = told.get(str(each), [])
        in_log = [decision.status.value for decision in comment.decisions]
        assert set(was_told) <= set(in_log)
        assert (was_told or ["held"])[-1] == comment.status.value
        numbers = {event["data"]["number"] for event in stage.receiver.events() if event["data"]["id"] == str(each)}
        assert not numbers & undone_in_time(comment)
    for colleague in (ana, ben):
        shown = colleague.page.evaluate(READ_ANEW, ids)
        assert shown == [NAMES[comment.status] for comment in seen.values()]


READ_ANEW = """(ids) => Promise.all(ids.map(async (id) => {
  const page = new DOMParser().parseFromString(await (await fetch(`/comments/${id}`)).text(), "text/html");
  return page.querySelector("h1 .sub").textContent;
}))"""
NAMES = {
    Status.HELD: "Held",
    Status.APPROVED: "Approved",
    Status.REJECTED: "Rejected",
    Status.SPAM: "Marked as spam",
}


def undone_in_time(comment: CommentRow) -> set[int]:
    """Return the numbers of the decisions that were undone, or decided anew, before the blog was to be told."""
    pairs = itertools.pairwise(comment.decisions)
    return {
        one.number for one, next_ in pairs if (next_.decided_at - one.decided_at).total_seconds() < UNDO_SECONDS - 1
    }


@pytest.mark.parametrize("has_stream", [True, False], ids=["told", "asking"])
def test_a_colleagues_claims_and_decisions_are_shown_where_one_reads(
    stage: Stage, browser: Browser, has_stream: bool
) -> None:
    ana, ben = open_page(browser, stage, cast.ANA), open_page(browser, stage, cast.BEN)
    if not has_stream:
        ben.add_init_script(HURRY)
        ben.route(lambda url: "/news" in url and "/api/" not in url, lambda route: route.fulfill(status=204))
    ana_desk, ben_desk = Keyboard(ana), Keyboard(ben)
    ben_desk.press(*["j"] * 4)
    reads = ben_desk.here
    place = top_of(ben, reads)

    ana_desk.press("j")
    first = ana_desk.here
    began = time.monotonic()
    expect(ben.locator(f"main #comment-{first} .claim")).to_have_text("Ana is at this one.", timeout=5_000)
    claimed = time.monotonic() - began
    ana_desk.press("j", "r", "1")
    expect(ana.locator("#said")).to_contain_text("Rejected")
    began = time.monotonic()
    second = ben.locator("main .card").nth(1)
    expect(second).to_contain_text("Ana decided just now: Rejected (Attack on a person).", timeout=5_000)
    print(f"\nshown after {claimed:.1f} s (claim) and {time.monotonic() - began:.1f} s (decision)")  # noqa: T201  # with `pytest -s`
    expect(ben.locator(f"main #comment-{first} .claim")).to_be_hidden()
    body = {"text": "One more question about the table.", "thread": {"url": cast.POST}}
    stage.server.call("POST", "/comments", stage.key, body)
    expect(ben.locator("#arrived")).to_contain_text("New in the queue: 1.")

    assert ben_desk.here == reads
    assert abs(top_of(ben, reads) - place) < 1, "what one reads was moved"


def top_of(page: Page, comment_id: int) -> float:
    box = page.locator(f"main #comment-{comment_id}").bounding_box()
    assert box
    return box["y"]


HURRY = """
const wait = window.setTimeout;
window.setTimeout = (act, after, ...more) => wait(act, after >= 10000 ? 500 : after, ...more);
"""
"""Who asks every twenty seconds does so every half second."""


def test_nobody_approves_a_text_that_they_have_not_seen(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    desk = Keyboard(page)
    desk.press("j", "j")
    here = desk.here
    edited = {"text": "What it says now is something else."}
    assert stage.server.call("PATCH", f"/comments/{here}", stage.key, edited)[0] == 200

    desk.press("a")
    card = page.locator(f"main #comment-{here}")
    expect(card).to_contain_text("Your decision was not made")
    expect(card.locator("p.text", has_text=edited["text"])).to_have_count(1)
    assert stage.comment(here).status is Status.HELD
    desk.press("a")
    expect(page.locator("#said")).to_contain_text("Approved")
    assert stage.comment(here).status is Status.APPROVED


def test_two_undos_at_once_undo_two(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    desk = Keyboard(page)
    desk.press("j", "a")
    expect(page.locator("main .card.decided")).to_have_count(1)
    desk.press("s")
    expect(page.locator("main .card.decided")).to_have_count(2)
    page.keyboard.press("z")
    page.keyboard.press("z")
    expect(page.locator("main .card.decided")).to_have_count(0)


def test_a_corrected_label_outlives_a_note(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    desk = Keyboard(page)
    desk.press("j", "5", "n")
    here = desk.here
    page.keyboard.type("See last week.")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Noted.")
    desk.press("a")
    expect(page.locator("#said")).to_contain_text("Approved")
    assert "hsct_risk" in (stage.comment(here).decision.labels or [])


def test_who_comes_second_sees_on_the_card_who_was_first(stage: Stage, browser: Browser) -> None:
    ana, ben = open_page(browser, stage, cast.ANA), open_page(browser, stage, cast.BEN)
    for page in (ana, ben):
        page.add_init_script(
            "delete window.EventSource; window.EventSource = class { addEventListener() {} close() {} };"
        )
    ana_desk, ben_desk = Keyboard(ana), Keyboard(ben)
    ana_desk.press("j", "j", "j", "r", "1")
    ben_desk.press("j", "j", "j")
    here = ben_desk.here
    expect(ana.locator("#said")).to_contain_text("Rejected")

    ben_desk.press("a")
    card = ben.locator(f"main #comment-{here}")
    expect(card).to_contain_text("Ana was first: Rejected (Attack on a person). Your decision was not made")
    assert ben_desk.here == here
    assert stage.comment(here).status is Status.REJECTED
    ben_desk.press("a")
    expect(ben.locator("#said")).to_contain_text("Approved")
    expect(card.locator(".theirs")).to_have_count(0)

    assert stage.comment(here).status is Status.APPROVED
    ana_desk.press("z")
    expect(ana.locator("#said")).to_contain_text("Ben decided since, so nothing was undone.")
    assert stage.comment(here).status is Status.APPROVED


def test_a_report_is_watched_until_it_is_there(stage: Stage, browser: Browser) -> None:
    page = open_page(browser, stage)
    page.goto("/reports")
    with stage.database.writing() as session:
        site, ana = session.scalars(select(SiteRow)).one(), session.scalars(select(UserRow).limit(1)).one()
        week = Wanted(Period(date(2026, 11, 9), date(2026, 11, 16)), Step.WEEK)
        busy = asked_reports.ask(session, site, week, ana, datetime.now(UTC))
        busy.leased_until, number = datetime.now(UTC) + timedelta(hours=1), busy.id  # another worker is at this one

    def set_aside(**how: object) -> None:
        with stage.database.writing() as session:
            row = session.get_one(AskedReportRow, number)
            for name, value in how.items():
                setattr(row, name, value)

    page.locator("[name=from]").fill("2026-11-01")
    page.locator("[name=to]").fill("2026-11-14")
    page.get_by_role("button", name="Make it of these days").click()
    expect(page.locator("[data-watched]")).to_contain_text("It waits for its turn")

    other = open_page(browser, stage, cast.BEN)
    other.goto(f"/reports/asked/{number}")
    set_aside(progress=0.4)
    expect(other.locator("[data-watched]")).to_contain_text("It is being made: 40")
    set_aside(progress=0.8)
    expect(other.locator("[data-watched]")).to_contain_text("It is being made: 80")
    other.get_by_role("button", name="Do not make it").click()
    expect(other.get_by_role("heading", level=1)).to_contain_text("Reports")

    expect(page).to_have_url(re.compile(r"/reports/\d+$"))  # its turn has come, and nobody touched the page
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tone of relay.example.org")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/reports$"))
