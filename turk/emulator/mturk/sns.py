"""Amazon SNS in front of a subscriber: the envelope, its signature, the certificate, and the confirmation."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from turk.emulator.delivery import Parcel, check_target

# "Verifying the signatures of Amazon SNS messages": these fields in this order, each name and value on its line.
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
HASHES: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}


@dataclass(slots=True)
class Topic:
    """A topic with one subscriber."""

    arn: str
    url: str
    signature_version: str
    token: str
    confirmed: bool = False


@dataclass(slots=True)
class Topics:
    """The topics that were subscribed to, and the key that signs for them."""

    origin: str = ""
    topics: dict[str, Topic] = field(default_factory=dict)
    _signer: tuple[rsa.RSAPrivateKey, bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def subscribe(self, topic: Topic) -> Topic:
        """Add or replace a topic's subscriber, on this machine."""
        check_target(topic.url)
        self.topics[topic.arn] = topic
        return topic

    def confirm(self, token: str) -> bool:
        """Take a subscriber's confirmation; tell whether the token was one."""
        found = [topic for topic in self.topics.values() if topic.token == token]
        for topic in found:
            topic.confirmed = True
        return bool(found)

    def certificate(self) -> bytes:
        """Give the certificate that messages are signed with, as PEM."""
        return self._key()[1]

    def _key(self) -> tuple[rsa.RSAPrivateKey, bytes]:
        with self._lock:
            if self._signer is None:
                self._signer = _make_signer()
            return self._signer

    def parcel(self, topic: Topic, kind: str, fields: Mapping[str, str]) -> Parcel:
        """Put a message into SNS's envelope and sign it, at the real time: receivers refuse messages that are old."""
        at = datetime.now(UTC)
        message = {
            "Type": kind,
            "TopicArn": topic.arn,
            "Timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
            "SignatureVersion": topic.signature_version,
            "SigningCertURL": f"{self.origin}/_sns/certificate.pem",
            **fields,
        }
        key = self._key()[0]
        signature = key.sign(string_to_sign(message), padding.PKCS1v15(), HASHES[topic.signature_version])
        message["Signature"] = base64.b64encode(signature).decode()
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "x-amz-sns-message-type": kind,
            "x-amz-sns-message-id": message["MessageId"],
            "x-amz-sns-topic-arn": topic.arn,
        }
        return Parcel(topic.url, headers, json.dumps(message, indent=2).encode(), kind)


def string_to_sign(message: Mapping[str, str]) -> bytes:
    """Join the signed fields that are there; a Subject need not be."""
    names = [name for name in SIGNED[message["Type"]] if name in message]
    return "".join(f"{name}\n{message[name]}\n" for name in names).encode()


def _make_signer() -> tuple[rsa.RSAPrivateKey, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.emulator.localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return key, certificate.public_bytes(serialization.Encoding.PEM)
