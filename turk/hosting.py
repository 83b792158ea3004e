"""Where stimuli are kept: files of a study's folder, named by their sha256, and copies of them on S3."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evalsuite.errors import UserError
from evalsuite.images import write_atomically

SHA256 = re.compile(r"[0-9a-f]{64}")
DELETED_AT_ONCE = 1000
"""The most that S3 deletes in one call."""
CONNECTIONS = 16
PLACE = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/?((?:[\w.-]+/?)*)")
CREDENTIALS = "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, of somebody whom `turk policy` allows."


def path_of(folder: Path, sha256: str) -> Path:
    """Where a stimulus is kept.

    Raises:
        UserError: That is no sha256.
    """
    if not SHA256.fullmatch(sha256):
        raise UserError(f"stimulus: a name is 64 hexadecimal digits; got {sha256[:80]!r}. Check the study's folder.")
    return folder / "stimuli" / f"{sha256}.png"


def read(folder: Path, sha256: str) -> bytes:
    """Read a stimulus.

    Raises:
        UserError: It is not there.
    """
    path = path_of(folder, sha256)
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise UserError(f"{path}: a stimulus of the study is missing ({reason}). Restore the study's folder.") from None


def write(folder: Path, data: bytes) -> str:
    """Keep a stimulus and return its sha256; what is there already stays."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = path_of(folder, sha256)
    if not path.exists():
        write_atomically(path, data)
    return sha256


def damaged(folder: Path, names: list[str]) -> list[str]:
    """List the stimuli that are missing or whose bytes are not what they were."""
    return [name for name in names if not _is_whole(path_of(folder, name), name)]


def _is_whole(path: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Shelf:
    """A part of an S3 bucket; its objects are private, and read by addresses that expire.

    Attributes:
        bucket: The bucket's name.
        prefix: What all keys begin with.
        client: boto3's, from `open_shelf`.
    """

    bucket: str
    prefix: str
    client: Any

    @property
    def origin(self) -> str:
        """Where the addresses of its objects lead."""
        parts = urlsplit(self.address("origin", 60))
        return f"{parts.scheme}://{parts.netloc}"

    def put(self, key: str, data: bytes) -> None:
        """Keep an image."""
        self.client.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=data, ContentType="image/png")

    def copy(self, source: str, key: str) -> None:
        """Copy an image within the bucket."""
        kept = {"Bucket": self.bucket, "Key": self.prefix + source}
        self.client.copy_object(Bucket=self.bucket, Key=self.prefix + key, CopySource=kept)

    def delete(self, keys: Sequence[str]) -> None:
        """Delete images; those that are not there are left out."""
        for start in range(0, len(keys), DELETED_AT_ONCE):
            named = [{"Key": self.prefix + key} for key in keys[start : start + DELETED_AT_ONCE]]
            self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": named, "Quiet": True})

    def address(self, key: str, seconds: int) -> str:
        """Make an address that opens one image for so long, made here without asking anybody."""
        asked = {"Bucket": self.bucket, "Key": self.prefix + key, "ResponseCacheControl": "no-store"}
        address: str = self.client.generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)
        return address


def read_place(text: str) -> tuple[str, str]:
    """Read s3://BUCKET/PREFIX; the prefix is given back with a slash behind it.

    Raises:
        UserError: It is something else.
    """
    found = PLACE.fullmatch(text)
    if found is None:
        raise UserError(f"--on: s3://BUCKET/PREFIX; got {text!r}. Name a bucket of yours.")
    return found[1], found[2].rstrip("/") + "/" if found[2] else ""


@contextmanager
def open_shelf(bucket: str, prefix: str) -> Iterator[Shelf]:
    """Open a part of a bucket with the credentials of the usual AWS chain.

    Raises:
        UserError: There are no credentials, or S3 refuses or cannot be reached, here or inside the block.
    """
    # No web request needs these: they read addresses that were made before.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        # Addresses of the bucket's own region: S3 answers those of others with a redirect.
        config = Config(signature_version="s3v4", max_pool_connections=CONNECTIONS)
        yield Shelf(bucket, prefix, boto3.Session().client("s3", config=config))
    except ClientError as error:
        said = error.response.get("Error", {})
        raise UserError(f"s3://{bucket}: {said.get('Code')}: {said.get('Message')}. {CREDENTIALS}") from None
    except BotoCoreError as error:
        raise UserError(f"s3://{bucket}: {str(error).rstrip('.')}. {CREDENTIALS}") from None
