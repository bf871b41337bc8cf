"""The whole way once: comments come in over HTTP, people decide in a browser, the server dies, the blog is told all."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from standardwebhooks.webhooks import Webhook

from service.flows.jobs import LEASE_SECONDS
from tests import cast
from tests.processes import PATIENCE_SECONDS, Receiver, Server, until
from tests.stage import sign_in

UNDO_SECONDS = "4"

KIND = (
    "Thank you, this is the clearest account of the trial I have read. Wishing everybody here well.",
    "Thanks so much for taking the time to answer us all, it means a lot to my sister and me.",
    "What a lovely explanation, thank you. Sending love to everyone waiting for a scan this week.",
    "So sorry to hear that, Maya. We are all thinking of you, be gentle with yourself.",
    "Congratulations on finishing rehab, that is wonderful news!",
)
PLAIN = (
    "Does anyone know how long the follow-up is going to be?",
    "I disagree with the conclusion, twenty patients and no control arm cannot show that.",
    "The paper is open access, the table on page six has the relapse figures.",
    "My neurologist said to wait for the next MRI before changing anything.",
    "The transplant took five weeks in hospital and I was home by Easter.",
)
UNKIND = (
    "You are a disgusting idiot and a worthless liar, get lost.",
    "Shut up you stupid pathetic moron, nobody wants to hear from scum like you.",
    "What an absolute idiot you are. Stupid, ugly, worthless cow.",
    "You people are scum, filthy liars the lot of you, I hope you rot.",
    "Go to hell you vile piece of trash, you dumb bitch.",
    "The author is a moron and a fraud and so is his stupid ugly wife, idiots both.",
)
SPAM = (
    "BEST STEM CELL CLINIC!!! 100% cure guaranteed, call now, visit http://cure-ms-now.example/buy discount today",
    "Check out my channel and subscribe, free gift cards http://free-gifts.example/win click here click here",
    "I was cured by Dr Odell herbal medicine, contact him on WhatsApp, buy: http://herbs.example best price order now",
    "Buy cheap supplements online http://pills.example/shop 70% discount free shipping order now",
)
COMMENTS = (*KIND, *PLAIN, *UNKIND, *SPAM)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


@pytest.fixture
def server(tmp_path: Path, receiver: Receiver) -> Iterator[Server]:
    started = Server(tmp_path, CALLBACK_ALLOW=receiver.address, UNDO_SECONDS=UNDO_SECONDS)
    yield started
    started.kill()


@pytest.fixture
def page(server: Server, browser: Browser) -> Iterator[Page]:
    broken: list[str] = []
    context = browser.new_context(base_url=server.url)
    opened = context.new_page()
    opened.on("pageerror", lambda error: broken.append(str(error)))
    yield opened
    context.close()
    assert broken == []


def decide(page: Page, comment_id: str, button: str, reason: str | None = None) -> None:
    card = page.locator(f"main #comment-{comment_id}")
    card.get_by_role("button", name=button).click()
    if reason is not None:
        card.get_by_role("textbox", name="In your own words").fill(reason)
        card.get_by_role("textbox", name="In your own words").press("Enter")
    expect(card.get_by_role("button", name="Undo")).to_be_visible()


def set_up(server: Server, *names: str) -> dict[str, str]:
    """Start a server with a blog and its moderators, and return the blog's keys."""
    server.start()
    for name in names:
        server.command("user", "add", name, "--role", "moderator", "--password-stdin", given=cast.PASSWORD)
    keys: dict[str, str] = json.loads(server.command("site", "add", "https://relay.example.org", "--json"))
    return keys


def add_all(server: Server, key: str, callback: str) -> dict[str, dict[str, Any]]:
    """Post every comment and return the answers by our id."""
    answers = {}
    for number, text in enumerate(COMMENTS):
        thread = {"url": cast.POST, "title": cast.TITLE}
        body = {"id": f"c{number}", "text": text, "thread": thread, "callback": callback}
        status, answer = server.call("POST", "/comments", key, body)
        assert status == 201, answer
        answers[answer["id"]] = answer
    return answers


@pytest.mark.timeout(360)
def test_a_comment_goes_the_whole_way_even_when_the_server_is_killed(
    server: Server, receiver: Receiver, page: Page
) -> None:
    keys = set_up(server, cast.ANA)
    answers = add_all(server, keys["api_key"], receiver.url)
    held = [comment_id for comment_id, answer in answers.items() if answer["status"] == "held"]
    assert 5 <= len(held) < len(COMMENTS), "the real model holds the worst and lets the rest pass"

    sign_in(page)
    approved, rejected, undone, spam, typed, *_ = held
    page.locator(f"#comment-{typed}").get_by_role("button", name="Reject").click()
    page.get_by_role("textbox", name="In your own words").fill("an insult")
    page.get_by_role("textbox", name="In your own words").press("Escape")
    decide(page, undone, "Approve")
    page.locator(f"#comment-{undone}").get_by_role("button", name="Undo").click()
    expect(page.locator(f"#comment-{undone}").get_by_role("button", name="Approve")).to_be_visible()
    decide(page, approved, "Approve")
    decide(page, rejected, "Reject", "insult")
    decide(page, spam, "Spam")
    decided = {approved: "approved", rejected: "rejected", spam: "spam"}
    told_before = {event["data"]["id"] for event in receiver.events()}
    server.kill()
    assert not told_before & set(decided), "the server was killed before the blog was told"

    server.start()
    # What was only typed, and shut with Escape, is no decision.
    final = {i: a["status"] for i, a in answers.items() if a["status"] != "held"} | decided
    # A callback that was under way when the server died is free again when its lease ends, and the rest wait for it.
    patience = LEASE_SECONDS + PATIENCE_SECONDS
    until(lambda: {event["data"]["id"] for event in receiver.events()} >= set(final), "every callback", patience)

    verifier = Webhook(keys["webhook_secret"])
    events = [verifier.verify(body, headers) for headers, body in receiver.got]
    assert {event["data"]["id"]: event["data"]["status"] for event in events} == final
    assert undone not in {event["data"]["id"] for event in events}

    _, listed = server.call("GET", "/comments?limit=200", keys["api_key"])
    assert {each["id"]: each["text"] for each in listed["comments"]} == dict(zip(answers, COMMENTS, strict=True))
    standing = {each["id"]: each["status"] for each in listed["comments"]}
    assert standing == {comment_id: final.get(comment_id, "held") for comment_id in answers}
