"""What the tests of the doors share: clients that nobody here wrote."""

import shutil
import subprocess
from pathlib import Path

import pytest

from service.settings import ROOT

CLIENTS = ROOT / "tests" / "clients"


@pytest.fixture(scope="session")
def node() -> Path:
    """Return the folder of the clients in JavaScript, installed as its lock file says; skip where npm is not there."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("npm is not there")
    made, locked = CLIENTS / "node_modules" / ".package-lock.json", CLIENTS / "package-lock.json"
    if not made.exists() or made.stat().st_mtime < locked.stat().st_mtime:
        command = [npm, "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=CLIENTS, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return CLIENTS
