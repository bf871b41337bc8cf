"""Every setting once: its name, default and help.

Settings come from the environment with the prefix UNDERTONE_; `UNDERTONE_NAME_FILE` reads the value from a file, for
secrets. A name nobody knows or an impossible value raises SettingRefused, whose text says what to write instead.
"""

import contextlib
import difflib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "UNDERTONE_"
_PASSWORD = re.compile(r"(://[^:@/]*:).*(@)")
ROOT = Path(__file__).resolve().parent.parent


class SettingRefused(ValueError):
    """A setting that cannot be; the text is one line and says what to write instead."""


@dataclass(frozen=True)
class Setting:
    """One thing an operator can set."""

    name: str
    default: str
    help: str
    example: str
    read: Callable[[str], object]
    """Turns the text into a value; raises ValueError with what was expected."""
    is_secret: bool = False


@dataclass(frozen=True)
class Settings:
    """The values the service runs with."""

    database_url: str
    public_url: str
    secret_key: str
    model: str | None
    second_reader: str
    models_dir: Path
    callback_allow: frozenset[str]
    undo_seconds: float
    rate_limit: str
    trusted_proxies: int
    smtp_host: str
    smtp_port: int
    smtp_security: str
    smtp_user: str
    smtp_password: str
    smtp_from: str


def _database_url(text: str) -> str:
    if text.startswith("sqlite:///"):
        path = text.removeprefix("sqlite:///")
        if path in ("", ":memory:"):
            raise ValueError("a file: what is in memory alone is lost with the process")
        return f"sqlite:///{ROOT / path}"
    if text.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        url = "postgresql+psycopg://" + text.split("://", 1)[1]
        with contextlib.suppress(ArgumentError, ValueError):
            return make_url(url).render_as_string(hide_password=False)
    raise ValueError("an address that begins with sqlite:/// or postgresql://")


def _web_address(text: str) -> str:
    with contextlib.suppress(ValueError):
        parts = urlsplit(text)
        if parts.scheme in ("http", "https") and parts.hostname:
            return text.rstrip("/")
    raise ValueError("an address that begins with http:// or https://")


def _secret(text: str) -> str:
    if text and len(text) < 16:
        raise ValueError("at least 16 characters that nobody can guess")
    return text


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("a number of seconds") from None
    if not 0 <= value <= 3600:
        raise ValueError("a number of seconds from 0 to 3600")
    return value


def _count(text: str) -> int:
    if text not in map(str, range(11)):
        raise ValueError("a whole number from 0 to 10")
    return int(text)


def _host_ports(text: str) -> frozenset[str]:
    allowed = [each.strip() for each in text.split(",") if each.strip()]
    for each in allowed:
        host, _, port = each.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError("a list of host:port, separated by commas")
    return frozenset(allowed)


def _rate(text: str) -> str:
    from limits import parse  # imported late: `python -m service settings` needs none of it

    try:
        parse(text)
    except ValueError:
        raise ValueError("a rate like 100/second or 3000/minute") from None
    return text


def _model_name(text: str) -> str | None:
    if text and (Path(text).name != text or text.startswith(".")):
        raise ValueError("the name of a folder in models/, without a path")
    return text or None


def _mode(text: str) -> str:
    if text not in ("unsure", "always", "off"):
        raise ValueError("one of unsure, always, off")
    return text


def _mail_host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:-]*", text):
        raise ValueError("the name of a mail server, without a port")
    return text


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise ValueError("a port from 1 to 65535")
    return int(text)


def _security(text: str) -> str:
    if text not in ("starttls", "tls", "none"):
        raise ValueError("one of starttls, tls, none")
    return text


def _sender(text: str) -> str:
    address = parseaddr(text)[1]
    if text and not (text.isprintable() and re.fullmatch(r"[!-?A-~]+@[A-Za-z0-9.-]+", address)):
        raise ValueError("a mail address, with a name before it or without")
    return text


def _any_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("one line of text")
    return text


def _folder(text: str) -> Path:
    return ROOT / text


SETTINGS = (
    Setting(
        "DATABASE_URL",
        "sqlite:///var/undertone.db",
        "Where everything is kept: a SQLite file (relative to the project) or a PostgreSQL database.",
        "postgresql://user:password@host/undertone",
        _database_url,
    ),
    Setting(
        "PUBLIC_URL",
        "http://127.0.0.1:8000",
        "The address under which moderators reach this service. With https, cookies are sent over https alone.",
        "https://undertone.example.org",
        _web_address,
    ),
    Setting(
        "SECRET_KEY",
        "",
        "Signs the session cookies. When empty, one is made once and kept in var/secret.",
        "32 random characters or more",
        _secret,
        is_secret=True,
    ),
    Setting(
        "MODEL",
        "",
        "The folder in models/ to score with. When empty, the one named in models/active.",
        "comments-en-1",
        _model_name,
    ),
    Setting(
        "SECOND_READER",
        "unsure",
        "Which comments the slower, second reader reads: where the first is unsure, always all, or none (off).",
        "always",
        _mode,
    ),
    Setting("MODELS_DIR", "models", "The folder that holds the models.", "/srv/undertone/models", _folder),
    Setting(
        "CALLBACK_ALLOW",
        "",
        "Callbacks to private and loopback addresses are refused, except to these.",
        "localhost:8080,10.0.0.7:80",
        _host_ports,
    ),
    Setting(
        "UNDO_SECONDS",
        "8",
        "How long a decision waits before the site is told, so that an undo is never seen outside.",
        "15",
        _seconds,
    ),
    Setting(
        "RATE_LIMIT",
        "200/second",
        "How many API calls one site may make. More get 429.",
        "3000/minute",
        _rate,
    ),
    Setting(
        "TRUSTED_PROXIES",
        "0",
        "How many reverse proxies stand in front and set X-Forwarded-For.",
        "1",
        _count,
    ),
    Setting(
        "SMTP_HOST",
        "",
        "The mail server that reports are handed to. When empty, no mail is sent.",
        "mail.example.org",
        _mail_host,
    ),
    Setting("SMTP_PORT", "587", "The mail server's port.", "465", _port),
    Setting(
        "SMTP_SECURITY",
        "starttls",
        "How the way to the mail server is secured: starttls, tls from the first byte (mostly port 465), or none.",
        "tls",
        _security,
    ),
    Setting(
        "SMTP_USER",
        "",
        "The name to sign in with at the mail server. When empty, nobody signs in.",
        "undertone",
        _any_line,
    ),
    Setting(
        "SMTP_PASSWORD",
        "",
        "The password to it. It is never sent without TLS.",
        "a password",
        _any_line,
        is_secret=True,
    ),
    Setting("SMTP_FROM", "", "Whom mail comes from.", "Undertone <undertone@example.org>", _sender),
)


def load(environment: Mapping[str, str], secret_file: Path = ROOT / "var" / "secret") -> Settings:
    """Return the settings of an environment; raise SettingRefused for what cannot be."""
    values = read(environment)
    _refuse_half_a_mail_server(values)
    values["secret_key"] = values["secret_key"] or _kept_secret(secret_file)
    return Settings(**values)  # type: ignore[arg-type]  # each reader returns its field's type; a test holds them together


def read(environment: Mapping[str, str]) -> dict[str, object]:
    """Return every setting's value by its field's name, without making a secret; raise SettingRefused likewise."""
    _refuse_unknown(environment)
    return {setting.name.lower(): _value(setting, environment) for setting in SETTINGS}


def shown(setting: Setting, environment: Mapping[str, str]) -> str:
    """Return what is set as it may be printed: no secret, and no password in an address."""
    return "(secret)" if setting.is_secret else _PASSWORD.sub(r"\1***\2", text_of(setting, environment))


def text_of(setting: Setting, environment: Mapping[str, str]) -> str:
    """Return what is set, as text: from the environment, from the file it names, or the default."""
    name = PREFIX + setting.name
    if name in environment:
        return environment[name]
    if f"{name}_FILE" not in environment:
        return setting.default
    path = Path(environment[f"{name}_FILE"])
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingRefused(f"{name}_FILE names {path}, which cannot be read as text ({error}).") from error


def _refuse_half_a_mail_server(values: Mapping[str, object]) -> None:
    if values["smtp_host"] and not values["smtp_from"]:
        raise SettingRefused(
            f"{PREFIX}SMTP_HOST is set, so {PREFIX}SMTP_FROM must be; for example: Undertone <undertone@example.org>"
        )
    if bool(values["smtp_user"]) != bool(values["smtp_password"]):
        raise SettingRefused(f"{PREFIX}SMTP_USER and {PREFIX}SMTP_PASSWORD belong together: set both, or neither.")
    if values["smtp_password"] and values["smtp_security"] == "none":
        raise SettingRefused(
            f"{PREFIX}SMTP_PASSWORD is never sent without TLS: "
            f"set {PREFIX}SMTP_SECURITY to starttls or tls, or leave out name and password."
        )


def _value(setting: Setting, environment: Mapping[str, str]) -> object:
    text = text_of(setting, environment)
    try:
        return setting.read(text)
    except ValueError as error:
        is_set = f"{PREFIX}{setting.name} is {shown(setting, environment)!r}"
        raise SettingRefused(f"{is_set}, but must be {error}; for example: {setting.example}") from error


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = [PREFIX + setting.name for setting in SETTINGS]
    names = {*known, *(f"{name}_FILE" for name in known)}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in names:
            # Compared without what all have in common, or every name would be like every other.
            endings = [each.removeprefix(PREFIX) for each in names]
            near = difflib.get_close_matches(name.removeprefix(PREFIX), endings, n=1)
            hint = f"did you mean {PREFIX}{near[0]}?" if near else "`python -m service settings` lists what there is."
            raise SettingRefused(f"There is no setting {name}; {hint}")


def _kept_secret(path: Path) -> str:
    """Return the secret kept in the file, made on first use, readable by its owner alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_secret(path)
        return _checked_secret(path)
    except OSError as error:
        raise SettingRefused(f"{PREFIX}SECRET_KEY is empty and {path} cannot be kept ({error}). Set it.") from error


def _checked_secret(path: Path) -> str:
    kept = path.read_bytes()
    if len(kept) < 16 or not kept.isascii():
        raise SettingRefused(f"{path} holds no secret for {PREFIX}SECRET_KEY. Delete it, and a new one is made.")
    return kept.decode("ascii").strip()


def _make_secret(path: Path) -> None:
    # Linked into place whole, so that a second process that starts at the same moment never reads half a secret.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
