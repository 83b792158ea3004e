"""The settings."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from evalsuite.errors import UserError
from webapp.config import read_config

KEY = "k" * 32


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    """An environment that is good but for what is given."""
    return {"DATABASE_URL": f"sqlite:///{tmp_path / 'evalsuite.db'}", "SECRET_KEY": KEY, **more}


def test_little_needs_to_be_said(tmp_path: Path) -> None:
    config = read_config({"DATABASE_URL": f"sqlite:///{tmp_path / 'evalsuite.db'}"})

    assert config.studies_dir == tmp_path / "studies"
    assert config.thumbnails_dir == tmp_path / "thumbnails"
    assert config.trusted_hosts == ("127.0.0.1", "localhost", "[::1]")
    assert (config.public_url, config.access_token, config.secure) == (None, None, False)


def test_the_sites_key_is_made_once_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    found = {read_config({"DATABASE_URL": f"sqlite:///{tmp_path / 'evalsuite.db'}"}).secret_key for _ in range(2)}

    assert len(found) == 1
    assert len(found.pop()) == 64
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_everything_can_be_said(tmp_path: Path) -> None:
    given = environ(
        tmp_path, PUBLIC_URL="https://colors.example.org/", TRUSTED_HOSTS="inside.example.org", PROXIES="1",
        PROXY_PEERS="10.0.0.2, ::1", PROXY_ROLES="ada=admin,*=viewer", ACCESS_TOKEN="t" * 20,
        STUDIES_DIR="/studies", THUMBNAILS_DIR="/thumbnails",
    )  # fmt: skip

    config = read_config(given)

    assert config.public_url == "https://colors.example.org"
    assert config.secure
    assert config.trusted_hosts[:2] == ("inside.example.org", "colors.example.org")
    assert (config.proxies, config.proxy_peers) == (1, ("10.0.0.2", "::1"))
    assert config.proxy_roles == {"ada": "admin", "*": "viewer"}
    assert (config.studies_dir, config.thumbnails_dir) == (Path("/studies"), Path("/thumbnails"))


def test_secrets_can_lie_in_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    given = environ(tmp_path, SECRET_KEY_FILE=str(tmp_path / "key"))
    del given["SECRET_KEY"]

    assert read_config(given).secret_key == KEY


def test_the_command_wins_over_the_environment(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"

    assert read_config(environ(tmp_path), url).database_url == url


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY: at least 32 characters; got 5"),
        ({"PUBLIC_URL": "colors.example.org"}, "PUBLIC_URL: http"),
        ({"PUBLIC_URL": "https://example.org/colors"}, "nothing behind it"),
        ({"PROXIES": "one"}, "PROXIES: a whole number"),
        ({"PROXY_PEERS": "proxy.local"}, "PROXY_PEERS: addresses"),
        ({"PROXY_ROLES": "ada"}, "PROXY_ROLES: NAME=viewer"),
        ({"PROXY_ROLES": "ada=king"}, "PROXY_ROLES: NAME=viewer"),
        ({"SECRET_KEY_FILE": "/somewhere"}, "SECRET_KEY and SECRET_KEY_FILE are both set"),
        ({"ACCESS_TOKEN_FILE": "/nowhere/at/all"}, "ACCESS_TOKEN_FILE: /nowhere/at/all cannot be read"),
        ({"DATABASE_URL": "mysql://localhost"}, "the database is sqlite or postgresql"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_loudly(tmp_path: Path, more: dict[str, str], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read_config(environ(tmp_path) | more)


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    given = environ(tmp_path, SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "key"))

    with pytest.raises(UserError, match="is empty"):
        read_config(given)


def test_a_key_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "secret_key").mkdir()

    with pytest.raises(UserError, match="cannot be read"):
        read_config({"DATABASE_URL": f"sqlite:///{tmp_path / 'evalsuite.db'}"})
