"""A real WordPress for tests: Debian's package with its Akismet plugin, MariaDB on a private socket, PHP's server."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from service.settings import ROOT
from tests.processes import free_port, until

SCRIPTS = ROOT.parent / "shared" / "wordpress"
SHIM = ROOT / "plugins" / "wordpress" / "undertone-akismet-shim.php"
NEWER_PLUGIN = ROOT / "tests" / "clients" / "akismet-plugin"
"""Where `tests/clients/fetch_akismet_plugin.sh` puts the plugin of today; Debian's WordPress brings one of 2022."""

PROGRAMS = ("php", "mariadbd", "mariadb-install-db", "apt-get", "dpkg", "curl")
PIECES = (
    Path("/usr/share/php/getid3"),
    Path("/usr/share/javascript/cropper"),
    Path("/usr/share/javascript/underscore"),
    Path("/usr/share/wordpress/wp-content/themes/twentytwentythree"),
)
"""What Debian's WordPress only points at."""

_NUMBER = re.compile(r"#comment-(\d+)$")
_LATER = """
require $argv[1] . '/wp-load.php';
foreach ( _get_cron_array() as $due => $hooks ) {
    if ( isset( $hooks[ $argv[2] ] ) ) {
        foreach ( $hooks[ $argv[2] ] as $event ) {
            wp_unschedule_event( $due, $argv[2], $event['args'] );
            wp_schedule_single_event( $due - $argv[3], $argv[2], $event['args'] );
            echo 'due';
        }
    }
}
"""


def skip_where_it_cannot_be() -> None:
    """Skip a test on a machine that lacks what WordPress needs, by the name of what is missing."""
    missing = [str(each) for each in (SCRIPTS, *PIECES) if not each.exists()]
    missing += [name for name in PROGRAMS if not shutil.which(name)]
    if not missing and "mysqli" not in subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout:
        missing.append("PHP's mysqli")
    if missing:
        pytest.skip(f"WordPress cannot be set up without {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("WordPress is set up by root alone, since MariaDB has a user of its own")


class WordPress:
    """A blog of its own in a folder, which asks an Undertone about every comment through our shim."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.docroot = folder / "www"
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.address}"
        self.http = urllib3.PoolManager(retries=False, timeout=60)
        self._own_plugin = folder / "akismet-of-its-own"

    def set_up(self, key: str, undertone: str) -> None:
        """Make the blog with its plugin and our key in it, and start it; skip where its package cannot be had."""
        # PHP would go on with the old files for two seconds after a plugin was changed.
        (self.folder / "php.d").mkdir()
        (self.folder / "php.d" / "look.ini").write_text("opcache.revalidate_freq=0\n")
        done = self._script("setup.sh", AKISMET_KEY=key, AKISMET_BASE_URL=undertone, SKIP_APT="1")
        if done.returncode and not (self.docroot / "wp-load.php").exists():
            pytest.skip("Debian's package of WordPress cannot be had here")
        assert done.returncode == 0, done.stdout + done.stderr
        (self._mu_plugins / "mu-akismet-redirect.php").unlink()  # ours does its work
        shutil.copy(SHIM, self._mu_plugins)
        self.configure("UNDERTONE_URL", undertone)
        shutil.copytree(self._plugin, self._own_plugin)

    @property
    def _mu_plugins(self) -> Path:
        return self.docroot / "wp-content" / "mu-plugins"

    @property
    def _plugin(self) -> Path:
        return self.docroot / "wp-content" / "plugins" / "akismet"

    def configure(self, name: str, value: str) -> None:
        """Define a constant in wp-config.php, as a newcomer does."""
        config = self.docroot / "wp-config.php"
        config.write_text(config.read_text().replace("<?php\n", f"<?php\ndefine( '{name}', '{value}' );\n", 1))

    @contextlib.contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Take a constant out of wp-config.php for a time."""
        config = self.docroot / "wp-config.php"
        configured = config.read_text()
        config.write_text(re.sub(rf"define\( '{name}'.*\n", "", configured))
        try:
            yield
        finally:
            config.write_text(configured)

    def use_plugin(self, folder: Path | None = None) -> None:
        """Put another Akismet plugin in the place of the one there is; without a folder, the one it came with."""
        shutil.rmtree(self._plugin)
        shutil.copytree(folder or self._own_plugin, self._plugin)

    def forget_all(self) -> None:
        """Throw away every comment, and what was planned for one."""
        self._sql(
            "DELETE FROM wp_comments; DELETE FROM wp_commentmeta; DELETE FROM wp_options WHERE option_name = 'cron'"
        )

    def forget_key(self) -> None:
        """Take our key out of the plugin, as if it had just been installed."""
        self._sql("DELETE FROM wp_options WHERE option_name = 'wordpress_api_key'")

    @contextlib.contextmanager
    def holding_newcomers(self) -> Iterator[None]:
        """Let WordPress hold everybody who was never approved before, as every new blog does."""
        option = "WHERE option_name = 'comment_previously_approved'"
        self._sql(f"UPDATE wp_options SET option_value = '1' {option}")
        try:
            yield
        finally:
            self._sql(f"UPDATE wp_options SET option_value = '0' {option}")

    def _sql(self, statement: str) -> None:
        socket = f"--socket={self.folder / 'db' / 's.sock'}"
        subprocess.run(["mariadb", "--no-defaults", socket, "-uroot", "wp", "-e", statement], check=True)

    def comment(self, text: str, author: str) -> int | None:
        """Write a comment into the form under the first post, as a visitor; None where WordPress did not keep it."""
        fields = {"comment": text, "author": author, "email": f"{author.lower().replace(' ', '.')}@example.org"}
        fields |= {"url": "", "comment_post_ID": "1", "comment_parent": "0", "ak_hp_textarea": "", "ak_js": "1"}
        answer = self.http.request(
            "POST",
            f"{self.url}/wp-comments-post.php",
            fields=fields,
            encode_multipart=False,
            headers={"Referer": f"{self.url}/?p=1", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"},
            redirect=False,
        )
        assert answer.status == 302, answer.data
        found = _NUMBER.search(answer.headers["Location"])
        return int(found[1]) if found else None

    def rest(self, method: str, path: str, user: tuple[str, str] | None = None, **fields: Any) -> Any:  # noqa: ANN401
        """Call WordPress's own REST API, as its administrator unless told otherwise."""
        name, password = user or ("admin", (self.folder / "app-password").read_text())
        answer = self.http.request(
            method,
            f"{self.url}/wp-json/wp/v2{path}",
            headers=urllib3.make_headers(basic_auth=f"{name}:{password}"),
            json=fields or None,
        )
        assert answer.status in (200, 201), answer.data
        return json.loads(answer.data)

    def add_reader(self, name: str) -> tuple[str, str]:
        """Add somebody who may sign in and write, and no more; return what they sign in with."""
        made = self.rest("POST", "/users", username=name, email=f"{name}@example.org", password="long-and-unguessed")
        return name, self.rest("POST", f"/users/{made['id']}/application-passwords", name="test")["password"]

    def status(self, comment_id: int | None) -> str:
        """Return where a comment stands: approved, hold, spam or trash."""
        return str(self.rest("GET", f"/comments/{comment_id}?context=edit")["status"])

    def sees(self, text: str) -> bool:
        """Whether a visitor reads a text under the first post."""
        return text in self.http.request("GET", f"{self.url}/?p=1", retries=urllib3.Retry(redirect=3)).data.decode()

    def mark(self, comment_id: int | None, status: str) -> None:
        """Let the blog's administrator decide about a comment."""
        self.rest("POST", f"/comments/{comment_id}", status=status)

    def let_twenty_minutes_pass(self) -> None:
        """Let the plugin's next look at what waits fall due."""
        self._let_pass(1200, "akismet_schedule_cron_recheck")

    def let_two_weeks_pass(self) -> None:
        """Let fall due what the plugin does with a comment that it was told nothing more about."""
        self._let_pass(1_209_600, "akismet_approval_fallback")

    def _let_pass(self, seconds: int, plan: str) -> None:
        """Bring forward what the plugin has planned, and run WordPress's clockwork."""
        command = ["php", "-r", _LATER, str(self.docroot), plan, str(seconds)]
        assert subprocess.run(command, capture_output=True, check=True).stdout == b"due", f"no {plan} was planned"
        self.http.request("GET", f"{self.url}/wp-cron.php")

    def become(self, comment_id: int | None, status: str) -> None:
        """Wait until a comment stands where it should."""
        until(lambda: self.status(comment_id) == status, f"comment {comment_id} to become {status}", seconds=20)

    def stop(self) -> None:
        """Stop what was started, at once: nobody needs that database any more."""
        for name in ("php.pid", "db.pid"):
            file = self.folder / name
            if file.exists():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(int(file.read_text()), signal.SIGKILL)  # each leads a group of its own

    def _script(self, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(SCRIPTS / name), str(self.folder)],
            env={**os.environ, "WP_PORT": str(self.port), "PHP_INI_SCAN_DIR": f":{self.folder}/php.d", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
