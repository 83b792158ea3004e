"""Who signed a request: AWS Signature Version 4, checked as documented and without AWS's own code."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from turk.emulator.mturk.errors import ServiceError

HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,]+)/(?P<scope>[^,]+), ?"
    r"SignedHeaders=(?P<names>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
ANYBODY = "LOCAL"


@dataclass(frozen=True, slots=True)
class Request:
    """What a signature covers."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def caller(request: Request, credentials: Mapping[str, str] | None) -> str:
    """Tell the access key of a request, after checking its signature if there are credentials to check with."""
    header = HEADER.fullmatch(request.headers.get("authorization", ""))
    if credentials is None:
        return header["key"] if header else ANYBODY
    if header is None:
        raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token", status=403)
    if header["key"] not in credentials:
        message = "The security token included in the request is invalid."
        raise ServiceError("UnrecognizedClientException", message, status=403)
    expected = sign(request, credentials[header["key"]], header["scope"], header["names"].split(";"))
    if not hmac.compare_digest(expected, header["signature"]):
        message = (
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
        )
        raise ServiceError("InvalidSignatureException", message, status=403)
    return header["key"]


def sign(request: Request, secret: str, scope: str, names: list[str]) -> str:
    """Calculate a request's signature.

    Source: AWS General Reference, "Create a signed AWS API request".
    """
    body = hashlib.sha256(request.body).hexdigest()
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names)
    canonical = "\n".join([request.method, quote(request.path), _query(request.query), headers, ";".join(names), body])
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", request.headers.get("x-amz-date", ""), scope, digest])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _query(query: str) -> str:
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in parse_qsl(query, True))
    return "&".join(f"{name}={value}" for name, value in pairs)
