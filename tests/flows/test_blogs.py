"""Sites: adding one with its keys, and changing its rules."""

import re

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from service.domain.labels import Action
from service.domain.policy import DEFAULT_RULES, Rule, RuleRefused
from service.flows import blogs
from service.flows.blogs import SiteRefused
from service.store import sites
from service.store.engine import Database
from service.store.tables import RuleRow, SiteRow
from tests import cast

URL = "https://new.example.org"
RULES = (Rule("abusive", 0.7, Action.REJECT), Rule("abusive", 0.3, Action.HOLD), Rule("cost", 0.5, Action.MARK))


@pytest.fixture
def database(sqlite: Database) -> Database:
    """One database is enough here: what differs between the two is tested with the store and with review."""
    return sqlite


def test_a_new_site_has_the_default_rules(session: Session) -> None:
    site, _ = blogs.add(session, URL, None, cast.NOW)
    assert sites.rules_of(site) == DEFAULT_RULES


def test_a_new_site_is_called_by_its_host_where_no_name_is_given(session: Session) -> None:
    assert blogs.add(session, f"{URL}/blog", None, cast.NOW)[0].name == "new.example.org"


@pytest.mark.parametrize("which", ["api_key", "akismet_key"])
def test_either_key_opens_the_site(which: str, session: Session) -> None:
    site, keys = blogs.add(session, URL, None, cast.NOW)
    assert sites.by_key(session, getattr(keys, which)) is site


@pytest.mark.parametrize("key", ["", "ut_", "\0", "\ud800", "x" * 100_000], ids=lambda each: repr(each[:20]))
def test_no_other_key_opens_a_site(key: str, session: Session, site: SiteRow) -> None:
    assert sites.by_key(session, key) is None


def test_the_keys_have_the_shape_that_others_rely_on(session: Session) -> None:
    _, keys = blogs.add(session, URL, None, cast.NOW)
    assert re.fullmatch(r"ut_[\w-]{40} [a-f0-9]{12} whsec_[\w+/]+=* [0-9a-f]{64}", " ".join(vars(keys).values()))


def test_no_two_sites_share_a_key(session: Session) -> None:
    kept = [
        value
        for number in range(5)
        for value in vars(blogs.add(session, f"{URL}/{number}", None, cast.NOW)[1]).values()
    ]
    assert len(set(kept)) == 20


def test_keys_are_kept_as_hashes(session: Session) -> None:
    _, keys = blogs.add(session, URL, None, cast.NOW)
    kept = str(session.execute(text("SELECT * FROM sites")).all())
    assert (keys.api_key in kept, keys.akismet_key in kept) == (False, False)


@pytest.mark.parametrize("again", [URL, f"{URL}/", f"{URL}//", "HTTPS://NEW.example.org"])
def test_a_site_is_added_once(again: str, session: Session) -> None:
    blogs.add(session, URL, None, cast.NOW)
    with pytest.raises(SiteRefused, match="is there already"):
        blogs.add(session, again, None, cast.NOW)


NONSENSE = [
    "",
    "relay.example.org",
    "ftp://relay.example.org",
    "javascript:alert(1)",
    "https://",
    "https:///path",
    "https://[::1",
    "https://relay.example.org:0",
    "https://relay.example.org:99999",
    "https://relay.example.org:web",
    "https://relay.example.org/a b",
    "https://relay.example.org/\n",
    "https://relay.example.org/\0",
    "https://\ud800.example.org",
    "https://relay.example.org/" + "x" * 2000,
    "https://relay.example.org/" + "ü" * 1000,
]


@pytest.mark.parametrize("url", NONSENSE, ids=lambda each: repr(each[:40]))
def test_an_address_that_is_none_is_refused(url: str, session: Session) -> None:
    with pytest.raises(SiteRefused, match="is no web address"):
        blogs.add(session, url, None, cast.NOW)


@pytest.mark.parametrize(
    "url",
    [
        "http://relay.example.org",
        "https://relay.example.org:8443/blog?lang=en",
        "https://bücher.example.org/über-uns",
        "http://127.0.0.1:8080",
        "http://[2001:db8::1]:80/",
    ],
)
def test_an_address_that_is_one_is_kept(url: str) -> None:
    assert blogs.checked_url(url) == url


def test_new_rules_replace_the_old_ones(session: Session, site: SiteRow) -> None:
    blogs.save_rules(session, site, RULES)
    session.expire_all()
    assert sites.rules_of(site) == RULES


def test_saving_the_same_rules_again_keeps_them(session: Session, site: SiteRow) -> None:
    blogs.save_rules(session, site, RULES)
    blogs.save_rules(session, site, RULES)
    session.expire_all()
    assert sites.rules_of(site) == RULES


def test_a_site_may_have_no_rules(session: Session, site: SiteRow) -> None:
    blogs.save_rules(session, site, [])
    assert session.scalars(select(RuleRow)).all() == []


def test_two_rules_that_say_the_same_thing_differently_are_refused(session: Session, site: SiteRow) -> None:
    with pytest.raises(RuleRefused, match="Two rules hold on Abusive"):
        blogs.save_rules(session, site, [Rule("abusive", 0.3, Action.HOLD), Rule("abusive", 0.4, Action.HOLD)])


def test_rules_that_are_refused_change_nothing(session: Session, site: SiteRow) -> None:
    with pytest.raises(RuleRefused):
        blogs.save_rules(session, site, [*RULES, *RULES])
    session.expire_all()
    assert sites.rules_of(site) == DEFAULT_RULES


def test_one_site_s_rules_are_not_another_s(session: Session, site: SiteRow) -> None:
    other, _ = blogs.add(session, URL, None, cast.NOW)
    blogs.save_rules(session, other, RULES)
    session.expire_all()
    assert sites.rules_of(site) == DEFAULT_RULES


def test_new_secrets_leave_the_keys_and_the_secrets_before(session: Session) -> None:
    _, keys = blogs.add(session, URL, None, cast.NOW)
    site, made = blogs.renew_secrets(session, URL)
    assert sites.by_key(session, keys.api_key) is site
    assert sites.webhook_secrets(site) == (made.webhook_secret, keys.webhook_secret)
    assert sites.coral_secrets(site) == (made.coral_secret, keys.coral_secret)


def test_new_secrets_twice_forget_the_first(session: Session) -> None:
    _, keys = blogs.add(session, URL, None, cast.NOW)
    blogs.renew_secrets(session, URL)
    site, _ = blogs.renew_secrets(session, URL)
    assert keys.webhook_secret not in sites.webhook_secrets(site)


def test_new_keys_forget_every_secret(session: Session) -> None:
    blogs.add(session, URL, None, cast.NOW)
    blogs.renew_secrets(session, URL)
    site, keys = blogs.renew(session, URL)
    assert sites.webhook_secrets(site) == (keys.webhook_secret,)
    assert sites.coral_secrets(site) == (keys.coral_secret,)


CORALS = "empsec_" + "ab" * 32


def test_new_secrets_leave_the_one_that_only_coral_can_change(session: Session) -> None:
    site, _ = blogs.add(session, URL, None, cast.NOW)
    blogs.use_coral_secret(site, CORALS)
    assert blogs.renew_secrets(session, URL)[1].coral_secret == CORALS


def test_coral_s_secret_given_twice_keeps_the_one_before(session: Session) -> None:
    site, keys = blogs.add(session, URL, None, cast.NOW)
    blogs.use_coral_secret(site, CORALS)
    blogs.use_coral_secret(site, CORALS)
    assert sites.coral_secrets(site) == (CORALS, keys.coral_secret)


@pytest.mark.parametrize("secret", ["", "empsec_", "empsec_xyz", "ab" * 20, CORALS + "\n"])
def test_what_coral_would_not_have_made_is_refused(session: Session, secret: str) -> None:
    site, _ = blogs.add(session, URL, None, cast.NOW)
    with pytest.raises(SiteRefused, match="no signing secret of Coral"):
        blogs.use_coral_secret(site, secret)
