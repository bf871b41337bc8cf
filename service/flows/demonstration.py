"""The first start: a site with a discussion to try the desk on, and a person who may sign in."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from service.domain.comment import Author, Comment
from service.flows import blogs, intake, people
from service.flows.intake import Intake
from service.store import sites, users
from service.store.tables import Role

DISCUSSION = Path(__file__).parent.parent / "demonstration.jsonl"
SITE = "https://demo.example.org"
USER = "demo"


def add(session: Session, parts: Intake, now: datetime) -> str | None:
    """Add the demonstration to an empty database and return the one-time password; None where it is not empty."""
    if users.count(session) or sites.all_of_them(session):
        return None
    site, _keys = blogs.add(session, SITE, "Demonstration", now)
    discussion = [_comment(json.loads(line)) for line in DISCUSSION.read_text(encoding="utf-8").splitlines()]
    # Told as if the discussion had just happened: its last comment a few minutes ago.
    moved = now - max(comment.created_at for comment in discussion if comment.created_at)
    for comment in discussion:
        written = comment.created_at and comment.created_at + moved
        intake.receive(session, parts, site, replace(comment, created_at=written), now)
    password = people.one_time_password()
    people.add(session, USER, Role.ADMIN, password, now, must_change=True)
    return password


def _comment(row: dict[str, Any]) -> Comment:
    return Comment(
        text=row["text"],
        thread_url=row["thread"]["url"],
        thread_title=row["thread"]["title"],
        id=row["id"],
        parent_id=row["parent_id"],
        author=Author(**row["author"]),
        created_at=datetime.fromisoformat(row["created_at"]).astimezone(UTC),
    )
