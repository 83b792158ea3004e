"""The entry point of a container: run a program on every photo of /in and leave its result in /out.

    colorize.py 'th colorize.lua {photo} {result}'

Only the standard library of any Python 3 is needed, so that this fits into the image of an old framework. Results keep
the names of their photos, which is how they are found again; the first program that fails ends it with its status.
"""

import os
import shlex
import subprocess
import sys

PHOTOS, RESULTS = "/in", "/out"


def main(command: str, photos: str = PHOTOS, results: str = RESULTS) -> None:
    """Color every file below `photos`, subfolders and all."""
    for folder, _, names in sorted(os.walk(photos)):
        for name in sorted(names):
            photo = os.path.join(folder, name)
            result = os.path.join(results, os.path.relpath(photo, photos))
            os.makedirs(os.path.dirname(result), exist_ok=True)
            words = [word.replace("{photo}", photo).replace("{result}", result) for word in shlex.split(command)]
            status = subprocess.call(words)
            if status:
                sys.exit("{}: status {}".format(" ".join(words), status))


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
