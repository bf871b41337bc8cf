"""Real WordPress with Akismet's own plugin, old and new: what it does with what we say, and we with what it says."""

import itertools
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from service.domain.comment import Status
from service.domain.labels import Action
from service.domain.policy import Rule
from service.flows import blogs
from service.store.engine import Database
from service.store.tables import CommentRow, JobRow, JobStatus, Origin, SiteRow
from tests import cast
from tests.moderator import Moderator
from tests.processes import Server, until
from tests.wordpress import NEWER_PLUGIN, WordPress, skip_where_it_cannot_be

SPAM = "BEST STEM CELL CLINIC!!! 100% cure guaranteed, call now, visit http://cure-ms-now.example/buy discount today"
RULES = (Rule("abusive", 0.4, Action.HOLD), Rule("spam", 0.4, Action.SPAM))

pytestmark = pytest.mark.timeout(240)  # the first of them sets WordPress up
_numbers = itertools.count(1)


class Desk:
    """Undertone beside the blog, and Ana at its desk."""

    def __init__(self, server: Server, blog: str) -> None:
        self.server = server
        with self.database.writing() as session:
            cast.add_user(session)
            site, self.keys = cast.add_site(session, blog)
            self.site_id = site.id
        self.use_rules(RULES)

    @property
    def database(self) -> Database:
        """The server's database, opened beside it."""
        return Database(self.server.environment["UNDERTONE_DATABASE_URL"])

    def use_rules(self, rules: Iterable[Rule]) -> None:
        """Replace the blog's rules."""
        with self.database.writing() as session:
            blogs.save_rules(session, session.get_one(SiteRow, self.site_id), rules)

    def decide(self, author: str, decision: str) -> None:
        """Let Ana decide about an author's comment."""
        row = self._comment(author)
        with Moderator(self.server) as ana:
            ana.decide(str(row.id), decision, seen=row.decision.number)

    def standing(self, author: str) -> tuple[Status, Origin]:
        """Return where an author's comment stands here, and who decided that."""
        row = self._comment(author)
        return row.status, row.decision.origin

    def wait_until_told(self, author: str) -> None:
        """Wait until the blog took what was decided about an author's comment."""
        comment_id = self._comment(author).id

        def is_told() -> bool:
            with self.database.reading() as session:
                jobs = session.scalars(select(JobRow).where(JobRow.comment_id == comment_id)).all()
                return bool(jobs) and all(job.status is JobStatus.DONE for job in jobs)

        until(is_told, f"{author}'s callback")

    def _comment(self, author: str) -> CommentRow:
        with self.database.reading() as session:
            theirs = select(CommentRow).where(CommentRow.author_name == author)
            return session.scalars(theirs.options(selectinload(CommentRow.decisions))).one()


@pytest.fixture(scope="module")
def blog() -> Iterator[WordPress]:
    skip_where_it_cannot_be()
    # Not pytest's own folder: MariaDB's user could not get in, and the path of a socket may not be long.
    with tempfile.TemporaryDirectory(prefix="wordpress-") as folder:
        made = WordPress(Path(folder))
        yield made
        made.stop()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, blog: WordPress) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(migrated_file, folder / "undertone.db")
    # The second reader has tests of its own, and this server is started three times.
    server = Server(folder, CALLBACK_ALLOW=blog.address, UNDO_SECONDS="0", SECOND_READER="off")
    made = Desk(server, blog.url)
    with ThreadPoolExecutor() as threads:
        setting_up = threads.submit(blog.set_up, made.keys.akismet_key, server.url)
        server.start()
        setting_up.result()
    yield made
    server.kill()


@pytest.fixture(autouse=True)
def _anew(blog: WordPress, desk: Desk) -> None:
    """Begin every test without comments and with the plugin that the blog came with."""
    blog.use_plugin()
    blog.forget_all()


@pytest.fixture
def newer(blog: WordPress, _anew: None) -> None:
    if not NEWER_PLUGIN.is_dir():
        pytest.skip("no newer Akismet plugin here; tests/clients/fetch_akismet_plugin.sh fetches it")
    blog.use_plugin(NEWER_PLUGIN)


@pytest.fixture(params=["of 2022", "of today"])
def plugin(request: pytest.FixtureRequest, _anew: None) -> str:
    """Run a test with both plugins."""
    if request.param == "of today":
        request.getfixturevalue("newer")
    return str(request.param)


@pytest.fixture
def author() -> str:
    """Return somebody who has not written before."""
    return f"Reader-{next(_numbers)}"


def test_a_kind_comment_is_published(blog: WordPress, author: str, plugin: str) -> None:
    text = f"{cast.KIND} Yours, {author}"
    assert blog.status(blog.comment(text, author)) == "approved"
    assert blog.sees(author)


def test_an_unkind_comment_waits_there_and_here(blog: WordPress, desk: Desk, author: str, plugin: str) -> None:
    comment_id = blog.comment(f"{cast.UNKIND} {author}!", author)
    assert blog.status(comment_id) == "hold"
    assert not blog.sees(cast.UNKIND)
    assert desk.standing(author) == (Status.HELD, Origin.POLICY)


def test_an_advertisement_goes_to_the_spam(blog: WordPress, desk: Desk, author: str, plugin: str) -> None:
    assert blog.status(blog.comment(f"{SPAM} {author}", author)) == "spam"
    assert desk.standing(author) == (Status.SPAM, Origin.POLICY)


def test_what_a_rule_rejects_is_not_even_kept(blog: WordPress, desk: Desk, author: str, plugin: str) -> None:
    desk.use_rules([Rule("abusive", 0.4, Action.REJECT)])
    try:
        assert blog.comment(f"{cast.UNKIND} {author}!", author) is None
    finally:
        desk.use_rules(RULES)
    assert desk.standing(author) == (Status.REJECTED, Origin.POLICY)


def test_what_a_reader_sends_by_the_rest_interface_is_read_too(
    blog: WordPress, desk: Desk, author: str, plugin: str
) -> None:
    reader = blog.add_reader(author.lower())
    kind = blog.rest("POST", "/comments", reader, post=1, content=f"{cast.KIND} {author}")
    spam = blog.rest("POST", "/comments", reader, post=1, content=f"{SPAM} {author}")
    assert [blog.status(each["id"]) for each in (kind, spam)] == ["approved", "spam"]


@pytest.mark.parametrize(("decision", "status"), [("approve", "approved"), ("spam", "spam"), ("reject", "spam")])
def test_the_old_plugin_asks_again_and_hears_what_was_decided(
    blog: WordPress, desk: Desk, author: str, decision: str, status: str
) -> None:
    comment_id = blog.comment(f"{cast.UNKIND} {author}!", author)
    blog.let_twenty_minutes_pass()
    assert blog.status(comment_id) == "hold", "nobody has decided yet"
    desk.decide(author, decision)
    blog.let_twenty_minutes_pass()
    assert blog.status(comment_id) == status


@pytest.mark.usefixtures("newer")
@pytest.mark.parametrize(("decision", "status"), [("approve", "approved"), ("spam", "spam"), ("reject", "spam")])
def test_todays_plugin_is_told_within_seconds(
    blog: WordPress, desk: Desk, author: str, decision: str, status: str
) -> None:
    comment_id = blog.comment(f"{cast.UNKIND} {author}!", author)
    assert blog.status(comment_id) == "hold"
    desk.decide(author, decision)
    blog.become(comment_id, status)


@pytest.mark.usefixtures("newer")
def test_todays_plugin_publishes_nothing_because_nobody_decided(blog: WordPress, desk: Desk, author: str) -> None:
    comment_id = blog.comment(f"{cast.UNKIND} {author}!", author)
    blog.let_two_weeks_pass()
    assert blog.status(comment_id) == "hold"


@pytest.mark.usefixtures("newer")
def test_todays_plugin_is_told_when_an_approval_is_taken_back(blog: WordPress, desk: Desk, author: str) -> None:
    comment_id = blog.comment(f"{cast.KIND} Yours, {author}", author)
    desk.decide(author, "spam")
    blog.become(comment_id, "spam")
    desk.decide(author, "approve")
    blog.become(comment_id, "approved")


def test_what_the_blog_calls_spam_is_spam_here_until_it_says_otherwise(
    blog: WordPress, desk: Desk, author: str, plugin: str
) -> None:
    comment_id = blog.comment(f"{cast.KIND} Yours, {author}", author)
    blog.mark(comment_id, "spam")
    assert desk.standing(author) == (Status.SPAM, Origin.SITE)
    blog.mark(comment_id, "approved")
    assert desk.standing(author) == (Status.APPROVED, Origin.SITE)
    assert blog.status(comment_id) == "approved"


def test_while_undertone_is_away_every_comment_waits_and_is_read_when_it_is_back(
    blog: WordPress, desk: Desk, author: str, plugin: str
) -> None:
    desk.server.kill()
    try:
        kind = blog.comment(f"{cast.KIND} Yours, {author}-kind", f"{author}-kind")
        spam = blog.comment(f"{SPAM} {author}-spam", f"{author}-spam")
        unkind = blog.comment(f"{cast.UNKIND} {author}!", author)
        assert [blog.status(each) for each in (kind, spam, unkind)] == ["hold", "hold", "hold"]
        blog.let_twenty_minutes_pass()
        assert [blog.status(each) for each in (kind, spam, unkind)] == ["hold", "hold", "hold"]
    finally:
        desk.server.start()
    blog.let_twenty_minutes_pass()
    assert [blog.status(each) for each in (kind, spam, unkind)] == ["approved", "spam", "hold"]
    assert desk.standing(author) == (Status.HELD, Origin.POLICY)


def test_without_an_address_nothing_is_sent_to_akismet_and_comments_wait(
    blog: WordPress, desk: Desk, author: str, plugin: str
) -> None:
    with blog.without("UNDERTONE_URL"):
        assert blog.status(blog.comment(f"{cast.KIND} Yours, {author}", author)) == "hold"


def test_wordpresss_own_rule_holds_newcomers_whatever_we_say(blog: WordPress, author: str, plugin: str) -> None:
    with blog.holding_newcomers():
        assert blog.status(blog.comment(f"{cast.KIND} Yours, {author}", author)) == "hold"


@pytest.mark.usefixtures("newer")
def test_wordpresss_own_rule_holds_newcomers_even_after_an_approval(blog: WordPress, desk: Desk, author: str) -> None:
    with blog.holding_newcomers():
        comment_id = blog.comment(f"{cast.UNKIND} {author}!", author)
        desk.decide(author, "approve")
        desk.wait_until_told(author)
        assert blog.status(comment_id) == "hold"


@pytest.fixture
def page(blog: WordPress, browser: Browser) -> Iterator[Page]:
    """Return a browser's page in which the blog's administrator is signed in."""
    context = browser.new_context(base_url=blog.url)
    opened = context.new_page()
    opened.goto("/wp-login.php")
    opened.locator("#user_login").fill("admin")
    opened.locator("#user_pass").fill("adminpass")
    opened.locator("#wp-submit").click()
    yield opened
    context.close()


def test_the_plugins_page_takes_the_key_and_tells_akismet_nothing(
    blog: WordPress, desk: Desk, page: Page, plugin: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).hostname or ""))
    blog.forget_key()
    page.goto("/wp-admin/options-general.php?page=akismet-key-config")
    page.get_by_text("Manually enter an API key").click()
    page.locator("input[name=key]").fill(desk.keys.akismet_key)
    page.locator("input[name=key]").press("Enter")
    expect(page.get_by_text("Disconnect this account")).to_be_visible()
    page.goto("/wp-admin/admin.php?page=akismet-stats-display")
    assert [host for host in asked if "akismet" in host] == []


def test_a_blog_without_an_address_says_so_to_its_administrator(blog: WordPress, page: Page) -> None:
    with blog.without("UNDERTONE_URL"):
        page.goto("/wp-admin/")
        expect(page.get_by_text("UNDERTONE_URL is not defined in wp-config.php")).to_be_visible()
    page.goto("/wp-admin/")
    expect(page.get_by_text("UNDERTONE_URL is not defined in wp-config.php")).to_have_count(0)
