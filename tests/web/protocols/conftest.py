"""What the tests of the doors share: a started server with a blog, and the clients that others wrote for Node."""

import json
import os
import shutil
import subprocess
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.processes import PATIENCE_SECONDS, Receiver, Server, one_at_a_time

CLIENTS = Path(__file__).parents[2] / "clients"
RunPython = Callable[..., Any]


class Started(NamedTuple):
    """A server that runs, and the keys of the one blog that it knows."""

    server: Server
    keys: dict[str, str]


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """Start a server that clients can call, with a blog."""
    server = Server(tmp_path_factory.mktemp("started"))
    server.environment["UNDERTONE_PUBLIC_URL"] = server.url
    server.start()
    yield Started(server, json.loads(server.command("site", "add", "https://relay.example.org", "--json")))
    server.kill()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Return a blog's address, which is told of decisions."""
    opened = Receiver()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    """Return a server that may tell the receiver at once; it knows no blog yet, and the first one starts it."""
    made = Server(tmp_path_factory.mktemp("server"), CALLBACK_ALLOW=receiver.address, UNDO_SECONDS="0")
    made.command("db", "upgrade")
    yield made
    made.kill()


@pytest.fixture(scope="session")
def in_python() -> RunPython:
    """Return a function that speaks by one of the clients for Python; skip where they cannot be installed."""
    folder = CLIENTS / ".venv"
    wanted = CLIENTS / "requirements.txt"
    stamp = folder / ".installed-requirements.txt"
    with one_at_a_time(wanted):
        if not stamp.exists() or stamp.read_bytes() != wanted.read_bytes():
            venv.create(folder, clear=True, with_pip=True)
            pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            done = subprocess.run([*pip, "--no-deps", "-r", wanted], capture_output=True, check=False)
            if done.returncode:
                pytest.skip("pip cannot install the clients here")
            stamp.write_bytes(wanted.read_bytes())

    def run(library: str, address: str, key: str, text: str) -> Any:  # noqa: ANN401
        command = [folder / "bin" / "python", "-W", "ignore", CLIENTS / "speak.py", library, address, key, text]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def clients() -> Path:
    """Return the folder of the clients for Node, installed as its lock file says; skip where they cannot be."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("no npm and node here")
    wanted = CLIENTS / "package-lock.json"
    stamp = CLIENTS / "node_modules" / ".installed-lock.json"
    with one_at_a_time(wanted):
        if not stamp.exists() or stamp.read_bytes() != wanted.read_bytes():
            npm = ["npm", "ci", "--no-audit", "--no-fund"]
            if subprocess.run(npm, cwd=CLIENTS, capture_output=True, check=False).returncode:
                pytest.skip("npm cannot install the clients here")
            stamp.write_bytes(wanted.read_bytes())
    return CLIENTS


@pytest.fixture(scope="session")
def node(clients: Path) -> Callable[..., Any]:
    """Return a function that runs a script beside the clients for Node and returns the JSON that it prints."""

    def run(script: str, **given: str) -> Any:  # noqa: ANN401
        done = subprocess.run(
            ["node", "--input-type=commonjs", "-e", script],
            cwd=clients,
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
