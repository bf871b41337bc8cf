"""The weekly mail comes once, whatever processes compete for it, are killed, and start again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from service.domain.calendar import Rhythm
from service.domain.stretches import Stretch
from service.flows import schedules
from service.settings import ROOT
from service.store.engine import Database
from service.store.tables import JobKind, JobRow, JobStatus, ReportRow, ReportRunRow
from tests import cast
from tests.mailbox import PASSWORD, SENDER, USER, Mailbox, mailbox, make_certificate
from tests.processes import Server, until

RECIPIENTS = ["ana@example.org", "ben@example.org"]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    """Return a mail server that asks for TLS and a password."""
    _authority, certificate = make_certificate(tmp_path)
    with mailbox("starttls", certificate, asks_who=True) as opened:
        yield opened


@pytest.fixture
def server(database: Database, box: Mailbox, tmp_path: Path) -> Iterator[Server]:
    """Return a server on this database, and the environment in which workers run beside it."""
    mail = {"HOST": "127.0.0.1", "PORT": str(box.port), "USER": USER, "PASSWORD": PASSWORD, "FROM": SENDER}
    settings = {f"SMTP_{name}": value for name, value in mail.items()}
    url = database.url.render_as_string(hide_password=False)
    made = Server(tmp_path, DATABASE_URL=url, SECOND_READER="off", **settings)
    made.environment["SSL_CERT_FILE"] = str(tmp_path / "authority.pem")
    yield made
    made.kill()


@contextmanager
def worker(environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker, and kill it afterwards."""
    with log.open("ab") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "worker"],
            cwd=ROOT,
            env=dict(environment),
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def count(database: Database, *which: object) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(*which)) or 0  # type: ignore[arg-type]


def let_time_pass(database: Database) -> None:
    """Let every lease of the dead run out, and every wait be over."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    with database.writing() as session:
        session.execute(update(JobRow).where(JobRow.leased_until.is_not(None)).values(leased_until=past))
        session.execute(update(JobRow).values(run_after=past))


@pytest.mark.timeout(300)
def test_two_workers_that_are_killed_and_a_restart_send_the_weekly_mail_once(
    database: Database, server: Server, box: Mailbox, tmp_path: Path
) -> None:
    with database.writing() as session:
        site, _keys = cast.add_site(session)
        before_it_was_due = datetime.now(UTC) - timedelta(weeks=1)
        schedules.save(session, site, Rhythm(Stretch.WEEK, "Europe/Berlin"), "en", before_it_was_due, RECIPIENTS)
    log = tmp_path / "workers.log"

    box.answer = "451 Not now"
    mails_tried = (JobRow.kind == JobKind.MAIL, JobRow.attempts > 0)
    with worker(server.environment, log), worker(server.environment, log):
        until(lambda: count(database, *mails_tried), f"a mail that is tried; the log: {log.read_text()}", 120)
    # Both were killed with the power cut's signal, most likely with a mail in hand.
    assert box.sent_to() == []
    let_time_pass(database)
    box.answer = "250 OK"

    with ExitStack() as running:
        for _ in range(2):
            running.enter_context(worker(server.environment, log))
        server.start()
        all_done = (JobRow.kind == JobKind.MAIL, JobRow.status == JobStatus.DONE)
        until(lambda: count(database, *all_done) == len(RECIPIENTS), f"the mails; the log: {log.read_text()}", 120)
        time.sleep(3)  # long enough for three workers to look for more, three times each
    assert box.sent_to() == RECIPIENTS
    assert box.is_secure == [True, True]
    assert count(database, ReportRow.id > 0) == count(database, ReportRunRow.id > 0) == 1
