"""Sites: adding one with its keys, and changing its rules."""

import base64
import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from service.domain.labels import ACTION_NAMES, LABELS
from service.domain.policy import DEFAULT_RULES, Rule, RuleRefused
from service.domain.reasons import CannedReason, checked
from service.domain.wording import N_, Refusal, typed
from service.store import sites
from service.store.tables import RuleRow, SiteRow

LONGEST_URL = 2000
LONGEST_WAIT_HOURS = 2160
LONGEST_HELP_TEXT = 4000
LONGEST_ORIGINALS_DAYS = 3650
AKISMET_KEY_LENGTH = 12
CORALS_OWN = "empsec_"
_CORAL_SECRET = re.compile(rf"({CORALS_OWN})?[0-9a-f]{{64,72}}")


class SiteRefused(Refusal):
    """A site that cannot be added; the text says what to write instead."""


@dataclass(frozen=True)
class Keys:
    """A new site's keys and secrets, shown once."""

    api_key: str
    akismet_key: str
    webhook_secret: str
    coral_secret: str


@dataclass(frozen=True)
class Secrets:
    """A site's new secrets, shown once."""

    webhook_secret: str
    coral_secret: str


def add(session: Session, url: str, name: str | None, now: datetime) -> tuple[SiteRow, Keys]:
    """Add a site with the default rules; raise SiteRefused for an address that is none, or is there already."""
    url = _canonical(url)
    if sites.by_url(session, url):
        raise SiteRefused(N_("The site %(url)s is there already."), url=url)
    keys = _make_keys()
    site = sites.add(
        session,
        url=url,
        name=name or urlsplit(url).netloc,
        api_key=keys.api_key,
        akismet_key=keys.akismet_key,
        webhook_secret=keys.webhook_secret,
        coral_secret=keys.coral_secret,
        rules=DEFAULT_RULES,
        now=now,
    )
    return site, keys


def renew(session: Session, url: str) -> tuple[SiteRow, Keys]:
    """Give a site new keys and secrets, since the old ones were lost or seen: none of them opens anything any more."""
    site, keys = named(session, url), _make_keys()
    site.api_key_hash, site.akismet_key_hash = sites.key_hash(keys.api_key), sites.key_hash(keys.akismet_key)
    site.webhook_secret, site.coral_secret = keys.webhook_secret, keys.coral_secret
    site.previous_webhook_secret = site.previous_coral_secret = None
    return site, keys


def renew_secrets(session: Session, url: str) -> tuple[SiteRow, Secrets]:
    """Give a site new secrets, and take the ones before too until the next renewal; its keys stay as they are."""
    site, made = named(session, url), _make_keys()
    site.previous_webhook_secret, site.webhook_secret = site.webhook_secret, made.webhook_secret
    if not site.coral_secret.startswith(CORALS_OWN):  # that one only Coral can change
        use_coral_secret(site, made.coral_secret)
    return site, Secrets(site.webhook_secret, site.coral_secret)


def use_coral_secret(site: SiteRow, secret: str) -> None:
    """Take what a site's Coral signs with, which makes its secrets itself; the one before is taken too.

    Raises SiteRefused for what Coral would not have made.
    """
    if not _CORAL_SECRET.fullmatch(secret):
        raise SiteRefused(
            N_("This is no signing secret of Coral. Copy the whole of it from the moderation phase: empsec_ and all.")
        )
    if secret != site.coral_secret:  # else the same one, given twice, would push out the one before
        site.previous_coral_secret, site.coral_secret = site.coral_secret, secret


def named(session: Session, url: str) -> SiteRow:
    """Return the site at an address; raise SiteRefused where there is none."""
    site = sites.by_url(session, _canonical(url))
    if site is None:
        raise SiteRefused(N_("There is no site %(url)s. `python -m service site list` lists them."), url=url)
    return site


def save_rules(session: Session, site: SiteRow, rules: Iterable[Rule], *, reads_twice: bool = False) -> None:
    """Replace a site's rules, and say whether the second reader reads all its comments.

    Raises RuleRefused where two of the rules say the same thing differently.
    """
    rules = list(rules)
    seen: set[tuple[str, str]] = set()
    for rule in rules:
        if (rule.label, rule.action) in seen:
            raise RuleRefused(
                N_("Two rules %(action)s on %(label)s. Keep the one with the lower probability."),
                action=ACTION_NAMES[rule.action],
                label=LABELS[rule.label].name,
            )
        seen.add((rule.label, rule.action))
    site.reads_twice = reads_twice
    site.rules.clear()
    session.flush()
    site.rules.extend(RuleRow(label=rule.label, at_least=rule.at_least, action=rule.action) for rule in rules)
    session.flush()


def save_care(site: SiteRow, longest_wait_hours: str, help_text: str) -> None:
    """Say how long a site lets anything wait, and what its moderators read when somebody may be in danger.

    Held comments keep the time that they were given. Raises RuleRefused for what is no number of hours.
    """
    hours = longest_wait_hours.strip()
    if not (hours.isascii() and hours.isdigit() and 0 < int(hours[:6]) <= LONGEST_WAIT_HOURS):
        raise RuleRefused(
            N_("'Longest wait' is '%(hours)s'. Write hours from 1 to %(most)s."),
            hours=typed(hours, 40),
            most=LONGEST_WAIT_HOURS,
        )
    if len(help_text) > LONGEST_HELP_TEXT:
        raise RuleRefused(
            N_("The help text has %(count)s characters. Write at most %(most)s."),
            count=len(help_text),
            most=LONGEST_HELP_TEXT,
        )
    site.longest_wait_hours, site.help_text = int(hours), help_text.strip() or None


def save_moderation(
    site: SiteRow, reasons: Iterable[CannedReason], originals_days: str, *, guards_conflicts: bool
) -> None:
    """Say what a site's moderators choose from, whether they need a second opinion, and how long originals are kept.

    Raises ReasonRefused for reasons that get in each other's way, RuleRefused for what is no number of days.
    """
    days = originals_days.strip()
    if not (days.isascii() and days.isdigit() and 0 < int(days[:6]) <= LONGEST_ORIGINALS_DAYS):
        raise RuleRefused(
            N_("Originals are kept for '%(days)s'. Write days from 1 to %(most)s."),
            days=typed(days),
            most=LONGEST_ORIGINALS_DAYS,
        )
    site.canned_reasons = [asdict(each) for each in checked(reasons)]
    site.guards_conflicts, site.keeps_originals_days = guards_conflicts, int(days)


def checked_url(url: str) -> str:
    """Return a web address as it is; raise SiteRefused with what was expected."""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_web = False
    if not is_web or not url.isprintable() or " " in url or len(url.encode("utf-8", "replace")) > LONGEST_URL:
        raise SiteRefused(
            N_("'%(url)s' is no web address. Write one like https://blog.example.org"), url=typed(url, 100)
        )
    return url


def _canonical(url: str) -> str:
    """Return one spelling for the addresses that mean the same site."""
    parts = urlsplit(checked_url(url))
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl().rstrip("/")


def _make_keys() -> Keys:
    return Keys(
        api_key=f"ut_{secrets.token_urlsafe(30)}",
        # Of these letters alone: the page where the WordPress plugin asks for its key drops all others, unsaid.
        akismet_key=secrets.token_hex(AKISMET_KEY_LENGTH // 2),
        webhook_secret="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        coral_secret=secrets.token_hex(32),
    )
