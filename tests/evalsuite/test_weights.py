from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch
from torch import nn

from evalsuite.contracts import Weights
from evalsuite.errors import Unavailable, UserError
from evalsuite.weights import at_hand, find, load_state

CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Site(BaseHTTPRequestHandler):
    """Serves /good, and /broken, which hangs up half-way."""

    def do_GET(self) -> None:
        if self.path not in ("/good", "/broken"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/good" else CONTENT[: len(CONTENT) // 2])

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


def official(url: str | None) -> Weights:
    return Weights("net.pth", url, SHA256)


def given_file(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(CONTENT)
    return path


def test_a_download_lands_in_the_hub_cache_and_is_not_repeated(site: str, cache: Path) -> None:
    path = find(official(f"{site}/good"))

    assert path == cache / "net.pth"
    assert path.read_bytes() == CONTENT
    assert find(official(None)) == path
    assert [entry.name for entry in cache.iterdir()] == ["net.pth"]


def test_the_first_eight_digits_of_a_hash_suffice(site: str, cache: Path) -> None:
    assert find(Weights("net.pth", f"{site}/good", SHA256[:8])) == cache / "net.pth"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda site: Weights("net.pth", f"{site}/good", "0" * 64), f"got {SHA256}, expected {'0' * 64}"),
        (lambda site: official(f"{site}/broken"), "the connection broke after 3500 of 7000 bytes"),
        (lambda site: official(f"{site}/missing"), "Not Found"),
        (lambda site: official("http://127.0.0.1:9/closed"), "refused"),
        (lambda site: official(None), "must be got from its authors"),
    ],
    ids=["wrong hash", "dropped connection", "not found", "no network", "no address"],
)
def test_a_failed_download_says_why_and_leaves_nothing(
    make: Callable[[str], Weights], reason: str, site: str, cache: Path
) -> None:
    with pytest.raises(Unavailable, match=re.escape(reason)) as error:
        find(make(site))

    assert "--weights NAME=FILE" in str(error.value)
    assert not cache.exists() or not list(cache.iterdir())


def test_a_given_file_may_have_any_name(tmp_path: Path) -> None:
    for name in ("mine.pth", "mine-20240131.pth", f"mine-{SHA256[:8]}.pth", "net.pth"):
        assert find(official(None), given_file(tmp_path, name)) == tmp_path / name


@pytest.mark.parametrize("name", ["mine-9b330a0b.pth", "net.pth"])
def test_a_file_that_is_not_what_its_name_promises_is_refused_with_both_hashes(name: str, tmp_path: Path) -> None:
    weights = Weights("net.pth", None, "9b330a0b")

    with pytest.raises(UserError, match=f"got {SHA256}, expected 9b330a0b") as error:
        find(weights, given_file(tmp_path, name))

    assert not isinstance(error.value, Unavailable)


def test_a_damaged_file_in_the_cache_is_refused(cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "net.pth").write_bytes(CONTENT[:-1])

    with pytest.raises(UserError, match="Delete the file"):
        find(official(None))


def test_a_given_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"an existing file; got .*nothing\.pth"):
        find(official(None), tmp_path / "nothing.pth")


def test_weights_are_at_hand_when_needed_by_nobody_or_given_or_cached(cache: Path, tmp_path: Path) -> None:
    assert at_hand(None)
    assert not at_hand(official(None))
    assert not at_hand(official(None), tmp_path / "nothing.pth")
    assert at_hand(official(None), given_file(tmp_path, "mine.pth"))
    cache.mkdir(parents=True)
    given_file(cache, "net.pth")
    assert at_hand(official(None))


def saved(state: object, path: Path) -> Path:
    torch.save(state, path)
    return path


def test_a_state_dict_fills_a_network_on_the_meta_device_and_freezes_it(tmp_path: Path) -> None:
    original = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    path = saved(original.double().state_dict(), tmp_path / "net.pth")
    with torch.device("meta"):
        empty = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))

    network = load_state(empty, path)

    assert torch.equal(network.state_dict()["0.weight"], original.state_dict()["0.weight"].float())
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_state_dicts_from_before_batch_counters_still_load(tmp_path: Path) -> None:
    state = {key: value for key, value in nn.BatchNorm1d(2).state_dict().items() if key != "num_batches_tracked"}
    with torch.device("meta"):
        empty = nn.BatchNorm1d(2)

    assert load_state(empty, saved(state, tmp_path / "old.pth")).num_batches_tracked == 0


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"weight": torch.ones(2, 3)}, "missing bias, unexpected none"),
        (
            {"weight": torch.ones(2, 3), "bias": torch.ones(2), **{f"extra{i}": torch.ones(1) for i in range(5)}},
            "missing none, unexpected extra0, extra1, extra2 and 2 more",
        ),
        ({"weight": torch.ones(9, 3), "bias": torch.ones(2)}, r"size mismatch for weight.*\[9, 3\]"),
        (torch.ones(3), "a state dict; got Tensor"),
    ],
    ids=["missing", "unexpected", "shape", "no state dict"],
)
def test_weights_of_another_network_are_refused_by_their_first_difference(
    state: object, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=reason):
        load_state(nn.Linear(3, 2), saved(state, tmp_path / "other.pth"))


@pytest.mark.parametrize("damage", [b"", b"no weights at all", None], ids=["empty", "text", "truncated"])
def test_a_damaged_file_is_refused(damage: bytes | None, tmp_path: Path) -> None:
    path = saved(nn.Linear(3, 2).state_dict(), tmp_path / "net.pth")
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)

    with pytest.raises(UserError, match="damaged or something else"):
        load_state(nn.Linear(3, 2), path)
