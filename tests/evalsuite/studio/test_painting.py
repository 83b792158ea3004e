"""A process that colors photos: the pixels of a run, and a sentence whatever goes wrong."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from evalsuite.color import join, rgb_to_lab
from evalsuite.errors import UserError
from evalsuite.hint_files import write_points
from evalsuite.images import RGB, Resize, decode
from evalsuite.plan import Plan
from evalsuite.points import Point
from evalsuite.registry import colorizer
from evalsuite.run import run
from evalsuite.studio import worker
from evalsuite.studio.client import Away, Canvas, Interrupted, Studio, canvas_of
from evalsuite.studio.keeper import listen
from evalsuite.studio.kept import Kept, start
from evalsuite.studio.painter import Painter
from evalsuite.studio.seen import joined_whole
from evalsuite.studio.wire import Deadline, Torn, receive, send
from tests.evalsuite.studio.conftest import below, canvas, picture

POINTS = (Point(5, 6, 40.25, -20.5, 6), Point(30, 23, -35.0, 42.125, 3), Point(7, 7, 0.0, 60.0, 1))
CPU = torch.device("cpu")


def outputs(plan: Plan, hints: Path, tmp_path: Path, **fields: object) -> Path:
    """What a run makes of all photos of a plan with the same hints."""
    for file in plan.images.glob("*.png"):
        write_points(hints / f"{file.stem}.csv", POINTS)
    options = {"hint_files": str(hints)}
    return run(replace(plan, options=options, out=tmp_path / "run", **fields)).path / "outputs"  # type: ignore[arg-type]


def L_of(rgb: RGB) -> torch.Tensor:
    """An image's lightness (H, W)."""
    return rgb_to_lab(torch.from_numpy(rgb).permute(2, 0, 1)[None])[0, 0]


def ask(painter: Painter, photo: Canvas, **asked: object) -> tuple[dict[str, object], bytes]:
    """Ask a painter in this process as a client asks through the socket."""
    resize = {"policy": photo.resize.policy, "size": photo.resize.size}
    return worker.answer(painter, {"photo": photo.sha256, "resize": resize, **asked}, photo.read())


@pytest.mark.slow
def test_the_pixels_are_those_of_a_run_with_the_same_hint_file(plan: Plan, studio: Studio, tmp_path: Path) -> None:
    made = outputs(plan, tmp_path / "hints", tmp_path, colorizers=(colorizer("levin2004"),))

    for file in sorted(plan.images.glob("*.png")):
        png = studio.color(canvas_of(file, plan.resize), POINTS, "levin2004")
        assert np.array_equal(decode(png), decode((made / "levin2004" / file.name).read_bytes()))
    assert np.ptp(decode(png), axis=2).max() > 30


@pytest.mark.slow
def test_a_networks_pixels_are_those_of_a_run_too(plan: Plan, random_weights: Path, tmp_path: Path) -> None:
    weights = {"siggraph17": random_weights}
    two = replace(plan, limit=2)
    made = outputs(two, tmp_path / "hints", tmp_path, colorizers=(colorizer("siggraph17"),), weights=weights)
    painter = Painter(weights, CPU)
    points = [{"x": p.x, "y": p.y, "a": p.a, "b": p.b, "size": p.size} for p in POINTS]

    files = sorted((made / "siggraph17").glob("*.png"))
    for file in files:
        photo = canvas_of(plan.images / file.name, plan.resize)
        _, png = ask(painter, photo, do="color", points=points)
        assert np.array_equal(decode(png), decode(file.read_bytes()))
    said, _ = ask(painter, photo, do="recommend", x=3, y=4, count=5, points=points)

    assert painter.methods() == ["siggraph17", "levin2004"]
    assert len(files) == 2
    assert said["source"] == "siggraph17"


@pytest.mark.slow
def test_a_draft_comes_near_and_what_replaces_it_yields_to_others(random_weights: Path) -> None:
    others: list[int] = []
    painter, photo = Painter({"siggraph17": random_weights}, CPU, lambda: bool(others)), canvas(picture(64, 64))
    asked = [{"x": 30, "y": 20 + k, "a": 30 - 20 * k, "b": 10, "size": 6} for k in range(3)]

    ask(painter, photo, do="color", points=asked[:2])
    draft = decode(ask(painter, photo, do="color", points=asked, draft=True)[1]).astype(float)
    others.append(1)
    given_up = ask(painter, photo, do="color", points=asked, yields=True)
    unmoved = decode(ask(painter, photo, do="color", points=asked)[1]).astype(float)
    again = decode(ask(painter, photo, do="color", points=asked, draft=True)[1]).astype(float)
    before = decode(ask(painter, photo, do="color", points=asked[:2])[1]).astype(float)

    assert given_up == ({"interrupted": True}, b"")
    assert np.abs(draft - unmoved).mean() < np.abs(before - unmoved).mean()
    assert np.array_equal(again, unmoved)


def test_who_yielded_is_told_apart_from_who_is_away() -> None:
    left = b'\0\0\0\x15\0\0\0\0{"interrupted": true}'

    def yielding(peer: socket.socket) -> None:
        receive(peer, Deadline(20))
        peer.sendall(left)

    with listening(yielding) as path, pytest.raises(Interrupted, match="Ask again"):
        Studio(path, 20).color(canvas(picture()), POINTS, yields=True)


@pytest.mark.slow
def test_the_same_question_again_gives_the_same_pixels(studio: Studio) -> None:
    photo = canvas(picture())

    first, other, again = (studio.color(photo, points) for points in (POINTS, POINTS[:2], POINTS))

    assert first == again != other


def test_a_photo_is_shown_as_it_is_colored(studio: Studio) -> None:
    look = studio.look(canvas(picture(40, 56), "fit", 28))

    gray = decode(look.gray)
    assert (look.width, look.height, look.original) == (28, 20, (56, 40))
    assert gray.shape == (20, 28, 3)
    assert np.ptp(gray, axis=2).max() <= 1  # Lab's rounded constants


def test_a_whole_photo_is_its_own_lightness_with_the_colors_of_the_small_one(studio: Studio) -> None:
    photo = canvas(picture(600, 56), "fit", 60)
    points = (Point(2, 20, 50.0, 10.0, 3),)

    whole, small = (decode(studio.color(photo, points, full=full)) for full in (True, False))

    assert whole.shape == (600, 56, 3)
    assert small.shape[:2] == (60, 6)
    light, before = (
        rgb_to_lab(torch.from_numpy(rgb).permute(2, 0, 1)[None])[0, 0] for rgb in (whole, decode(picture(600, 56)))
    )
    assert (light - before).abs().median() < 0.5


def test_strips_are_joined_as_the_whole_is() -> None:
    rgb, ab = decode(picture(300, 40)), torch.randn(1, 2, 30, 4, generator=torch.Generator().manual_seed(1)) * 40
    L = rgb_to_lab(torch.from_numpy(rgb).permute(2, 0, 1)[None].contiguous())[:, :1]

    assert np.array_equal(joined_whole(rgb, ab), join(L, ab)[0].permute(1, 2, 0).numpy())


def test_recommended_colors_lie_in_the_gamut_at_the_pixel(studio: Studio) -> None:
    photo = canvas(picture())

    found = studio.recommend(photo, 50, 3, 6, POINTS)

    L = L_of(decode(picture()))[3, 50]
    lab = torch.tensor([[float(L), a, b] for a, b, _ in found.colors]).T.reshape(1, 3, 1, -1)
    back = rgb_to_lab(join(lab[:, :1], lab[:, 1:]))
    assert found.source == "uniform"
    assert len(found.colors) == 6
    assert (back - lab).abs().max() < 2
    assert [share for _, _, share in found.colors] == sorted((s for _, _, s in found.colors), reverse=True)


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ((Point(56, 0, 1.0, 1.0, 3),), r"point 1: x is 0\.\.55 and y is 0\.\.39 in this photo; got 56, 0"),
        ((Point(0, 0, 1.0, 1.0, 3), Point(0, -1, 1.0, 1.0, 3)), "point 2: .*got 0, -1"),
        ((Point(0, 0, 1.0, 1.0, 57),), r"a side of 1\.\.56 pixels in this photo; got 57"),
        ((Point(0, 0, 1.0, 1.0, 0),), "a side of .*got 0"),
        ((Point(0, 0, 200.0, 1.0, 3),), "a number in Lab units"),
    ],
)
def test_points_that_make_no_sense_get_a_sentence(points: tuple[Point, ...], says: str, studio: Studio) -> None:
    with pytest.raises(UserError, match=says):
        studio.color(canvas(picture()), points)

    assert studio.color(canvas(picture()), POINTS)


def test_other_mistakes_get_a_sentence(studio: Studio) -> None:
    photo = canvas(picture())

    for says, asked in {
        "method: one of levin2004; got 'eccv16'": lambda: studio.color(photo, (), "eccv16"),
        r"x is 0\.\.55 and y is 0\.\.39 in this photo; got 56, 2": lambda: studio.recommend(photo, 56, 2),
        "1 to 313 are asked for; got 0": lambda: studio.recommend(photo, 5, 2, 0),
        "not an image": lambda: studio.look(canvas(b"GIF but not really")),
        "sha256 is the one named": lambda: studio.look(Canvas("0" * 64, lambda: b"other", Resize("native", 0))),
        "the size is at least 1 pixel": lambda: studio.look(canvas(picture(), "fit", 0)),
    }.items():
        refused(asked, says)


def refused(asked: Callable[[], object], says: str) -> None:
    """A question gets a sentence."""
    with pytest.raises(UserError, match=says):
        asked()


def test_words_that_nobody_knows_are_refused() -> None:
    painter = Painter({}, CPU)

    assert "got 'dance'" in str(ask(painter, canvas(picture()), do="dance")[0]["error"])
    assert worker.answer(painter, {"do": "look", "photo": "x", "resize": {"policy": "native", "size": 0}}, b"") == (
        {"lacks": True}, b"",
    )  # fmt: skip
    assert "a whole number; got 'wide'" in str(ask(painter, canvas(picture()), do="recommend", x="wide")[0]["error"])


def test_a_bug_is_told_as_a_sentence_and_logged(capsys: pytest.CaptureFixture[str]) -> None:
    painter = Painter({}, CPU)
    painter._loaded["levin2004"] = lambda batch: torch.zeros(1, 7, 2, 2) / 0 if batch else None  # type: ignore[assignment,return-value]

    unfit = ask(painter, canvas(picture()), do="color", points=[])[0]["error"]
    painter._loaded["levin2004"] = lambda batch: batch.nothing  # type: ignore[attr-defined]
    broken = ask(painter, canvas(picture()), do="color", points=[])[0]["error"]
    painter._loaded["levin2004"] = lambda batch: torch.full((1, 2, 4, 4), torch.nan)
    endless = ask(painter, canvas(picture()), do="color", points=[])[0]["error"]

    assert "the result is ab" in str(unfit)
    assert "made a mistake" in str(broken)
    assert "not finite" in str(endless)
    assert "AttributeError" in capsys.readouterr().err


def test_photos_that_nobody_asks_for_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalsuite.studio.seen.PHOTO_BYTES", 3 * len(picture()) + 9 * 40 * 56 * 3)
    painter, photos = Painter({}, CPU), [canvas(picture(seed=k)) for k in range(5)]

    for photo in photos:
        ask(painter, photo, do="look")

    known = [painter.knows(f"{photo.sha256} native 0") for photo in photos]
    assert known[-1]
    assert 1 <= sum(known) < 5
    assert known == sorted(known)


def test_nobody_is_there(tmp_path: Path) -> None:
    with pytest.raises(Away, match=r"is not there\. .*nobody: No such file.*evalsuite paint"):
        Studio(tmp_path / "nobody").methods()
    with pytest.raises(Away, match="set COLORING_SOCKET"):
        Studio(None).methods()


@contextmanager
def listening(behave: Callable[[socket.socket], object]) -> Iterator[Path]:
    """Something that listens, and does with each caller what a test wants."""
    path = Path(os.path.realpath(os.environ.get("TMPDIR", "/tmp"))) / f"studio-{os.getpid()}-{time.monotonic_ns()}"

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                behave(peer)

    with listen(path) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield path
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    path.unlink()


@pytest.mark.slow
def test_who_is_too_slow_is_not_waited_for() -> None:
    ended = threading.Event()
    with listening(lambda peer: ended.wait(20)) as path:
        with pytest.raises(Away, match=r"longer than 0\.2 s .* Your points are kept"):
            Studio(path, 0.2).color(canvas(picture()), POINTS)
        ended.set()


@pytest.mark.parametrize("said", [b"", b"\0\0\0\2", b"\0\0\0\2\0\0\0\0no", b"\0\0\0\2\0\0\0\0[]", b"\xff" * 8])
def test_an_answer_that_breaks_off_or_is_none_gets_a_sentence(said: bytes) -> None:
    with listening(lambda peer: peer.sendall(said)) as path, pytest.raises(Away, match="ended in the middle"):
        Studio(path, 20).methods()


def test_messages_come_as_they_were_sent() -> None:
    left, right = socket.socketpair()
    with left, right:
        thread = threading.Thread(target=send, args=(left, {"a": [1, 2.5]}, b"x" * 3_000_000, Deadline(20)))
        thread.start()
        assert receive(right, Deadline(20)) == ({"a": [1, 2.5]}, b"x" * 3_000_000)
        thread.join()
        with pytest.raises(TimeoutError):
            receive(right, Deadline(0.05))
        with pytest.raises(TimeoutError):
            Deadline(-1).hurry(right)
        left.close()
        with pytest.raises(Torn, match="8 bytes were announced; got 0"):
            receive(right, Deadline(None))


@pytest.mark.slow
def test_a_process_that_dies_in_the_middle_is_started_again_and_nothing_is_lost() -> None:
    kept, photo = start({}), canvas(picture(400, 400))
    studio, said = Studio(kept.socket, 120), list[str]()
    before = studio.color(photo, POINTS)

    def color() -> None:
        try:
            studio.color(photo, tuple(Point(k, k, 9.0, 9.0, 1) for k in range(400)))
        except Away as error:
            said.append(str(error))

    # A process that is stopped has certainly not answered when it is killed.
    process = below(kept.process.pid)
    os.kill(process, signal.SIGSTOP)
    asking = threading.Thread(target=color)
    asking.start()
    time.sleep(0.3)
    os.kill(process, signal.SIGKILL)
    asking.join()
    after = studio.color(photo, POINTS)
    again = below(kept.process.pid)
    kept.end()

    assert len(said) <= 1
    assert before == after
    assert process != again
    assert not kept.socket.parent.exists()


def test_a_process_that_dies_at_work_gets_a_sentence() -> None:
    with listening(lambda peer: peer.recv(10)) as path, pytest.raises(Away, match="is started again"):
        Studio(path, 20).color(canvas(picture()), POINTS)


def test_only_its_owner_may_ask(kept: Kept) -> None:
    assert stat.S_IMODE(kept.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.socket.parent.stat().st_mode) == 0o700


@pytest.mark.slow
def test_an_address_that_cannot_be_taken_is_refused(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("something of somebody")

    for path, says in {
        tmp_path / ("x" * 120): "at most 100 bytes", tmp_path / "file": "is a file and no socket",
        kept.socket: "somebody listens", Path("/proc/nowhere/s"): "cannot listen",
    }.items():  # fmt: skip
        with pytest.raises(UserError, match=says):
            listen(path)


def test_what_a_killed_keeper_left_is_replaced_and_a_process_at_rest_ends(tmp_path: Path) -> None:
    path = Path(f"/tmp/studio-left-{os.getpid()}")
    listen(path).close()

    with listen(path) as listener:
        worker.serve(listener, Painter({}, CPU), 0.05, os.getppid())

    path.unlink()


@pytest.mark.slow
def test_the_command_serves_until_it_is_stopped() -> None:
    path = Path(f"/tmp/studio-command-{os.getpid()}")
    command = [sys.executable, "-m", "evalsuite.cli", "paint", "--socket", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as alone:
        until = time.monotonic() + 60
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert Studio(path, 120).methods() == ("levin2004",)
        alone.send_signal(signal.SIGINT)
        assert alone.wait(timeout=30) == 0
    assert not path.exists()
