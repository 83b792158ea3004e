"""The site's settings: read once from the environment, checked at once, then passed along."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from evalsuite.db import default_url, make_engine
from evalsuite.errors import UserError
from evalsuite.thumbnails import folder_beside, thumbnails_folder
from turk.arrivals import PROLIFIC_SITE
from turk.site_secret import secret_setting, site_secret

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?")
MAX_REQUEST_BYTES = 2**20
"""No form or answer of ours comes near it; larger bodies are refused unread."""


@dataclass(frozen=True)
class Config:
    """What the site is told when it starts.

    Attributes:
        database_url: Where runs and studies are kept.
        secret_key: Signs cookies, share links and participants' sessions; the same for all workers.
        studies_dir: The folder of frozen studies.
        thumbnails_dir: The folder of thumbnails, made at import.
        public_url: The site's address as others type it, without a slash at its end; None on this machine alone.
        trusted_hosts: The host names under which the site answers.
        access_token: The token of this process, which opens everything; None where only named tokens count.
        proxies: How many reverse proxies stand in front and set X-Forwarded-For, -Proto and -Host.
        proxy_peers: The addresses that may name the visitor in X-Forwarded-User; none trusts nobody.
        proxy_roles: Visitor's name to role, "*" for everyone else whom the proxy lets through.
        synthetic_key: What synthetic participants must know to take part; None where there are none.
        coloring_socket: Where the coloring process listens; None where `webapp serve` starts one.
        uploads_dir: The folder of photos that visitors bring to color; None for one beside the thumbnails.
        recruiter_origins: Origins that may frame studies, beside MTurk's own, and receive the forms of its studies; and
            beside SNS's own from which its certificates may come (an emulator).
        sns_topics: The ARNs of the SNS topics to which MTurk's notifications go.
        prolific_webhook_secret: What Prolific signs its events with.
        prolific_site: Where people of Prolific go back to; an emulator's participant's site in a rehearsal.
        rehearsal: Whether everybody who knows the synthetic key may say how much time has passed for them.
    """

    database_url: str
    secret_key: str
    studies_dir: Path
    thumbnails_dir: Path
    public_url: str | None = None
    trusted_hosts: tuple[str, ...] = LOOPBACK
    access_token: str | None = None
    proxies: int = 0
    proxy_peers: tuple[str, ...] = ()
    proxy_roles: Mapping[str, str] | None = None
    synthetic_key: str | None = None
    coloring_socket: Path | None = None
    uploads_dir: Path | None = None
    recruiter_origins: tuple[str, ...] = ()
    sns_topics: tuple[str, ...] = ()
    prolific_webhook_secret: str | None = field(default=None, repr=False)
    prolific_site: str = PROLIFIC_SITE
    rehearsal: bool = False

    @property
    def uploads(self) -> Path:
        """Where photos are that visitors bring to color."""
        return self.uploads_dir or self.thumbnails_dir.parent / "uploads"

    @property
    def secure(self) -> bool:
        """Whether visitors come by HTTPS."""
        return self.public_url is not None and self.public_url.startswith("https:")


def read_config(environ: Mapping[str, str] = os.environ, database_url: str | None = None) -> Config:
    """Read the settings.

    Args:
        environ: DATABASE_URL, PUBLIC_URL, SECRET_KEY, TRUSTED_HOSTS, STUDIES_DIR, THUMBNAILS_DIR, ACCESS_TOKEN,
            PROXIES, PROXY_PEERS, PROXY_ROLES, SYNTHETIC_KEY, COLORING_SOCKET, UPLOADS_DIR, RECRUITER_ORIGINS,
            SNS_TOPICS, PROLIFIC_SITE and PROLIFIC_WEBHOOK_SECRET; DATABASE_URL, SECRET_KEY, ACCESS_TOKEN,
            SYNTHETIC_KEY and PROLIFIC_WEBHOOK_SECRET also as the name of a file, in SECRET_KEY_FILE and so on.
            REHEARSAL=1 is set by `turk rehearse` for a site of its own.
        database_url: Wins over DATABASE_URL.

    Raises:
        UserError: A setting cannot be used.
    """
    url = database_url or secret_setting(environ, "DATABASE_URL") or default_url()
    make_engine(url)  # refuses what is no address of a database
    studies = folder_beside(url) / "studies"
    public_url = _public_url(environ.get("PUBLIC_URL", ""))
    return Config(
        database_url=url,
        secret_key=site_secret(environ, folder_beside(url)),
        studies_dir=Path(environ.get("STUDIES_DIR") or studies),
        thumbnails_dir=thumbnails_folder(url, environ),
        public_url=public_url,
        trusted_hosts=_trusted_hosts(environ.get("TRUSTED_HOSTS", ""), public_url),
        access_token=secret_setting(environ, "ACCESS_TOKEN"),
        proxies=_whole(environ, "PROXIES"),
        proxy_peers=_addresses(environ.get("PROXY_PEERS", "")),
        proxy_roles=_roles(environ.get("PROXY_ROLES", "")),
        synthetic_key=secret_setting(environ, "SYNTHETIC_KEY"),
        coloring_socket=Path(environ["COLORING_SOCKET"]) if environ.get("COLORING_SOCKET") else None,
        uploads_dir=Path(environ["UPLOADS_DIR"]) if environ.get("UPLOADS_DIR") else None,
        recruiter_origins=_origins(environ.get("RECRUITER_ORIGINS", "")),
        sns_topics=_topics(environ.get("SNS_TOPICS", "")),
        prolific_webhook_secret=secret_setting(environ, "PROLIFIC_WEBHOOK_SECRET"),
        prolific_site=_origin("PROLIFIC_SITE", environ.get("PROLIFIC_SITE") or PROLIFIC_SITE),
        rehearsal=environ.get("REHEARSAL") == "1",
    )


def _public_url(text: str) -> str | None:
    return _origin("PUBLIC_URL", text) if text else None


def _origins(text: str) -> tuple[str, ...]:
    return tuple(_origin("RECRUITER_ORIGINS", part.strip()) for part in text.split(",") if part.strip())


def _topics(text: str) -> tuple[str, ...]:
    named = tuple(part.strip() for part in text.split(",") if part.strip())
    for topic in named:
        if not TOPIC.fullmatch(topic):
            raise UserError(f"SNS_TOPICS: ARNs such as arn:aws:sns:us-east-1:123456789012:mturk; got {topic!r}.")
    return named


def _origin(name: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise UserError(f"{name}: http(s)://host[:port] and nothing behind it; got {text!r}. Correct it.")
    return f"{parts.scheme}://{parts.netloc}"


def _trusted_hosts(text: str, public_url: str | None) -> tuple[str, ...]:
    named = [host.strip() for host in text.split(",") if host.strip()]
    public = [str(urlsplit(public_url).hostname)] if public_url else []
    return tuple(dict.fromkeys([*named, *public, *LOOPBACK]))


def _whole(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name) or "0"
    if not text.isdecimal():
        raise UserError(f"{name}: a whole number from 0; got {text!r}. Correct it.")
    return int(text)


def _addresses(text: str) -> tuple[str, ...]:
    named = [address.strip() for address in text.split(",") if address.strip()]
    for address in named:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise UserError(f"PROXY_PEERS: addresses such as 10.0.0.2; got {address!r}. Correct it.") from None
    return tuple(named)


def _roles(text: str) -> dict[str, str]:
    """Read `ada=admin,*=viewer`."""
    roles: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, role = part.partition("=")
        if not (name and equals) or role not in ("viewer", "researcher", "admin"):
            raise UserError(f"PROXY_ROLES: NAME=viewer|researcher|admin; got {part!r}. Write ada=admin,*=viewer.")
        roles[name] = role
    return roles
