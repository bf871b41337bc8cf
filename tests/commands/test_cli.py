"""The command line: exit codes that scripts rely on, and one line that says what to do instead of a traceback."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner, Result

from service import settings as known
from service.cli import COMMANDS, main
from service.domain.events import Event
from service.flows import endpoints, people
from service.settings import PREFIX, ROOT, SETTINGS
from service.store import users
from service.store.engine import Database
from service.store.tables import Role, SiteRow
from tests import cast
from tests.processes import free_port

Run = Callable[..., Result]

URL = "https://blog.example.org"
NOBODY_LISTENS = "postgresql://undertone:hush-hush@127.0.0.1:1/undertone"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the settings of a fresh service, in this process's environment too."""
    for name in [each for each in os.environ if each.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    own = {"UNDERTONE_DATABASE_URL": f"sqlite:///{tmp_path}/undertone.db", "UNDERTONE_SECRET_KEY": "s" * 32}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    return own


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Return a function that runs a command in this process."""

    def invoke(*arguments: str, given: str | bytes = "", **changed: str) -> Result:
        settings = {f"{PREFIX}{name}": value for name, value in changed.items()}
        return CliRunner().invoke(main, arguments, input=given, env=settings, prog_name="python -m service")

    return invoke


@pytest.fixture
def process(environment: dict[str, str]) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Return a function that runs a command as a process of its own, which takes half a second."""

    def start(*arguments: str, given: bytes = b"", **changed: str) -> "subprocess.CompletedProcess[str]":
        settings = {f"{PREFIX}{name}": value for name, value in changed.items()}
        done = subprocess.run(
            [sys.executable, "-m", "service", *arguments],
            cwd=ROOT,
            env={**os.environ, **settings},
            input=given,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return start


@pytest.fixture
def database(environment: dict[str, str], run: Run) -> Iterator[Database]:
    """Return the service's database, with its tables."""
    assert run("db", "upgrade").exit_code == 0
    opened = Database(environment["UNDERTONE_DATABASE_URL"])
    yield opened
    opened.dispose()


def refusal(result: Result) -> tuple[int, int, bool]:
    """Return exit code, number of lines on standard error, and whether it ended as commands do (no traceback)."""
    ended = result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, len(result.stderr.splitlines()), ended


ONE_LINE = (1, 1, True)
WRONG_USAGE = (2, 1, True)


# Done: 0


def test_a_site_is_added_with_the_keys_that_were_promised(run: Run) -> None:
    added = json.loads(run("site", "add", URL, "--json").stdout)
    assert list(added) == ["site", "url", "api_key", "akismet_key", "webhook_secret", "coral_secret"]


def test_the_keys_of_a_site_look_as_was_promised(run: Run) -> None:
    added = json.loads(run("site", "add", URL, "--json").stdout)
    looks = (len(added["akismet_key"]), added["webhook_secret"].startswith("whsec_"), added["url"])
    assert looks == (12, True, URL)


def test_the_json_is_all_that_is_printed(run: Run) -> None:
    result = run("site", "add", URL, "--json")
    assert (result.exit_code, result.stdout.count("\n"), result.stderr) == (0, 1, "")


def test_no_two_sites_share_a_key(run: Run) -> None:
    first, second = (json.loads(run("site", "add", f"{URL}/{each}", "--json").stdout) for each in "ab")
    shared = [name for name in first if first[name] == second[name]]
    assert shared == []


def test_the_key_of_a_site_is_not_kept(environment: dict[str, str], run: Run) -> None:
    added = json.loads(run("site", "add", URL, "--json").stdout)
    path = environment["UNDERTONE_DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        dump = "\n".join(connection.iterdump())
    assert [name for name in ("api_key", "akismet_key") if added[name] in dump] == []


def test_the_keys_are_printed_for_people_too(run: Run) -> None:
    shown = run("site", "add", URL).stdout
    assert [name for name in ("api_key", "akismet_key", "webhook_secret", "coral_secret") if name not in shown] == []


def test_a_site_may_have_a_name(run: Run) -> None:
    run("site", "add", URL, "--name", "The Blog")
    assert json.loads(run("site", "list", "--json").stdout) == [{"site": 1, "url": URL, "name": "The Blog"}]


def test_where_a_blog_is_told_what_is_listed(run: Run) -> None:
    run("site", "add", URL, "--callback", f"{URL}/hook")
    listed = json.loads(run("site", "endpoints", URL, "--json").stdout)
    assert listed == [{"endpoint": 1, "url": f"{URL}/hook", "events": ["comment.decided"], "state": "in use"}]
    assert run("site", "endpoints", URL).stdout == f"1  {URL}/hook  comment.decided  in use\n"


def test_the_address_for_decisions_is_changed_and_taken_away(run: Run) -> None:
    run("site", "add", URL)
    said = [
        run("site", "change", URL, "--callback", each).stdout
        for each in (f"{URL}/hook", f"{URL}/other", "none", "none")
    ]
    assert [each.split(",")[0] for each in said] == [
        f"{URL}: callback {URL}/hook",
        f"{URL}: callback {URL}/other",
        f"{URL}: callback none",
        f"{URL}: callback none",
    ]


def test_which_of_several_endpoints_is_meant_is_not_guessed(run: Run, database: Database) -> None:
    run("site", "add", URL, "--callback", f"{URL}/hook")
    with database.writing() as session:
        site = session.get_one(SiteRow, 1)
        endpoints.add(session, site, f"{URL}/second", [Event.COMMENT_DECIDED], site.created_at)
    refused = run("site", "change", URL, "--callback", "none")
    assert (refusal(refused), "/sites/1/endpoints" in refused.stderr) == (ONE_LINE, True)
    said = run("site", "change", URL, "--otherwise", "hold").stdout
    assert said.startswith(f"{URL}: callback {URL}/hook, {URL}/second, otherwise hold")


def test_a_site_without_a_name_is_called_by_its_host(run: Run) -> None:
    run("site", "add", f"{URL}:8443/news/")
    listed = json.loads(run("site", "list", "--json").stdout)
    assert listed == [{"site": 1, "url": f"{URL}:8443/news", "name": "blog.example.org:8443"}]


@pytest.mark.parametrize("role", Role)
def test_a_person_is_added_with_a_password_from_standard_input(run: Run, database: Database, role: Role) -> None:
    run("user", "add", "Ana", "--role", role.value, "--password-stdin", given=cast.PASSWORD + "\n")
    with database.reading() as session:
        ana = users.by_name(session, "Ana")
    assert ana
    assert (ana.role, ana.must_change_password) == (role, False)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nmore\n"])
def test_the_password_is_the_first_line(run: Run, database: Database, end: str) -> None:
    run("user", "add", "Ana", "--role", "admin", "--password-stdin", given=cast.PASSWORD + end)
    with database.reading() as session:
        assert people.recognise(session, "Ana", cast.PASSWORD)


def test_the_password_is_not_printed(run: Run) -> None:
    result = run("user", "add", "Ana", "--role", "admin", "--password-stdin", given=cast.PASSWORD)
    assert cast.PASSWORD not in result.output


def test_a_new_password_replaces_the_old(run: Run, database: Database) -> None:
    run("user", "add", "Ana", "--role", "admin", "--password-stdin", given=cast.PASSWORD)
    run("user", "password", "Ana", "--password-stdin", given="another good one")
    with database.reading() as session:
        assert [bool(people.recognise(session, "Ana", each)) for each in (cast.PASSWORD, "another good one")] == [
            False,
            True,
        ]


def test_upgrade_makes_the_tables(run: Run) -> None:
    run("db", "upgrade")
    result = run("db", "check")
    assert (result.exit_code, result.stdout) == (0, "Tables and migrations agree.\n")


def test_upgrade_may_be_repeated(run: Run) -> None:
    assert [run("db", "upgrade").exit_code for _ in range(2)] == [0, 0]


def test_check_finds_a_table_that_is_not_ours(run: Run, database: Database) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE stray (id INTEGER PRIMARY KEY)")
        connection.commit()
    result = run("db", "check")
    assert (refusal(result), "stray" in result.stderr) == (ONE_LINE, True)


def test_the_settings_are_listed_with_their_defaults(run: Run) -> None:
    listed = {each["name"]: each["default"] for each in json.loads(run("settings", "--json").stdout)}
    assert listed == {f"{PREFIX}{setting.name}": setting.default for setting in SETTINGS}


def test_the_settings_say_what_is_set(run: Run) -> None:
    listed = {each["name"]: each["value"] for each in json.loads(run("settings", "--json", UNDO_SECONDS="15").stdout)}
    assert listed["UNDERTONE_UNDO_SECONDS"] == "15"


def test_the_settings_for_people_name_every_setting(run: Run) -> None:
    shown = run("settings").stdout
    assert [setting.name for setting in SETTINGS if f"{PREFIX}{setting.name}" not in shown] == []


@pytest.mark.parametrize("arguments", [["settings"], ["settings", "--json"]], ids=" ".join)
@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [("SECRET_KEY", "hush-hush-hush-hush", "hush"), ("DATABASE_URL", NOBODY_LISTENS, "hush-hush")],
)
def test_no_secret_is_printed(run: Run, arguments: list[str], name: str, value: str, secret: str) -> None:
    assert secret not in run(*arguments, **{name: value}).output


def test_a_setting_may_come_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rate").write_text("5/minute\n")
    shown = json.loads(run("settings", "--json", RATE_LIMIT_FILE=str(tmp_path / "rate")).stdout)
    assert [each["value"] for each in shown if each["name"] == "UNDERTONE_RATE_LIMIT"] == ["5/minute"]


def test_the_description_of_the_api_is_printed(run: Run) -> None:
    assert "/api/v1/comments" in json.loads(run("openapi").stdout)["paths"]


def test_the_description_is_the_one_that_is_served(run: Run) -> None:
    from service.app import create_app

    served = create_app(known.load(os.environ)).test_client().get("/openapi.json").json
    assert json.loads(run("openapi").stdout) == served


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_every_command_explains_itself(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout.startswith("Usage: python -m service"), result.stderr) == (0, True, "")


# Failed: 1


class Case(NamedTuple):
    """Something that cannot be done."""

    arguments: list[str]
    says: str
    settings: Mapping[str, str] = {}
    given: str | bytes = ""


ADD_SITE = ["site", "add", URL]
ADD_USER = ["user", "add", "Ana", "--role", "admin", "--password-stdin"]

FAILURES = {
    "a setting that is mistyped": Case(["settings"], "UNDERTONE_UNDO_SECONDS", {"UNDO_SECOND": "5"}),
    "a setting that nobody knows": Case(["settings"], "UNDERTONE_XYZZY", {"XYZZY": "1"}),
    "an unknown setting, for a command of the classifier": Case(["models"], "UNDERTONE_XYZZY", {"XYZZY": "1"}),
    "seconds that are none": Case(["settings"], "seconds", {"UNDO_SECONDS": "soon"}),
    "seconds that are no number": Case(["settings"], "seconds", {"UNDO_SECONDS": "nan"}),
    "seconds below nothing": Case(["settings"], "seconds", {"UNDO_SECONDS": "-1"}),
    "a secret too short": Case(["settings"], "16", {"SECRET_KEY": "short"}),
    "a rate that is none": Case(["settings"], "100/second", {"RATE_LIMIT": "fast"}),
    "no rate": Case(["settings"], "100/second", {"RATE_LIMIT": ""}),
    "proxies that are no number": Case(["settings"], "0 to 10", {"TRUSTED_PROXIES": "many"}),
    "too many proxies": Case(["settings"], "0 to 10", {"TRUSTED_PROXIES": "9" * 5000}),
    "an address that is none": Case(["settings"], "http://", {"PUBLIC_URL": "blog.example.org"}),
    "an address with half a bracket": Case(["settings"], "begins with http://", {"PUBLIC_URL": "http://[::1"}),
    "a callback address without port": Case(["settings"], "host:port", {"CALLBACK_ALLOW": "localhost"}),
    "a model that is a path": Case(["settings"], "without a path", {"MODEL": "../secrets"}),
    "a database in memory": Case(["settings"], "a file", {"DATABASE_URL": "sqlite:///:memory:"}),
    "a database of another make": Case(["settings"], "postgresql://", {"DATABASE_URL": "mysql://root@localhost/x"}),
    "a database at no port": Case(["settings"], "DATABASE_URL", {"DATABASE_URL": "postgresql://localhost:port/x"}),
    "a file that is not there": Case(["settings"], "cannot be read", {"RATE_LIMIT_FILE": "/nowhere/at/all"}),
    "a database nobody listens for": Case(ADD_SITE, "127.0.0.1", {"DATABASE_URL": NOBODY_LISTENS}),
    "an upgrade of a database nobody listens for": Case(
        ["db", "upgrade"], "127.0.0.1", {"DATABASE_URL": NOBODY_LISTENS}
    ),
    "a check of a database nobody listens for": Case(["db", "check"], "127.0.0.1", {"DATABASE_URL": NOBODY_LISTENS}),
    "a worker without its database": Case(["worker"], "127.0.0.1", {"DATABASE_URL": NOBODY_LISTENS}),
    # On a port of its own: that of a service that runs here would be refused first, under the same 127.0.0.1.
    "a server without its database": Case(
        ["serve", "--port", str(free_port())], "127.0.0.1:1/", {"DATABASE_URL": NOBODY_LISTENS}
    ),
    "a database in a folder that cannot be": Case(ADD_SITE, "/dev/null", {"DATABASE_URL": "sqlite:////dev/null/x.db"}),
    "an upgrade in a folder that cannot be": Case(
        ["db", "upgrade"], "/dev/null", {"DATABASE_URL": "sqlite:////dev/null/x.db"}
    ),
    "a database that is a folder": Case(ADD_SITE, "unable to open", {"DATABASE_URL": "sqlite:////tmp"}),
    "an address of no site": Case(["site", "add", "my blog"], "'my blog'"),
    "an address of another kind": Case(["site", "add", "ftp://blog.example.org"], "https://"),
    "a callback that is none": Case([*ADD_SITE, "--callback", "call me"], "'call me'"),
    "a short password": Case(ADD_USER, "Choose 10 to", given="123456789\n"),
    "no password": Case(ADD_USER, "0 characters", given=""),
    "a password too long": Case(ADD_USER, "Choose 10 to", given="x" * 1001),
    "an empty name": Case(["user", "add", " ", *ADD_USER[3:]], "1 to 100", given=cast.PASSWORD),
    "a name too long": Case(["user", "add", "n" * 101, *ADD_USER[3:]], "1 to 100", given=cast.PASSWORD),
    "a name with a line end": Case(["user", "add", "a\nb", *ADD_USER[3:]], "printable", given=cast.PASSWORD),
    "a new password for nobody": Case(["user", "password", "Eve", "--password-stdin"], "Eve", given=cast.PASSWORD),
    "a model that is not there": Case(["score"], "comments-en-99", {"MODEL": "comments-en-99"}),
    "no models": Case(["score"], "promote", {"MODELS_DIR": "/nowhere"}),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_cannot_be_done_ends_with_1_and_a_line_that_says_why(run: Run, case: str) -> None:
    wrong = FAILURES[case]
    result = run(*wrong.arguments, given=wrong.given, **wrong.settings)
    assert (refusal(result), wrong.says in result.stderr) == (ONE_LINE, True), result.stderr


def test_a_site_that_is_there_already_is_refused(run: Run) -> None:
    run(*ADD_SITE)
    assert refusal(run("site", "add", f"{URL}/")) == ONE_LINE


def test_a_site_that_is_refused_is_not_added(run: Run) -> None:
    run(*ADD_SITE)
    run(*ADD_SITE, "--callback", "call me")
    run("site", "add", f"{URL}/2", "--callback", "call me")
    assert len(json.loads(run("site", "list", "--json").stdout)) == 1


def test_a_name_that_is_taken_is_refused(run: Run) -> None:
    run(*ADD_USER, given=cast.PASSWORD)
    assert refusal(run(*ADD_USER, given=cast.PASSWORD)) == ONE_LINE


def test_a_file_that_is_no_database_is_said_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("These are my notes. " * 100)
    assert refusal(run(*ADD_SITE, DATABASE_URL=f"sqlite:///{tmp_path}/notes.db")) == ONE_LINE


@pytest.mark.parametrize("arguments", [["db", "upgrade"], ["db", "check"], ["site", "list"]], ids=" ".join)
def test_a_database_of_a_later_version_is_said_in_one_line(run: Run, database: Database, arguments: list[str]) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    assert refusal(run(*arguments)) == ONE_LINE


def test_a_password_in_an_address_is_not_repeated(run: Run) -> None:
    assert "hush-hush" not in run(*ADD_SITE, DATABASE_URL=NOBODY_LISTENS.replace(":1/", ":port/")).output


# Wrong usage: 2

USAGE = {
    "no command": [],
    "an unknown command": ["explode"],
    "an unknown command of a group": ["db", "explode"],
    "a group without command": ["db"],
    "an unknown option": ["settings", "--xml"],
    "no address": ["site", "add"],
    "too many arguments": ["site", "add", URL, URL],
    "no role": ["user", "add", "Ana", "--password-stdin"],
    "an unknown role": ["user", "add", "Ana", "--role", "king", "--password-stdin"],
    "a port that is none": ["serve", "--port", "many"],
    "a port that cannot be": ["serve", "--port", "65536"],
    "no workers": ["serve", "--workers", "0"],
    "a file that is not there": ["score", "/nowhere/at/all.jsonl"],
}
SHOWS_HELP = ("no command", "a group without command")


@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage_ends_with_2(run: Run, case: str) -> None:
    assert run(*USAGE[case]).exit_code == 2


@pytest.mark.parametrize("case", [each for each in USAGE if each not in SHOWS_HELP])
def test_wrong_usage_is_said_in_one_line(run: Run, case: str) -> None:
    assert refusal(run(*USAGE[case])) == WRONG_USAGE


# As a process: what Python itself might print


Process = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_process_that_is_done_says_nothing_on_standard_error(process: Process) -> None:
    done = process("db", "check")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_that_failed_says_one_line(process: Process) -> None:
    done = process("settings", UNDO_SECONDS="soon")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_a_process_that_cannot_reach_its_database_says_one_line(process: Process) -> None:
    done = process("db", "check", DATABASE_URL=NOBODY_LISTENS)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_a_password_that_is_not_utf_8_is_refused_in_one_line(process: Process) -> None:
    done = process(*ADD_USER, given=b"\xff\xfe\xfd a long enough password\n")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_a_name_that_is_not_utf_8_is_refused_in_one_line(process: Process) -> None:
    arguments = ["user", "add", os.fsdecode(b"\xff"), "--role", "admin", "--password-stdin"]
    done = process(*arguments, given=cast.PASSWORD.encode())
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_a_closed_pipe_is_no_traceback(environment: dict[str, str]) -> None:
    command = f"'{sys.executable}' -m service openapi | head -c 1"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.stderr == b""


def test_new_secrets_are_printed_and_no_keys(run: Run) -> None:
    run("db", "upgrade")
    added = json.loads(run("site", "add", URL, "--json").stdout)
    renewed = json.loads(run("site", "renew", URL, "--secrets", "--json").stdout)
    assert renewed.keys() == {"site", "url", "webhook_secret", "coral_secret"}
    assert renewed["webhook_secret"] != added["webhook_secret"]


def test_coral_s_own_secret_is_read_from_standard_input(run: Run) -> None:
    run("db", "upgrade")
    run("site", "add", URL)
    answers = [run("site", "change", URL, "--coral-secret-stdin", given=each) for each in ("empsec_" + "ab" * 32, "x")]
    assert [each.exit_code for each in answers] == [0, 1]
    assert "ab" * 32 not in answers[0].output
