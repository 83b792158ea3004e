"""What is made from the site's secret: names of people that cannot be read back, completion codes, tokens."""

from __future__ import annotations

import hashlib
import hmac
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is read as a digit."""
CODE_LENGTH = 10


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
