"""Sites, their keys and their rules."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.domain.labels import LABELS
from service.domain.policy import Rule
from service.domain.reasons import DEFAULT_REASONS, CannedReason
from service.store.plain import change
from service.store.tables import RuleRow, SiteRow, ThreadRow


def key_hash(key: str) -> str:
    """Return what is kept of a key. Ours are random, 62 bits or more, so a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def add(
    session: Session,
    *,
    url: str,
    name: str,
    api_key: str,
    akismet_key: str,
    webhook_secret: str,
    coral_secret: str,
    rules: Iterable[Rule],
    now: datetime,
) -> SiteRow:
    """Add a site with its rules. Keys are kept as hashes; secrets as they are, since we sign with them."""
    site = SiteRow(
        url=url,
        name=name,
        api_key_hash=key_hash(api_key),
        akismet_key_hash=key_hash(akismet_key),
        webhook_secret=webhook_secret,
        coral_secret=coral_secret,
        created_at=now,
        rules=[RuleRow(label=rule.label, at_least=rule.at_least, action=rule.action) for rule in rules],
    )
    session.add(site)
    session.flush()
    return site


def by_key(session: Session, key: str) -> SiteRow | None:
    """Find the site that either of its two keys opens."""
    hashed = key_hash(key)
    return session.scalar(
        select(SiteRow).where(or_(SiteRow.api_key_hash == hashed, SiteRow.akismet_key_hash == hashed))
    )


def webhook_secrets(site: SiteRow) -> tuple[str, ...]:
    """Return the secrets that webhooks are signed with, in and out: the present one, then the one before."""
    return tuple(each for each in (site.webhook_secret, site.previous_webhook_secret) if each)


def coral_secrets(site: SiteRow) -> tuple[str, ...]:
    """Return the secrets that a site's Coral may sign with: the present one, then the one before."""
    return tuple(each for each in (site.coral_secret, site.previous_coral_secret) if each)


def by_url(session: Session, url: str) -> SiteRow | None:
    """Find a site by its address."""
    return session.scalar(select(SiteRow).where(SiteRow.url == url))


def all_of_them(session: Session) -> Sequence[SiteRow]:
    """Return every site, by name."""
    return session.scalars(select(SiteRow).order_by(SiteRow.name)).all()


def rules_of(site: SiteRow) -> tuple[Rule, ...]:
    """Return a site's rules as the policy reads them; one on a label that is no more is passed over."""
    return tuple(Rule(row.label, row.at_least, row.action) for row in site.rules if row.label in LABELS)


def reasons_of(site: SiteRow) -> tuple[CannedReason, ...]:
    """Return the reasons that a site's moderators choose from."""
    if site.canned_reasons is None:
        return DEFAULT_REASONS
    return tuple(CannedReason(**each) for each in site.canned_reasons)


def find_thread(session: Session, site: SiteRow, url: str) -> ThreadRow | None:
    """Find the thread under a post."""
    return session.scalar(select(ThreadRow).where(ThreadRow.site_id == site.id, ThreadRow.url == url))


def thread_of(session: Session, site: SiteRow, url: str, title: str | None, author: str | None = None) -> ThreadRow:
    """Find or add the thread under a post; a title or an author that is new replaces the one we had."""
    # Locked, so that a comment and its reply, coming at once, do not both look for the other before either is there.
    wanted = select(ThreadRow).where(ThreadRow.site_id == site.id, ThreadRow.url == url).with_for_update()
    thread = session.scalar(wanted)
    if thread is None:
        thread = ThreadRow(site_id=site.id, url=url, title=title, author=author)
        session.add(thread)
        session.flush()
        return thread
    change(session, thread, title=title or thread.title, author=author or thread.author)
    return thread
