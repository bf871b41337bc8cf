"""`import` and `export` as people and scripts meet them: what is printed, exit codes, and being stopped and killed."""

import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.settings import PREFIX, ROOT
from tests import cast
from tests.archives.reading import SAMPLES, isso_file
from tests.processes import until

Run = Callable[..., Result]
SITE = "https://relay.example.org"
FILES = ("wordpress.xml", "wordpress-spam.json", "disqus.xml", "comments.jsonl", "comments.csv")


@pytest.fixture
def environment(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the settings of a service that has one site."""
    for name in [each for each in os.environ if each.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    database = tmp_path / "undertone.db"
    database.write_bytes(migrated_file.read_bytes())
    own = {"UNDERTONE_DATABASE_URL": f"sqlite:///{database}", "UNDERTONE_SECRET_KEY": "s" * 32}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    return own


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Return a function that runs a command in this process."""

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(each) for each in arguments], prog_name="python -m service")

    assert invoke("site", "add", SITE).exit_code == 0
    return invoke


def take(run: Run, file: Path, *more: str) -> dict[str, Any]:
    """Import a file and return what is said of that."""
    result = run("import", file, "--site", SITE, "--json", *more)
    assert result.exit_code == 0, result.stderr
    return dict(json.loads(result.stdout))


def test_it_prints_what_it_read_added_knew_and_refused_with_reasons(run: Run) -> None:
    result = run("import", SAMPLES / "wordpress.xml", "--site", SITE)
    assert result.stdout.splitlines() == [
        "read                    5",
        "added                   3",
        "already there           0",
        "refused                 2",
        "                       1  it is no comment but a pingback",
        "                       1  its text is empty",
        "Answers to comments that are not there: 1 (to 99).",
    ]
    assert (result.exit_code, result.stderr.splitlines()) == (
        0,
        [
            "comment 4 of the file (its id 14): it is no comment but a pingback",
            "comment 5 of the file (its id 15): its text is empty",
        ],
    )


def test_the_same_as_one_json_object(run: Run) -> None:
    said = take(run, SAMPLES / "wordpress.xml")
    assert {key: said[key] for key in ("site", "format", "finished", "resumed_at", "read", "added", "refused")} == {
        "site": SITE,
        "format": "wordpress",
        "finished": True,
        "resumed_at": 0,
        "read": 5,
        "added": 3,
        "refused": 2,
    }
    assert said["reasons"] == {"it is no comment but a pingback": 1, "its text is empty": 1}
    assert (said["missing_parents"], said["missing"]) == (1, ["99"])


@pytest.mark.parametrize("name", FILES)
def test_importing_again_adds_nothing(name: str, run: Run) -> None:
    first, again = (take(run, SAMPLES / name) for _ in range(2))
    assert (again["added"], again["already_there"], again["read"]) == (0, first["added"], first["read"])


def test_issos_database_comes_in(run: Run, tmp_path: Path) -> None:
    assert (take(run, isso_file(tmp_path))["added"], take(run, isso_file_again(tmp_path))["added"]) == (3, 0)


def isso_file_again(folder: Path) -> Path:
    path = folder / "comments.db.gz"
    path.write_bytes(gzip.compress((folder / "comments.db").read_bytes()))
    return path


def test_it_says_which_columns_are_not_read(run: Run) -> None:
    assert "Columns that are not read: likes." in run("import", SAMPLES / "comments.csv", "--site", SITE).stderr


def test_a_format_can_be_named(run: Run) -> None:
    assert take(run, SAMPLES / "comments.csv", "--format", "csv")["format"] == "csv"


BAD = {
    "another format": (
        b"text,thread_url\nx,https://relay.example.org/a\n",
        ["--format", "disqus"],
        "expected Disqus's",
    ),
    "no format": (b"%PDF-1.7\n", [], "the file is no export"),
    "columns": (b"name,comment\nMaya,Thanks\n", [], "expected a table whose first line names its columns"),
    "half a gzip": (gzip.compress(os.urandom(5000))[:20], [], "the file is no whole gzip"),
    "another site": (
        b"text,thread_url\nThanks.,https://other.example.org/a\n",
        [],
        "this is the export of another site: its posts are on other.example.org",
    ),
    "entities": (
        b'<!DOCTYPE rss [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>'
        b'<rss xmlns:wp="http://wordpress.org/export/1.2/">&b;</rss>',
        [],
        "declares a document type or entities",
    ),
}


@pytest.mark.parametrize(("content", "more", "said"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_in_one_line_and_leaves_nothing(
    content: bytes, more: list[str], said: str, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "bad"
    path.write_bytes(content)
    result = run("import", path, "--site", SITE, *more)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert said in result.stderr
    assert isinstance(result.exception, SystemExit)
    with closing(sqlite3.connect(tmp_path / "undertone.db")) as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {each}").fetchone() for each in ("comments", "archives")]
    assert counts == [(0,), (0,)]


def test_another_sites_export_comes_in_when_it_is_meant(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "moved.csv"
    path.write_bytes(b"text,thread_url\nThanks.,https://other.example.org/a\n")
    assert take(run, path, "--map-host", "other.example.org")["added"] == 1


def test_a_file_of_which_nothing_can_be_taken_in_fails(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text('{"text": 1}\n{"text": 2}\n', "utf-8")
    result = run("import", path, "--site", SITE)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        1,
        f"Error: {path}: none of its 2 comments could be taken in.",
    )


def test_a_site_that_is_not_there_is_said(run: Run) -> None:
    result = run("import", SAMPLES / "comments.jsonl", "--site", "https://nowhere.example.org")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def test_a_file_that_is_not_there_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("import", tmp_path / "none", "--site", SITE).exit_code == 2


def test_an_export_comes_in_elsewhere_and_goes_out_the_same(run: Run, tmp_path: Path) -> None:
    take(run, SAMPLES / "comments.jsonl")
    run("export", "--site", SITE, "--output", tmp_path / "out.jsonl.gz")
    other = "https://another.example.org"
    run("site", "add", other)
    run("import", tmp_path / "out.jsonl.gz", "--site", other, "--map-host", "relay.example.org")
    printed = run("export", "--site", other).stdout
    assert printed.replace(other, SITE) == gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()).decode()
    assert printed.count("\n") == 3


def test_an_export_that_fails_leaves_no_file(run: Run, tmp_path: Path) -> None:
    result = run("export", "--site", "https://nowhere.example.org", "--output", tmp_path / "out.csv")
    assert (result.exit_code, [each.name for each in tmp_path.glob("*out*")]) == (1, [])


COMMENTS = 3_000
"""Of which 500 are stored together."""


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """Return an archive that takes some seconds, and another process to score."""
    path = tmp_path / "long.jsonl"
    texts = (cast.KIND, cast.UNKIND, cast.CRITICAL)
    rows = (
        {
            "id": each,
            "parent_id": each - 1,
            "text": f"{texts[each % 3]} ({each})",
            "thread": {"url": f"{SITE}/{each % 9}"},
            "status": "approved",
        }
        for each in range(COMMENTS)
    )
    path.write_text("".join(f"{json.dumps(row)}{' ' * 200}\n" for row in rows), "utf-8")
    return path


def start(file: Path, environment: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "service", "import", str(file), "--site", SITE, "--json"],
        cwd=ROOT,
        env={**os.environ, **environment, "UNDERTONE_SECOND_READER": "off"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def position(environment: dict[str, str]) -> int:
    path = environment["UNDERTONE_DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=20)) as connection:
        return int(connection.execute("SELECT max(position) FROM archives").fetchone()[0] or 0)


@pytest.mark.timeout(600)
def test_killed_three_times_it_goes_on_to_the_same_numbers(
    run: Run, environment: dict[str, str], long: Path, tmp_path: Path
) -> None:
    reached = 0
    for _ in range(3):
        with start(long, environment) as process:
            until(lambda before=reached: position(environment) > before, "the import to come further", 200)
            process.kill()
            process.communicate()
        reached = position(environment)
    assert 0 < reached < COMMENTS
    with start(long, environment) as process:
        said = json.loads(process.communicate()[0])
    assert (said["resumed_at"], said["read"], said["added"], said["already_there"], said["missing"]) == (
        reached,
        COMMENTS,
        COMMENTS,
        0,
        ["-1"],
    )
    with closing(sqlite3.connect(tmp_path / "undertone.db")) as connection:
        [(count, joined)] = connection.execute("SELECT count(*), count(parent_id) FROM comments").fetchall()
    assert (count, joined) == (COMMENTS, COMMENTS - 1)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_says_how_to_go_on(
    number: signal.Signals, run: Run, environment: dict[str, str], long: Path
) -> None:
    with start(long, environment) as process:
        until(lambda: position(environment) > 0, "the import to begin", 200)
        os.killpg(process.pid, number)  # as a terminal does: to all processes of it
        out, err = process.communicate()
    assert (process.returncode, err) == (1, "Error: Stopped. Run the same command again to go on.\n")
    assert json.loads(out)["read"] == position(environment) < COMMENTS
