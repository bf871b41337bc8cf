"""What the tests of the plugins share: a real Isso."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import one_at_a_time

CLIENTS = Path(__file__).parents[1] / "clients"


@pytest.fixture(scope="session")
def isso_command() -> Path:
    """Return Isso's command, installed as its list says in an environment of its own; skip where it cannot be."""
    wanted, folder = CLIENTS / "isso.txt", CLIENTS / "isso"
    stamp = folder / ".installed.txt"
    with one_at_a_time(wanted):
        if not stamp.exists() or stamp.read_bytes() != wanted.read_bytes():
            made = subprocess.run(
                [sys.executable, "-m", "venv", "--clear", str(folder)], capture_output=True, check=False
            )
            pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "-r", str(wanted)]
            if made.returncode or subprocess.run(pip, capture_output=True, check=False).returncode:
                pytest.skip("Isso cannot be installed here")
            stamp.write_bytes(wanted.read_bytes())
    return folder / "bin" / "isso"
