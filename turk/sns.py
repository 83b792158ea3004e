"""Messages of Amazon SNS: who may have sent them, and whether they did.

Source: Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages": SignatureVersion 1 is SHA-1 and 2
is SHA-256, over name and value of these fields, each on a line of its own.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from turk.refusals import Refused

Letter: TypeAlias = Mapping[str, str]

HOST = re.compile(r"sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?")
SIGNED: Mapping[str, Sequence[str]] = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
HASHES: Mapping[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}
OLDEST = timedelta(hours=1)
"""SNS tries for less than an hour to deliver a message whose subscriber has no policy of its own."""
AHEAD = timedelta(minutes=5)
FIELDS = ("Type", "MessageId", "TopicArn", "Message", "Timestamp", "Signature", "SignatureVersion", "SigningCertURL")


def read_letter(body: bytes, topics: Sequence[str], origins: Sequence[str], at: datetime) -> Letter:
    """Read a message that could be from one of our topics; its signature is not looked at.

    Args:
        body: As it came.
        topics: The ARNs of our topics.
        origins: Beside SNS's own hosts, where certificates and confirmations may lie (an emulator).
        at: Now.

    Raises:
        Refused: It is no message of SNS, of another topic, too old, or names an address that is not SNS's.
    """
    letter = _fields(body)
    if letter["TopicArn"] not in topics:
        raise Refused("bad", "TopicArn: one of SNS_TOPICS; got another. Name the topic in SNS_TOPICS.")
    _check_age(letter["Timestamp"], at)
    check_address(letter["SigningCertURL"], origins, ".pem")
    if letter["Type"] != "Notification":
        check_address(letter.get("SubscribeURL", ""), origins)
    return letter


def check_address(address: str, origins: Sequence[str], ending: str = "") -> None:
    """Refuse an address that is neither SNS's own nor of an origin that is allowed by name.

    Raises:
        Refused: It is one.
    """
    try:
        parts = urlsplit(address)
        plain = parts.username is None and parts.password is None and parts.port in (None, 443)
    except ValueError:
        raise _elsewhere() from None
    own = parts.scheme == "https" and bool(HOST.fullmatch(parts.hostname or "")) and plain
    if not (own or f"{parts.scheme}://{parts.netloc}" in origins) or not parts.path.endswith(ending):
        raise _elsewhere()


def verify(letter: Letter, certificate: str) -> None:
    """Check a message's signature with the certificate that lies at its address.

    Raises:
        Refused: The signature is not of this certificate, or the certificate is none.
    """
    try:
        key: Any = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        signature = base64.b64decode(letter["Signature"], validate=True)
    except (ValueError, binascii.Error):
        raise _forged() from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise _forged()
    try:
        key.verify(signature, _signed(letter), padding.PKCS1v15(), HASHES[letter["SignatureVersion"]])
    except InvalidSignature:
        raise _forged() from None


def _fields(body: bytes) -> Letter:
    try:
        letter = json.loads(body)
    except (ValueError, RecursionError):
        letter = None
    if not isinstance(letter, dict) or not all(isinstance(letter.get(name), str) for name in FIELDS):
        raise Refused("bad", "A message of Amazon SNS is expected; got something else.")
    if letter["Type"] not in SIGNED or letter["SignatureVersion"] not in HASHES:
        raise Refused("bad", "Type, SignatureVersion: those of Amazon SNS; got another.")
    return {name: value for name, value in letter.items() if isinstance(value, str)}


def _check_age(text: str, at: datetime) -> None:
    try:
        sent = datetime.fromisoformat(text)
    except ValueError:
        sent = None
    if sent is None or sent.tzinfo is None or not at - OLDEST <= sent <= at + AHEAD:
        raise Refused("bad", "Timestamp: of the last hour; got another. An old message changes nothing.")


def _signed(letter: Letter) -> bytes:
    names = (name for name in SIGNED[letter["Type"]] if name in letter)
    return "".join(f"{name}\n{letter[name]}\n" for name in names).encode()


def _elsewhere() -> Refused:
    return Refused("bad", "SigningCertURL, SubscribeURL: addresses of Amazon SNS; got another.")


def _forged() -> Refused:
    return Refused("bad", "Signature: Amazon SNS's; got another. Such a message changes nothing.")
