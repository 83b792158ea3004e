"""Signed addresses: a JSON Web Token (RS256) in the study's address, and the key set to check it with."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://www.prolific.com"
LIFETIME = 120
KEY_ID = "emulated-prolific-1"


@dataclass(slots=True)
class Signer:
    """A key pair of the emulator's own, made when it is first needed."""

    key: rsa.RSAPrivateKey | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _key(self) -> rsa.RSAPrivateKey:
        with self._lock:
            if self.key is None:
                self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            return self.key

    def key_set(self) -> dict[str, Any]:
        """Give the public key as a JSON Web Key Set."""
        public: dict[str, Any] = RSAAlgorithm.to_jwk(self._key().public_key(), as_dict=True)
        return {"keys": [{**public, "kid": KEY_ID, "alg": "RS256", "use": "sig", "key_ops": ["verify"]}]}

    def sign(self, url: str, session_id: str, workspace_id: str) -> str:
        """Add a token to an address; its times are real ones, as receivers check them against their own clocks.

        Source: docs.prolific.com, "Create a draft study", is_external_study_url_secure.
        """
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "iat": now,
            "exp": now + LIFETIME,
            "aud": url,
            "sub": session_id,
            "prolific": {**dict(parse_qsl(urlsplit(url).query)), "workspace_id": workspace_id},
        }
        token = jwt.encode(claims, self._key(), algorithm="RS256", headers={"kid": KEY_ID})
        return add_query(url, {"prolific_token": token})


def add_query(url: str, parameters: Mapping[str, str]) -> str:
    """Add parameters to an address."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return urlunsplit(parts._replace(query=query))
