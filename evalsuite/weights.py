"""Where networks' weights come from: a given file, torch's hub cache, or a download that is checked."""

from __future__ import annotations

import hashlib
import http.client
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from evalsuite.contracts import Weights
from evalsuite.errors import Unavailable, UserError

TIMEOUT_S = 10.0
CHUNK = 1 << 20
HASH_IN_NAME = re.compile(r"-(?=\d*[a-f])([0-9a-f]{8,64})\.")
"""torch.hub's convention NAME-HASH.EXT; eight decimal digits are taken for a date."""

Network = TypeVar("Network", bound=nn.Module)


def find(weights: Weights, given: Path | None = None) -> Path:
    """Return the file with the weights: the given one, the cached one, or a fresh download.

    Args:
        weights: The official weights.
        given: The user's file, which may be any other of the same layout.

    Raises:
        UserError: The given file is missing, or a file is not what its name promises.
        Unavailable: There is no file, and none can be downloaded.
    """
    if given is not None:
        if not given.is_file():
            raise UserError(f"--weights: an existing file; got {given}. Check the path.")
        return _checked(given, weights, "Give the right file, or rename it if it is another network.")
    cached = _cached(weights)
    if cached.is_file():
        return _checked(cached, weights, "Delete the file to download it again.")
    return _download(weights, cached)


def at_hand(weights: Weights | None, given: Path | None = None) -> bool:
    """Whether a method can run without a download; nothing is read or checked."""
    return weights is None or (given or _cached(weights)).is_file()


def load_state(network: Network, path: Path) -> Network:
    """Fill a network, which may be on the meta device, from a state dict's file; frozen, on the CPU, in float32.

    Raises:
        UserError: The file is damaged or of another network.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises a dozen unrelated types on damaged files
        rule = f"{path}: weights are a state dict saved by torch.save, and this file is damaged or something else"
        raise UserError(f"{rule}; got {type(error).__name__}. Get the file again.") from error
    return fill(network, state, path)


def fill(network: Network, state: Mapping[str, Tensor], path: Path) -> Network:
    """Fill a network, which may be on the meta device, with a state dict that was read from `path`.

    Raises:
        UserError: Keys or shapes are not the network's.
    """
    if not isinstance(state, Mapping) or not all(isinstance(key, str) for key in state):
        rule = f"{path}: weights are a state dict"
        raise UserError(f"{rule}; got {type(state).__name__}. Save network.state_dict() with torch.save.")
    advice = f"These are not the weights of {type(network).__name__}; give its own."
    try:
        result = network.load_state_dict(state, strict=False, assign=True)
    except RuntimeError as error:
        raise UserError(f"{path}: shapes are the network's; got {_first_mismatch(error)}. {advice}") from error
    if result.missing_keys or result.unexpected_keys:
        got = f"{_first('missing', result.missing_keys)}, {_first('unexpected', result.unexpected_keys)}"
        raise UserError(f"{path}: keys are the network's; got {got}. {advice}")
    return network.float().eval().requires_grad_(False)


def _cached(weights: Weights) -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / weights.file


def _checked(path: Path, weights: Weights, advice: str) -> Path:
    expected = _expected_hash(path, weights)
    if expected:
        with path.open("rb") as stream:
            got = hashlib.file_digest(stream, "sha256").hexdigest()
        if not got.startswith(expected):
            raise UserError(f"{path}: the file's sha256 is its name's; got {got}, expected {expected}. {advice}")
    return path


def _expected_hash(path: Path, weights: Weights) -> str:
    if path.name == weights.file:
        return weights.sha256
    named = HASH_IN_NAME.search(path.name)
    return named[1] if named else ""


def _download(weights: Weights, target: Path) -> Path:
    if weights.url is None:
        advice = "`evalsuite convert --help` says from where; give it with --weights NAME=FILE."
        raise Unavailable(f"{weights.file}: it is not at hand, and must be got from its authors by yourself. {advice}")
    advice = f"Put the file into {target.parent}, or give a colorizer's with --weights NAME=FILE."
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".partial-") as folder:
            partial = Path(folder) / target.name
            got = _fetch(weights.url, partial)
            if not got.startswith(weights.sha256):
                rule = f"{weights.url}: the download's sha256 is the published one"
                raise Unavailable(f"{rule}; got {got}, expected {weights.sha256}. {advice}")
            partial.replace(target)
    except (OSError, http.client.HTTPException) as error:
        got = f"{getattr(error, 'reason', None) or error} from {weights.url}"
        raise Unavailable(f"{weights.file} is neither at hand nor to be downloaded; got {got}. {advice}") from error
    return target


def _fetch(url: str, path: Path) -> str:
    """Download to a file and return its sha256."""
    digest = hashlib.sha256()
    with _answer(url) as answer, path.open("wb") as stream:
        size = int(answer.headers.get("Content-Length") or 0)
        with tqdm(total=size or None, desc=path.name, unit="B", unit_scale=True, disable=None) as progress:
            while chunk := answer.read(CHUNK):
                stream.write(chunk)
                digest.update(chunk)
                progress.update(len(chunk))
        if stream.tell() < size:
            raise ConnectionError(f"the connection broke after {stream.tell()} of {size} bytes")
    return digest.hexdigest()


def _answer(url: str) -> http.client.HTTPResponse:
    try:
        answer: http.client.HTTPResponse = urllib.request.urlopen(url, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        with error:
            raise ConnectionError(f"{error.code} {error.reason}") from None
    return answer


def _first_mismatch(error: RuntimeError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[min(1, len(lines) - 1)].rstrip(".")


def _first(what: str, keys: list[str]) -> str:
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return f"{what} {', '.join(keys[:3]) or 'none'}{more}"
