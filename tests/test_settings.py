"""Settings: read once, and a wrong one stops the start with a line that says what to write instead."""

from dataclasses import fields
from pathlib import Path

import pytest

from service import settings
from service.settings import ROOT, SETTINGS, SettingRefused, Settings

SECRET = "0123456789abcdef"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "secret"


def load(secret_file: Path, **set_: str) -> Settings:
    return settings.load({f"UNDERTONE_{name}": value for name, value in set_.items()}, secret_file)


def refusal(secret_file: Path, **set_: str) -> str:
    with pytest.raises(SettingRefused) as refused:
        load(secret_file, **set_)
    return str(refused.value)


def test_every_setting_has_its_field() -> None:
    assert [setting.name.lower() for setting in SETTINGS] == [field.name for field in fields(Settings)]


def test_nothing_has_to_be_set(secret_file: Path) -> None:
    assert load(secret_file) == Settings(
        database_url=f"sqlite:///{ROOT / 'var' / 'undertone.db'}",
        public_url="http://127.0.0.1:8000",
        secret_key=secret_file.read_text(),
        model=None,
        models_dir=ROOT / "models",
        second_reader="unsure",
        callback_allow=frozenset(),
        undo_seconds=8.0,
        rate_limit="200/second",
        trusted_proxies=0,
        smtp_host="",
        smtp_port=587,
        smtp_security="starttls",
        smtp_user="",
        smtp_password="",
        smtp_from="",
    )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("DATABASE_URL", "sqlite:////srv/undertone.db", "sqlite:////srv/undertone.db"),
        ("DATABASE_URL", "sqlite:///here.db", f"sqlite:///{ROOT / 'here.db'}"),
        ("DATABASE_URL", "postgresql://db/undertone", "postgresql+psycopg://db/undertone"),
        ("DATABASE_URL", "postgres://db/undertone", "postgresql+psycopg://db/undertone"),
        ("DATABASE_URL", "postgresql+psycopg://db/undertone", "postgresql+psycopg://db/undertone"),
        ("PUBLIC_URL", "https://undertone.example.org/", "https://undertone.example.org"),
        ("SECRET_KEY", SECRET, SECRET),
        ("MODEL", "comments-en-1", "comments-en-1"),
        ("MODELS_DIR", "/srv/models", Path("/srv/models")),
        ("SECOND_READER", "always", "always"),
        ("SECOND_READER", "off", "off"),
        ("CALLBACK_ALLOW", "localhost:8080, 10.0.0.7:80,", frozenset({"localhost:8080", "10.0.0.7:80"})),
        ("UNDO_SECONDS", "0", 0.0),
        ("UNDO_SECONDS", "2.5", 2.5),
        ("RATE_LIMIT", "3000/minute", "3000/minute"),
        ("TRUSTED_PROXIES", "2", 2),
        ("SMTP_PORT", "465", 465),
        ("SMTP_SECURITY", "tls", "tls"),
        ("SMTP_SECURITY", "none", "none"),
        ("SMTP_FROM", "undertone@example.org", "undertone@example.org"),
        ("SMTP_FROM", "Undertone <undertone@example.org>", "Undertone <undertone@example.org>"),
    ],
)
def test_it_reads_what_is_set(name: str, text: str, value: object, secret_file: Path) -> None:
    assert getattr(load(secret_file, **{name: text}), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SECOND_READER", ""),
        ("SECOND_READER", "on"),
        ("SECOND_READER", "Always"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "mysql://db/undertone"),
        ("DATABASE_URL", "postgresql://db:port/undertone"),
        ("PUBLIC_URL", ""),
        ("PUBLIC_URL", "undertone.example.org"),
        ("PUBLIC_URL", "ftp://undertone.example.org"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "http://["),
        ("SECRET_KEY", "short"),
        ("MODEL", "../elsewhere"),
        ("MODEL", ".."),
        ("CALLBACK_ALLOW", "localhost"),
        ("CALLBACK_ALLOW", "localhost:web"),
        ("CALLBACK_ALLOW", ":80"),
        ("UNDO_SECONDS", ""),
        ("UNDO_SECONDS", "soon"),
        ("UNDO_SECONDS", "-1"),
        ("UNDO_SECONDS", "nan"),
        ("UNDO_SECONDS", "3601"),
        ("RATE_LIMIT", ""),
        ("RATE_LIMIT", "many"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "11"),
        ("TRUSTED_PROXIES", "²"),
        ("SMTP_HOST", "mail.example.org/inbox"),
        ("SMTP_HOST", "mail example"),
        ("SMTP_PORT", ""),
        ("SMTP_PORT", "0"),
        ("SMTP_PORT", "65536"),
        ("SMTP_PORT", "smtp"),
        ("SMTP_SECURITY", ""),
        ("SMTP_SECURITY", "ssl"),
        ("SMTP_USER", "undertone\nundertone"),
        ("SMTP_PASSWORD", "pass\nword"),
        ("SMTP_FROM", "undertone"),
        ("SMTP_FROM", "undertone@example.org\nBcc: ben@example.org"),
        ("SMTP_FROM", "Undertöne@example.org"),
    ],
)
def test_it_refuses_what_cannot_be_in_one_line_with_an_example(name: str, text: str, secret_file: Path) -> None:
    example = next(setting.example for setting in SETTINGS if setting.name == name)
    message = refusal(secret_file, **{name: text})
    assert message.startswith(f"UNDERTONE_{name} is ")
    assert message.endswith(f"for example: {example}")
    assert "\n" not in message


MAIL_SERVER = {"SMTP_HOST": "mail.example.org", "SMTP_FROM": "undertone@example.org"}


def test_a_mail_server_is_read(secret_file: Path, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{SECRET}\n")
    more = {"SMTP_USER": "undertone", "SMTP_PASSWORD_FILE": str(tmp_path / "password")}
    read = load(secret_file, **MAIL_SERVER, **more)
    assert (read.smtp_host, read.smtp_user, read.smtp_password) == ("mail.example.org", "undertone", SECRET)


@pytest.mark.parametrize(
    ("set_", "said"),
    [
        ({"SMTP_HOST": "mail.example.org"}, "so UNDERTONE_SMTP_FROM must be"),
        ({**MAIL_SERVER, "SMTP_USER": "undertone"}, "belong together"),
        ({**MAIL_SERVER, "SMTP_PASSWORD": SECRET}, "belong together"),
        (
            {**MAIL_SERVER, "SMTP_USER": "undertone", "SMTP_PASSWORD": SECRET, "SMTP_SECURITY": "none"},
            "is never sent without TLS",
        ),
    ],
)
def test_half_a_mail_server_is_refused_in_one_line(set_: dict[str, str], said: str, secret_file: Path) -> None:
    message = refusal(secret_file, **set_)
    assert said in message
    assert "\n" not in message
    assert SECRET not in message


def test_it_suggests_the_name_that_was_meant(secret_file: Path) -> None:
    assert "did you mean UNDERTONE_DATABASE_URL?" in refusal(secret_file, DATABSE_URL="sqlite:///x.db")


def test_it_refuses_a_name_like_none_it_knows(secret_file: Path) -> None:
    assert "`python -m service settings` lists what there is" in refusal(secret_file, ZZZ="1")


def test_it_ignores_what_is_not_ours(secret_file: Path) -> None:
    assert settings.load({"HOME": "/", "UNDERTONES": "1"}, secret_file).model is None


def test_it_reads_a_value_from_a_file(secret_file: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    assert load(secret_file, SECRET_KEY_FILE=str(tmp_path / "key")).secret_key == SECRET


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_it_refuses_a_file_that_it_cannot_read(content: bytes | None, secret_file: Path, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    assert "cannot be read" in refusal(secret_file, SECRET_KEY_FILE=str(tmp_path / "key"))


def test_a_secret_that_is_refused_is_not_shown(secret_file: Path) -> None:
    assert "hunter2" not in refusal(secret_file, SECRET_KEY="hunter2")


def test_a_password_in_a_refused_database_address_is_not_shown(secret_file: Path) -> None:
    assert "hunter2" not in refusal(secret_file, DATABASE_URL="mysql://undertone:hunter2@db/undertone")


def test_it_makes_a_secret_once_and_keeps_it(secret_file: Path) -> None:
    assert load(secret_file).secret_key == load(secret_file).secret_key


def test_the_secret_it_makes_is_long(secret_file: Path) -> None:
    assert len(load(secret_file).secret_key) >= 32


def test_the_secret_it_keeps_is_for_its_owner_alone(secret_file: Path) -> None:
    load(secret_file)
    assert secret_file.stat().st_mode & 0o777 == 0o600


def test_no_draft_of_the_secret_stays_behind(secret_file: Path) -> None:
    load(secret_file)
    assert [path.name for path in secret_file.parent.iterdir()] == ["secret"]


@pytest.mark.parametrize("kept", [b"", b"short", "schlüssel-schlüssel".encode()])
def test_it_refuses_a_kept_secret_that_is_none(kept: bytes, secret_file: Path) -> None:
    secret_file.parent.mkdir()
    secret_file.write_bytes(kept)
    assert "SECRET_KEY" in refusal(secret_file)


def test_it_says_where_the_secret_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be kept" in refusal(tmp_path / "file" / "secret")
