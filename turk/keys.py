"""The site's secret and what is made from it: names of people that cannot be read back, and completion codes."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from evalsuite.errors import UserError

LEAST_LENGTH = 32
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is read as a digit."""
CODE_LENGTH = 10


def site_secret(environ: Mapping[str, str], folder: Path) -> str:
    """The secret of this site: SECRET_KEY, the file that SECRET_KEY_FILE names, or a file made at the first use.

    Args:
        environ: The environment's variables.
        folder: The folder beside the database, where `secret_key` is kept for its owner's eyes only; the site
            keeps its key in the same file, so that people are known by the same name to both.

    Raises:
        UserError: The key is too short, or cannot be read or kept.
    """
    named = environ.get("SECRET_KEY_FILE")
    key = environ.get("SECRET_KEY") or (_read(Path(named)) if named else _kept(folder / "secret_key"))
    if len(key) < LEAST_LENGTH:
        raise UserError(f"SECRET_KEY: at least {LEAST_LENGTH} characters; got {len(key)}. Choose a longer one.")
    return key


def person_key(secret: str, platform: str, person: str) -> str:
    """What a person is called in all tables but one: a keyed hash, 64 hexadecimal digits."""
    return _keyed(secret, "person", platform, person).hex()


def nameless_key(secret: str, study: str, tab: str) -> str:
    """What somebody without a name is called: they are the same person only in the same tab of the same study."""
    return _keyed(secret, "tab", study, tab).hex()


def completion_code(secret: str, study_hash: str, session_id: int) -> str:
    """The code that shows a recruiter that a session was finished: 50 bits that only this site can make."""
    number = int.from_bytes(_keyed(secret, "completion", study_hash, str(session_id))[:8], "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(CODE_LENGTH))


def ledger_token(secret: str, study_hash: str, *words: str) -> str:
    """The token of a call that spends: the same however often it is intended, and another at another site."""
    return f"{words[0]}-{_keyed(secret, 'ledger', study_hash, *words).hex()[:40]}"


def random_token() -> str:
    """A name that nobody guesses: 192 random bits, 32 characters."""
    return secrets.token_urlsafe(24)


def token_hash(token: str) -> str:
    """What is kept of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def random_seed() -> int:
    """A session's seed, as large as both databases' integers."""
    return secrets.randbelow(2**31)


def synthetic_seed(study_hash: str, person: str) -> int:
    """The seed of a synthetic participant's session, the same in every database."""
    return int.from_bytes(hashlib.sha256(f"{study_hash}:{person}".encode()).digest()[:4], "big") >> 1


def equal(given: str, kept: str) -> bool:
    """Compare without telling by the time taken how much is right."""
    return hmac.compare_digest(given.encode(), kept.encode())


def _keyed(secret: str, *words: str) -> bytes:
    # The lengths keep apart what would read the same when joined.
    text = "".join(f"{len(word)}:{word}" for word in words)
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: the site's key cannot be read ({error}). Name a text file.") from None


def _kept(file: Path) -> str:
    try:
        if file.exists():
            return _read(file)
        file.parent.mkdir(parents=True, exist_ok=True)
        return _made(file)
    except OSError as error:
        raise UserError(f"{file}: the site's key cannot be kept ({error.strerror}). Set SECRET_KEY.") from None


def _made(file: Path) -> str:
    """Make a key and put the whole file in its place at once; whoever was first made the key."""
    key = secrets.token_hex(LEAST_LENGTH)
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(key + "\n")
        os.link(name, file)
    except FileExistsError:
        return _read(file)
    finally:
        os.unlink(name)
    return key
