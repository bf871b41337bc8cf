"""A blog that speaks Akismet: its words, its numbers, and what its people say."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from service.domain.comment import Status
from service.domain.labels import Action
from service.flows import callbacks
from service.store.engine import Database
from service.store.tables import (
    CommentRow,
    FeedbackRow,
    JobRow,
    JobStatus,
    Origin,
    Protocol,
    RevisionRow,
    RuleRow,
    SiteRow,
    Table,
)
from tests import cast
from tests.thoroughness import examples

WORDPRESS = "WordPress/7.1 | Akismet/5.7.2"
HOOK = "https://relay.example.org/wp-json/akismet/v1/webhook"
THANKS = "Thanks for making the web a better place."
SPAM = "Cheap viagra and casino bonus!!! Click http://pills.example.com now, best price, free shipping, buy now buy now"


class Plugin:
    """A plugin that asks us instead of Akismet."""

    def __init__(self, blog: cast.Blog) -> None:
        self.client = blog.client
        self.key = blog.keys.akismet_key

    def fields(self, text: str = cast.KIND, **more: str) -> dict[str, str]:
        author = {"comment_author": "Maya", "comment_author_email": "maya@example.org"}
        place = {"blog": "https://relay.example.org", "permalink": cast.POST, "user_ip": "203.0.113.7"}
        return {"api_key": self.key, **place, **author, "comment_content": text, **more}

    def post(self, endpoint: str, fields: dict[str, str], **more: Any) -> TestResponse:  # noqa: ANN401
        return self.client.post(f"/1.1/{endpoint}", data=fields, **more)

    def check(self, text: str = cast.KIND, agent: str = "", **more: str) -> TestResponse:
        return self.post("comment-check", self.fields(text, **more), headers={"User-Agent": agent})


@pytest.fixture
def plugin(blog: cast.Blog) -> Plugin:
    return Plugin(blog)


@pytest.fixture
def rule(sqlite: Database, blog: cast.Blog) -> Callable[[Action], None]:
    """Return a function that makes the blog do something with whatever is kind."""

    def set_rule(action: Action, label: str = "spam") -> None:
        with sqlite.writing() as session:
            site = session.get(SiteRow, blog.site_id)
            assert site
            site.rules.clear()
            session.flush()
            site.rules.append(RuleRow(label=label, at_least=0.000001, action=action))

    return set_rule


def only(sqlite: Database) -> CommentRow:
    with sqlite.reading() as session:
        [row] = session.scalars(select(CommentRow)).all()
        _ = row.revisions, row.decisions, row.checks, row.thread
        return row


def count(sqlite: Database, table: type[Table]) -> int:
    with sqlite.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def moderate(ana: FlaskClient, comment_id: int, decision: str) -> None:
    answer = ana.post(f"/api/v1/comments/{comment_id}/decisions", json={"decision": decision})
    assert answer.status_code in (200, 201), answer.text


def message(sqlite: Database) -> tuple[dict[str, Any], Any]:
    """Return what the plugin is about to be told, and the message it goes in."""
    with sqlite.reading() as session:
        [job] = session.scalars(select(JobRow).where(JobRow.status == JobStatus.WAITING)).all()
        found = callbacks.message_of(job, cast.NOW)
        return json.loads(found.body), found


# The key.


@pytest.mark.parametrize("field", ["key", "api_key"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_key_is_valid_in_either_field(plugin: Plugin, field: str, slash: str) -> None:
    answer = plugin.post(f"verify-key{slash}", {field: plugin.key, "blog": "https://relay.example.org"})
    assert (answer.status_code, answer.data) == (200, b"valid")


def test_a_key_may_stand_in_the_name_of_the_host_alone(plugin: Plugin) -> None:
    fields = plugin.fields()
    del fields["api_key"]
    answer = plugin.post("comment-check", fields, base_url=f"http://{plugin.key}.rest.akismet.com")
    assert answer.data == b"false"


def test_the_other_key_of_the_site_opens_too(plugin: Plugin, blog: cast.Blog) -> None:
    assert plugin.check(api_key=blog.keys.api_key).data == b"false"


@pytest.mark.parametrize(
    "path",
    [
        "/1.1/comment-check",
        "/1.1/submit-spam",
        "/1.1/submit-ham",
        "/1.1/verify-key",
        "/1.1/get-subscription",
        "/1.1/get-stats",
        "/1.1/token",
        "/1.1/deactivate",
        "/1.2/key-sites",
        "/1.2/usage-limit",
    ],
)
@pytest.mark.parametrize("key", ["123456789012", "", None])
def test_a_wrong_key_is_invalid(plugin: Plugin, sqlite: Database, path: str, key: str | None) -> None:
    fields = {**plugin.fields(), "api_key": key}
    answer = plugin.client.post(path, data={name: value for name, value in fields.items() if value is not None})
    assert (answer.status_code, answer.data) == (200, b"invalid")
    assert answer.headers["X-akismet-debug-help"]
    assert answer.headers["X-akismet-guid"]
    assert count(sqlite, CommentRow) == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/1.1/nothing"), ("PUT", "/1.1/comment-check"), ("GET", "/1.2/compatible-plugins"), ("GET", "/1.1/test")],
)
def test_every_answer_has_a_number(plugin: Plugin, method: str, path: str) -> None:
    assert plugin.client.open(path, method=method).headers["X-akismet-guid"]


def test_too_many_wrong_keys_are_answered_with_the_time_to_wait(plugin: Plugin) -> None:
    for _ in range(300):
        plugin.post("verify-key", {"key": "000000000000"})
    answer = plugin.post("verify-key", {"key": "000000000000"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["X-akismet-guid"]
    assert plugin.post("verify-key", {"key": plugin.key}).data == b"valid"


# A check.


def test_a_kind_comment_is_not_spam(plugin: Plugin, sqlite: Database) -> None:
    answer = plugin.check(user_role="subscriber", comment_parent="0", comment_date_gmt="2026-11-21 08:00:00")
    assert (answer.data, answer.mimetype) == (b"false", "text/plain")
    row = only(sqlite)
    assert row.protocol is Protocol.AKISMET
    assert (row.author_name, row.author_email, row.author_ip) == ("Maya", "maya@example.org", "203.0.113.7")
    assert (row.thread.url, row.thread.title, row.parent_outside_id) == (cast.POST, None, None)
    assert row.created_at.isoformat() == "2026-11-21T08:00:00+00:00"
    assert [each.guid for each in row.checks] == [answer.headers["X-akismet-guid"]]


def test_the_answer_has_no_word_that_clients_take_for_an_error(plugin: Plugin) -> None:
    names = {name.lower() for name, _ in plugin.check().headers}
    assert not names & {"x-akismet-debug-help", "x-akismet-alert-code", "x-akismet-error", "transfer-encoding"}


def test_only_what_has_a_use_is_stored(plugin: Plugin, sqlite: Database) -> None:
    plugin.check(HTTP_ACCEPT="secret-1", POST_ak_js="secret-2", user_agent="secret-3", referrer="secret-4")
    with sqlite.reading() as session:
        for table in Table.metadata.sorted_tables:
            for row in session.execute(text(f"SELECT * FROM {table.name}")):
                assert "secret-" not in str(row)


def test_a_body_is_a_form_whatever_it_says_it_is(plugin: Plugin) -> None:
    body = urlencode(plugin.fields())
    answer = plugin.client.post("/1.1/comment-check", data=body, content_type="text/html; charset=UTF-8")
    assert answer.data == b"false"


def test_a_body_of_an_old_code_page_is_read(plugin: Plugin, sqlite: Database) -> None:
    body = urlencode(plugin.fields("Merci, très clair et très utile.", blog_charset="ISO-8859-1"), encoding="latin-1")
    plugin.client.post("/1.1/comment-check", data=body)
    assert only(sqlite).revision.text == "Merci, très clair et très utile."


def test_a_check_again_gives_the_same_answer_and_another_number(plugin: Plugin, sqlite: Database) -> None:
    first, second = plugin.check(), plugin.check(recheck_reason="recheck_queue")
    assert first.data == second.data
    numbers = [each.headers["X-akismet-guid"] for each in (first, second)]
    assert [each.guid for each in only(sqlite).checks] == numbers
    assert len(set(numbers)) == 2


def test_what_wordpress_changed_by_storing_it_is_the_same_comment(plugin: Plugin, sqlite: Database) -> None:
    plugin.check('Me & you <3, see <a href="https://example.org">this</a>')
    plugin.check('Me &amp; you &lt;3, see <a href="https://example.org" rel="nofollow ugc">this</a>')
    assert len(only(sqlite).checks) == 2


@pytest.mark.parametrize("said", ['It\'s "so"', "C:\\\\new", "a\\nb", "nothing to quote"])
def test_wordpress_escapes_at_first_and_not_when_it_asks_again(plugin: Plugin, sqlite: Database, said: str) -> None:
    slashed = said.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
    plugin.check(slashed, agent=WORDPRESS)
    plugin.check(said, agent=WORDPRESS, recheck_reason="retry")
    row = only(sqlite)
    assert (row.revision.text, len(row.checks)) == (said, 2)


LINK = f'<a href="https://registry.example.org/to?page=%s">{cast.KIND}</a>'


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (cast.KIND, f'<a href="http://pills.example.com/bonus">{cast.KIND}</a>'),
        (cast.KIND, f"<a href=//pills.example.com>{cast.KIND}</a>"),
        (LINK % "7", LINK % "pills"),
        ('<img src="https://relay.example.org/a.png">', "<img src='http://pills.example.com/b.png'>"),
        (cast.KIND, f"<b style=background:url&#40;//pills.example.com&#41;>{cast.KIND}</b>"),
        (
            f'<a href="https://relay.example.org">{cast.KIND}</a>',
            f'<a href="https:&#47;/pills.example.com">{cast.KIND}</a>',
        ),
    ],
)
@pytest.mark.parametrize("reason", ["", "edit"])
def test_what_leads_elsewhere_was_not_said_before(
    plugin: Plugin, sqlite: Database, first: str, second: str, reason: str
) -> None:
    plugin.check(first)
    plugin.check(second, recheck_reason=reason)
    with sqlite.reading() as session:
        assert session.scalars(select(RevisionRow.text).order_by(RevisionRow.id)).all() == [first, second]


def test_what_wordpress_takes_out_of_markup_is_the_same_comment(plugin: Plugin, sqlite: Database) -> None:
    link = "https://registry.example.org/table-6/?a=1"
    plugin.check(f'<a href="{link}&amp;b=2" onclick="go()">See</a> <img src="x.example.org/1"> {cast.KIND}')
    plugin.check(f"<a href='{link}&#038;b=2' rel='nofollow ugc'>See</a>  {cast.KIND}")
    assert len(only(sqlite).checks) == 2


def test_the_same_words_under_another_post_are_another_comment(plugin: Plugin, sqlite: Database) -> None:
    plugin.check()
    plugin.check(permalink="https://relay.example.org/another")
    assert count(sqlite, CommentRow) == 2


def test_an_edit_is_a_revision(plugin: Plugin, sqlite: Database) -> None:
    plugin.check()
    plugin.check(cast.CRITICAL, recheck_reason="edit")
    assert [each.text for each in only(sqlite).revisions] == [cast.KIND, cast.CRITICAL]
    plugin.check(cast.CRITICAL, recheck_reason="recheck_queue")
    assert len(only(sqlite).revisions) == 2


def test_an_edit_of_one_of_two_is_told_by_its_moment_and_else_is_new(plugin: Plugin, sqlite: Database) -> None:
    plugin.check("The first of two comments.", comment_date_gmt="2026-11-21 08:00:00")
    plugin.check("The second of two comments.", comment_date_gmt="2026-11-21 09:00:00")
    plugin.check(cast.KIND, recheck_reason="edit", comment_date_gmt="2026-11-21 08:00:00")
    assert count(sqlite, CommentRow) == 2
    plugin.check(cast.CRITICAL, recheck_reason="edit")
    assert count(sqlite, CommentRow) == 3


@pytest.mark.parametrize("name", ["blog", "user_ip", "comment_content"])
def test_a_missing_field_is_named(plugin: Plugin, sqlite: Database, name: str) -> None:
    fields = plugin.fields()
    del fields[name]
    answer = plugin.post("comment-check", fields)
    assert (answer.status_code, answer.text) == (200, f"Missing required field: {name}.")
    assert answer.headers["X-akismet-debug-help"] == answer.text
    assert count(sqlite, CommentRow) == 0


def test_a_body_that_is_too_large_is_refused_in_words(plugin: Plugin, sqlite: Database) -> None:
    answer = plugin.check("x" * 1_000_001)
    assert answer.status_code == 413
    assert answer.headers["X-akismet-guid"]
    assert "html" not in answer.text
    assert count(sqlite, CommentRow) == 0


def test_a_text_as_long_as_wordpress_keeps_is_read(plugin: Plugin) -> None:
    assert plugin.check("Thank you. " * 5957).data in (b"true", b"false")
    assert "65,536 characters" in plugin.check("x" * 65_536).text


def test_while_the_database_is_away_nothing_is_said_of_the_comment(plugin: Plugin, sqlite: Database) -> None:
    with sqlite.writing() as session:
        session.execute(text("ALTER TABLE checks RENAME TO gone"))
    answer = plugin.check()
    assert answer.status_code == 503
    assert answer.headers["X-akismet-guid"]
    assert int(answer.headers["Retry-After"]) > 0
    assert count(sqlite, CommentRow) == 0


def test_other_scripts_are_read(plugin: Plugin, sqlite: Database) -> None:
    plugin.check("Merci ☕, très clair \0 et très utile.")
    assert only(sqlite).revision.text == "Merci ☕, très clair \0 et très utile."


# The verdict.


def test_spam_is_spam(plugin: Plugin, rule: Callable[[Action], None]) -> None:
    rule(Action.SPAM)
    answer = plugin.check()
    assert answer.data == b"true"
    assert "X-akismet-pro-tip" not in answer.headers


def test_what_a_rule_rejects_may_be_discarded(plugin: Plugin, sqlite: Database, blog: cast.Blog) -> None:
    with sqlite.writing() as session:
        site = session.get(SiteRow, blog.site_id)
        assert site
        site.rules.clear()
        session.flush()
        site.rules.append(RuleRow(label="abusive", at_least=0.000001, action=Action.REJECT))
    answer = plugin.check()
    assert (answer.data, answer.headers["X-akismet-pro-tip"]) == (b"true", "discard")


def test_what_a_person_rejected_is_spam_but_not_discarded(
    plugin: Plugin, careful: cast.Blog, ana: FlaskClient, sqlite: Database
) -> None:
    plugin.check()
    moderate(ana, only(sqlite).id, "reject")
    answer = plugin.check(recheck_reason="retry")
    assert answer.data == b"true"
    assert "X-akismet-pro-tip" not in answer.headers


@pytest.mark.usefixtures("careful")
def test_a_plugin_that_can_be_told_waits(plugin: Plugin, sqlite: Database) -> None:
    answer = plugin.check(WORDPRESS, callback=HOOK)
    assert (answer.data, answer.headers["X-akismet-recheck-after"]) == (b"false", "604800")
    assert only(sqlite).callback_url == HOOK


@pytest.mark.usefixtures("careful")
def test_an_older_plugin_is_let_wait_and_ask_again(plugin: Plugin) -> None:
    assert plugin.check(agent="WordPress/6.1.9 | Akismet/5.0.2").data == b"pending"


@pytest.mark.usefixtures("careful")
def test_a_plugin_that_asks_again_is_not_told_to_publish(plugin: Plugin) -> None:
    plugin.check(agent=WORDPRESS, callback=HOOK)
    assert plugin.check(agent=WORDPRESS, recheck_reason="retry").data == b"pending"


@pytest.mark.usefixtures("careful")
def test_a_client_that_knows_two_words_is_kept_from_publishing(plugin: Plugin) -> None:
    assert plugin.check(agent="Ruby/3 | Own/1").data == b"true"


@pytest.mark.usefixtures("careful")
@pytest.mark.parametrize(
    "callback",
    [
        "https://evil.example.com/hook",
        "https://relay.example.org:8443/",
        "http://169.254.169.254/",
        "nonsense",
        "//x",
        "https://relay.example.org@evil.example.com/",
        "https://a@relay.example.org/",
        "https://relay.example.org.evil/",
    ],
)
def test_an_address_elsewhere_is_never_called(plugin: Plugin, sqlite: Database, callback: str) -> None:
    answer = plugin.check(callback=callback)
    assert "X-akismet-recheck-after" not in answer.headers
    assert only(sqlite).callback_url is None


def test_who_shows_the_other_key_is_not_called_back(plugin: Plugin, careful: cast.Blog, sqlite: Database) -> None:
    assert plugin.check(api_key=careful.keys.api_key, callback=HOOK).data == b"true"
    assert only(sqlite).callback_url is None


def test_an_administrator_is_let_through_and_it_is_said(plugin: Plugin, careful: cast.Blog, sqlite: Database) -> None:
    assert plugin.check(user_role="editor, administrator").data == b"false"
    last = only(sqlite).decision
    assert (last.status, last.origin) == (Status.APPROVED, Origin.SITE)


# Tests.


@pytest.mark.parametrize(
    "author",
    [
        {"comment_author": "viagra-test-123"},
        {"comment_author": "akismet-guaranteed-spam"},
        {"comment_author_email": "akismet-guaranteed-spam@example.com"},
    ],
)
def test_a_test_author_is_spam_and_not_stored(plugin: Plugin, sqlite: Database, author: dict[str, str]) -> None:
    assert plugin.check(**author).data == b"true"
    assert plugin.check(**author, user_role="administrator").data == b"false"
    assert count(sqlite, CommentRow) == 0


def test_a_test_of_discarding_is_discarded(plugin: Plugin) -> None:
    fields = {"comment_author": "viagra-test-123", "test_discard": "1"}
    assert plugin.check(**fields, is_test="true").headers["X-akismet-pro-tip"] == "discard"
    assert "X-akismet-pro-tip" not in plugin.check(**fields).headers


@pytest.mark.parametrize("yes", ["1", "true"])
def test_a_test_is_judged_and_not_stored(plugin: Plugin, sqlite: Database, yes: str) -> None:
    assert plugin.check(is_test=yes).data == b"false"
    assert plugin.check(cast.UNKIND, is_test=yes).data == b"true"
    assert plugin.post("submit-spam", plugin.fields(is_test=yes)).text == THANKS
    assert (count(sqlite, CommentRow), count(sqlite, FeedbackRow)) == (0, 0)


# What the blog's own people say.


@pytest.mark.parametrize(("endpoint", "status"), [("submit-spam", Status.SPAM), ("submit-ham", Status.APPROVED)])
def test_feedback_is_a_decision_by_the_site(
    plugin: Plugin, careful: cast.Blog, sqlite: Database, endpoint: str, status: Status
) -> None:
    plugin.check()
    assert plugin.post(endpoint, plugin.fields(reporter="boss", comment_ID="7")).data == THANKS.encode()
    last = only(sqlite).decision
    assert (last.status, last.origin, last.number) == (status, Origin.SITE, 2)
    assert count(sqlite, JobRow) == 0
    plugin.post(endpoint, plugin.fields())
    assert len(only(sqlite).decisions) == 2


def test_feedback_comes_beside_what_a_person_decided(
    plugin: Plugin, careful: cast.Blog, ana: FlaskClient, sqlite: Database
) -> None:
    plugin.check(callback=HOOK)
    moderate(ana, only(sqlite).id, "approve")
    plugin.post("submit-spam", plugin.fields())
    origins = [(each.origin, each.status) for each in only(sqlite).decisions]
    assert origins[1:] == [(Origin.PERSON, Status.APPROVED), (Origin.SITE, Status.SPAM)]
    with sqlite.reading() as session:
        assert [job.status for job in session.scalars(select(JobRow))] == [JobStatus.CANCELLED]
    assert "the site" in ana.get(f"/comments/{only(sqlite).id}").text


def test_who_decides_otherwise_afterwards_is_told_to_the_plugin(
    plugin: Plugin, careful: cast.Blog, ana: FlaskClient, sqlite: Database
) -> None:
    plugin.check(callback=HOOK)
    moderate(ana, only(sqlite).id, "approve")
    with sqlite.writing() as session:
        for job in session.scalars(select(JobRow)):
            job.status, job.attempts = JobStatus.DONE, 1
    plugin.post("submit-spam", plugin.fields())
    moderate(ana, only(sqlite).id, "approve")
    assert message(sqlite)[0]["comments"][0]["result"] == "false"


def test_feedback_on_what_is_unknown_is_kept_as_text_alone(plugin: Plugin, sqlite: Database) -> None:
    assert plugin.post("submit-spam", plugin.fields(SPAM)).text == THANKS
    assert count(sqlite, CommentRow) == 0
    with sqlite.reading() as session:
        [row] = session.scalars(select(FeedbackRow)).all()
    assert (row.text, row.scores, row.context) == (SPAM, {"SPAM": 1.0}, {})


def test_nobody_decides_about_another_sites_comment(plugin: Plugin, sqlite: Database) -> None:
    plugin.check()
    with sqlite.writing() as session:
        other = cast.add_site(session, "https://other.example.org")[1]
    plugin.post("submit-spam", plugin.fields(api_key=other.akismet_key))
    assert only(sqlite).status is Status.APPROVED


# Told of decisions.


@pytest.mark.parametrize(("decision", "result"), [("approve", "false"), ("spam", "true"), ("reject", "true")])
def test_a_plugin_is_told_of_a_decision_in_its_own_words(
    plugin: Plugin, careful: cast.Blog, ana: FlaskClient, sqlite: Database, decision: str, result: str
) -> None:
    numbers = [plugin.check(callback=HOOK).headers["X-akismet-guid"] for _ in range(2)]
    moderate(ana, only(sqlite).id, decision)
    body, sent = message(sqlite)
    told = [{"guid": number, "result": result} for number in numbers]
    assert body == {"key": plugin.key, "endpoint": "comment-check", "comments": told}
    assert (sent.url, sent.headers["x-akismet-webhook"]) == (HOOK, "1")


def test_a_plugin_is_not_told_what_it_was_answered(plugin: Plugin, sqlite: Database) -> None:
    plugin.check(callback=HOOK)
    assert count(sqlite, JobRow) == 0


def test_a_plugin_without_an_address_is_told_nothing(
    plugin: Plugin, careful: cast.Blog, ana: FlaskClient, sqlite: Database
) -> None:
    plugin.check()
    moderate(ana, only(sqlite).id, "approve")
    assert count(sqlite, JobRow) == 0
    assert plugin.check(recheck_reason="retry").data == b"false"


@pytest.mark.usefixtures("careful")
@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b'{"comments":{"a":{"status":"success"}}}', None),
        (b'{"comments":{"a":{"status":"error","message":"no"},"b":{"status":"success"}}}', None),
        (b'{"comments":{"a":{"status":"error","message":"Could not find it."}}}', "Could not find it."),
        (b'{"comments":{}}', "took none"),
        (b'{"comments":[]}', "no answer of an Akismet plugin"),
        (b"<html>", "no answer of an Akismet plugin"),
        (b"[" * 20000, "no answer of an Akismet plugin"),
        (b'{"comments":{"a":1}}', "no answer of an Akismet plugin"),
    ],
)
def test_a_plugin_that_says_no_is_told_again(
    plugin: Plugin, ana: FlaskClient, sqlite: Database, answer: bytes, problem: str | None
) -> None:
    plugin.check(callback=HOOK)
    moderate(ana, only(sqlite).id, "approve")
    check = message(sqlite)[1].check
    assert problem in check(answer) if problem else check(answer) is None


# Numbers.


def test_the_plugins_page_is_answered(plugin: Plugin) -> None:
    fields = {"key": plugin.key, "blog": "https://relay.example.org"}
    found = plugin.post("get-subscription", fields).json
    assert (found["status"], found["account_name"]) == ("active", "The Relay")
    assert plugin.post("token", {"api_key": plugin.key}).text
    assert plugin.post("deactivate", fields).text == "deactivated"
    assert plugin.client.get("/1.1/test").data == b"connected"


def test_the_numbers_are_those_of_the_comments(plugin: Plugin) -> None:
    plugin.check()
    plugin.check()
    plugin.check("Another one, thank you for it.")
    plugin.post("submit-spam", plugin.fields())
    found = plugin.post("get-stats", {"key": plugin.key, "from": "6-months"}).json
    counts = {"spam": 1, "ham": 1, "missed_spam": 1, "false_positives": 0}
    assert {name: found[name] for name in counts} == counts
    assert list(found["breakdown"].values()) == [counts]
    assert found["accuracy"] == 50
    usage = plugin.client.get("/1.2/usage-limit", query_string={"api_key": plugin.key}).json
    assert usage == {"limit": "none", "usage": 3, "percentage": "0.00", "throttled": False}


def test_the_sites_of_a_key_are_listed(plugin: Plugin) -> None:
    plugin.check()
    found = plugin.client.get("/1.2/key-sites", query_string={"api_key": plugin.key}).json
    [[site]] = [value for name, value in found.items() if name[0] == "2"]
    assert (site["site"], site["api_calls"], site["ham"], found["total"]) == ("https://relay.example.org", "1", "1", 1)
    lines = plugin.client.post("/1.2/key-sites", data={"api_key": plugin.key, "format": "csv"}).text.splitlines()
    assert lines[1] == "Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked"
    assert lines[2] == "https://relay.example.org,1,0,1,0,0,false"
    assert plugin.key not in lines[0]


@pytest.mark.parametrize("odd", [{"month": "0000-01"}, {"month": "2026-13"}, {"limit": "-1"}, {"offset": "9" * 400}])
def test_odd_questions_for_numbers_are_answered(plugin: Plugin, odd: dict[str, str]) -> None:
    assert plugin.client.post("/1.2/key-sites", data={"api_key": plugin.key, **odd}).status_code == 200


# Whatever comes.

FIELDS = ["api_key", "key", "blog", "user_ip", "comment_content", "permalink", "comment_parent", "comment_date_gmt"]
FIELDS += ["comment_author", "comment_author_email", "user_role", "is_test", "recheck_reason", "callback", "month"]
ENDPOINTS = ["1.1/verify-key", "1.1/comment-check", "1.1/submit-spam", "1.1/submit-ham", "1.1/get-stats"]
ENDPOINTS += ["1.1/get-subscription", "1.1/token", "1.1/deactivate", "1.1/test", "1.2/key-sites", "1.2/usage-limit"]


@pytest.mark.parametrize("path", ENDPOINTS)
@examples(15)
@given(body=st.binary(max_size=300), kind=st.sampled_from(["application/json", "multipart/form-data", "text/x", ""]))
def test_no_bytes_break_the_door(door: cast.Blog, path: str, body: bytes, kind: str) -> None:
    answer = door.client.post(f"/{path}", data=body, content_type=kind)
    assert answer.status_code < 500 and answer.headers["X-akismet-guid"]


@examples(60)
@given(
    fields=st.dictionaries(st.sampled_from(FIELDS[2:]), st.text() | st.binary(max_size=20)),
    path=st.sampled_from(ENDPOINTS),
)
def test_no_fields_break_the_door(door: cast.Blog, fields: dict[str, str | bytes], path: str) -> None:
    whole = {"blog": "https://relay.example.org", "user_ip": "x", "comment_content": "a", **fields}
    body = urlencode({**whole, "api_key": door.keys.akismet_key}, errors="surrogatepass")
    answer = door.client.post(f"/{path}", data=body)
    assert answer.status_code < 500 and answer.headers["X-akismet-guid"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("body", [b"&" * 900_000, b"a=b&" * 200_000, b"%" * 900_000, b"\0" * 1000])
def test_long_forms_are_answered(door: cast.Blog, body: bytes) -> None:
    assert door.client.post("/1.1/comment-check", data=body).status_code < 500
