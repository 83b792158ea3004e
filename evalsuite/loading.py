"""Decoding ahead of the work, in processes of their own that know Pillow and numpy and nothing else.

Such a process reads requests from standard input and writes pixels to standard output. These are plain subprocesses,
since multiprocessing would import the caller's script again.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evalsuite.errors import UserError
from evalsuite.images import Resize, decode

PIPE_BYTES = 1 << 20
F_SETPIPE_SZ = 1031


@dataclass(frozen=True)
class Wanted:
    """Candidate files for one picture, best first, and how to resize it."""

    candidates: tuple[Path, ...]
    resize: Resize | None


@dataclass(frozen=True)
class Picture:
    """A decoded file, or why there is none.

    Attributes:
        rgb: (H, W, 3) uint8 sRGB, or None.
        reason: Why there is none, or "".
        path: The file that was read.
        sha256: Of the file's bytes, "" where it could not be read.
        original: (width, height) before resizing.
        verbatim: Whether the file is a PNG of exactly these pixels, so that copying it saves encoding them again.
    """

    rgb: NDArray[np.uint8] | None
    reason: str
    path: Path | None
    sha256: str = ""
    original: tuple[int, int] = (0, 0)
    verbatim: bool = False


def load(wanted: Wanted) -> Picture:
    """Decode the first candidate that can be decoded; the reason given is the first candidate's."""
    failed = [Picture(None, "there is no file for it", None)]
    for path in wanted.candidates:
        picture = _load_one(path, wanted.resize)
        if picture.rgb is not None:
            return picture
        failed.append(picture)
    return failed[min(1, len(failed) - 1)]


def _load_one(path: Path, resize: Resize | None) -> Picture:
    try:
        data = path.read_bytes()
    except OSError as error:
        return Picture(None, (error.strerror or "cannot be read").lower(), path)
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        rgb = decode(data)
        original = (rgb.shape[1], rgb.shape[0])
        resized = rgb if resize is None else resize.apply(rgb)
    except UserError as error:
        return Picture(None, str(error), path, sha256)
    verbatim = resized is rgb and _is_plain_png(data)
    return Picture(np.ascontiguousarray(resized), "", path, sha256, original, verbatim)


def _is_plain_png(data: bytes) -> bool:
    with Image.open(io.BytesIO(data)) as image:
        plain = image.format == "PNG" and image.mode == "RGB" and getattr(image, "n_frames", 1) == 1
        return plain and not {"icc_profile", "exif", "transparency", "gamma"} & set(image.info)


def _send(stream: IO[bytes], message: object) -> None:
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    stream.write(struct.pack(f"<{2 + len(views)}Q", len(head), len(views), *(view.nbytes for view in views)))
    stream.write(head)
    for view in views:
        stream.write(view)
    stream.flush()


def _receive(stream: IO[bytes]) -> object:
    head_bytes, count = struct.unpack("<2Q", _exactly(stream, 16))
    sizes = struct.unpack(f"<{count}Q", _exactly(stream, 8 * count))
    head = _exactly(stream, head_bytes)
    return pickle.loads(head, buffers=[_exactly(stream, size) for size in sizes])


def _exactly(stream: IO[bytes], size: int) -> bytearray:
    data = bytearray(size)
    view, position = memoryview(data), 0
    while position < size:
        read = stream.readinto(view[position:])  # type: ignore[attr-defined]  # IO[bytes] of a pipe has readinto
        if not read:
            raise EOFError
        position += read
    return data


class Decoder:
    """One decoding process, started on first use and started again if it dies."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def load(self, wanted: Sequence[Wanted]) -> list[Picture]:
        """Decode the pictures, in order; a process that was killed is replaced once."""
        for attempt in (1, 2):
            try:
                stdin, stdout = self._pipes()
                _send(stdin, list(wanted))
                pictures = _receive(stdout)
                assert isinstance(pictures, list)
                return pictures
            except (EOFError, BrokenPipeError):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
            command = [sys.executable, "-c", "from evalsuite.loading import main; main()"]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True
            )
            assert self._process.stdout is not None
            _widen(self._process.stdout)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with suppress(BrokenPipeError):
                    if stream is not None:
                        stream.close()


def _widen(stream: IO[bytes]) -> None:
    """Give a pipe more room than Linux's 64 KiB; elsewhere leave it."""
    if sys.platform == "linux":
        import fcntl

        try:
            fcntl.fcntl(stream.fileno(), F_SETPIPE_SZ, PIPE_BYTES)
        except OSError:
            return


class Loader:
    """Decodes lists of pictures ahead of their use.

    Args:
        workers: How many decoding processes; 0 decodes in this process, when asked.
        ahead: How many lists may wait decoded.
    """

    def __init__(self, workers: int, ahead: int = 3) -> None:
        self._workers = workers
        self._ahead = max(ahead, workers + 1)
        self._local = threading.local()
        self._decoders: list[Decoder] = []

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all decoding processes."""
        for decoder in self._decoders:
            decoder.close()

    def stream(self, requests: Iterable[Sequence[Wanted]]) -> Iterator[list[Picture]]:
        """Yield the decoded pictures of each request, in order."""
        if self._workers == 0:
            for request in requests:
                yield [load(wanted) for wanted in request]
            return
        with ThreadPoolExecutor(self._workers) as threads:
            waiting: deque[Future[list[Picture]]] = deque()
            try:
                for request in requests:
                    waiting.append(threads.submit(self._decode, request))
                    if len(waiting) > self._ahead:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _decode(self, request: Sequence[Wanted]) -> list[Picture]:
        decoder: Decoder | None = getattr(self._local, "decoder", None)
        if decoder is None:
            decoder = self._local.decoder = Decoder()
            self._decoders.append(decoder)
        return decoder.load(request)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until the other side hangs up."""
    while True:
        try:
            request = _receive(requests)
        except EOFError:
            return
        assert isinstance(request, list)
        _send(answers, [load(wanted) for wanted in request])


def main() -> None:
    """Be a decoding process."""
    _widen(sys.stdin.buffer)
    serve(sys.stdin.buffer, sys.stdout.buffer)
