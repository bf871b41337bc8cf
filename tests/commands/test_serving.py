import json
from pathlib import Path

from tests import cast
from tests.processes import Server


def test_a_server_that_is_told_to_stop_ends_without_a_complaint(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.environment.pop("CI", None)  # under which a library that we use behaves better than elsewhere
    keys = json.loads(server.command("site", "add", "https://relay.example.org", "--json"))
    server.start()
    try:
        body = {"text": cast.UNKIND, "thread": {"url": cast.POST}}
        assert server.call("POST", "/comments", keys["api_key"], body)[0] == 201
        assert server.stop() == 0
    finally:
        server.kill()
    assert [line for line in server.log.read_text().splitlines() if "is up" not in line] == []
