"""The small cast of the tests: a blog, its moderators, and people who comment, kindly and unkindly."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from service.domain.comment import Author, Comment
from service.flows import blogs, endpoints, people
from service.flows.blogs import Keys
from service.store.engine import Database
from service.store.tables import Role, SiteRow, UserRow

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

ANA = "Ana"
BEN = "Ben"
PASSWORD = "correct horse battery"

POST = "https://relay.example.org/five-years-after-hsct"
TITLE = "Five years after HSCT: the trial reports"

KIND = "Thank you so much for explaining this so patiently, it gave my husband and me real comfort. All the best."
UNKIND = "You are a disgusting idiot and a worthless liar. People like you are pathetic scum, get lost."
CRITICAL = "I disagree with the conclusion: twenty patients and no control arm cannot show what the post says."

MAYA = Author(id="7", name="Maya", email="maya@example.org", role="reader")
ROLF = Author(id="8", name="Rolf", email="rolf@example.org", role="reader")


def add_site(
    session: Session, url: str = "https://relay.example.org", callback: str | None = None
) -> tuple[SiteRow, Keys]:
    """Add a blog. Its audit sample is off, so that a kind comment is approved whatever its number."""
    site, keys = blogs.add(session, url, "The Relay", NOW)
    if callback:
        endpoints.tell_decisions_to(session, site, callback, NOW)
    site.audit_share = 0.0
    session.flush()
    return site, keys


def add_user(session: Session, name: str = ANA, role: Role = Role.MODERATOR) -> UserRow:
    """Add somebody who may sign in."""
    return people.add(session, name, role, PASSWORD, NOW)


def comment(text: str = KIND, author: Author = MAYA, **more: Any) -> Comment:  # noqa: ANN401
    """Return a comment under the blog's post."""
    return Comment(text=text, author=author, **{"thread_url": POST, "thread_title": TITLE, **more})


def sign_in(database: Database, app: Flask, name: str, role: Role = Role.MODERATOR) -> FlaskClient:
    """Add somebody and return their signed-in browser."""
    with database.writing() as session:
        add_user(session, name, role)
    browser = app.test_client()
    answer = browser.post("/login", data={"name": name, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    return browser


@dataclass
class Blog:
    """A blog that talks to the API."""

    client: FlaskClient
    keys: Keys
    site_id: int

    @property
    def headers(self) -> dict[str, str]:
        """The headers of an authorised request."""
        return {"Authorization": f"Bearer {self.keys.api_key}"}

    def post(self, text: str = KIND, **more: Any) -> TestResponse:  # noqa: ANN401
        """Send a comment."""
        body = {"text": text, "thread": {"url": POST, "title": TITLE}, **more}
        return self.client.post("/api/v1/comments", json=body, headers=self.headers)

    def get(self, path: str) -> TestResponse:
        """Ask for something."""
        return self.client.get(f"/api/v1{path}", headers=self.headers)
