"""Takes the pictures of the README from a served demo.

python docs/pictures.py [--db demo/evalsuite.db]
"""

from __future__ import annotations

import io
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright
from werkzeug.serving import make_server

from webapp import create_app
from webapp.config import read_config

HERE = Path(__file__).parent
TOKEN = "pictures"
SIZE = ViewportSize(width=1280, height=760)
LARGEST = 150_000
TO_TOP = "one => scrollTo(0, one.getBoundingClientRect().top + scrollY - 16)"
WARM_MS = 2000
"""Until the worker that draws maps of differences has drawn."""


def leaderboard(page: Page) -> None:
    """Ranks, intervals and what people said, in the light theme."""
    page.goto("/leaderboard/1")


def photo(page: Page) -> None:
    """A photo half wiped, with the map of differences."""
    page.goto("/photo/5?a=6")
    page.get_by_label("Show").select_option("de2000")
    page.get_by_role("slider", name="Wipe").fill("40")
    page.wait_for_timeout(WARM_MS)
    page.evaluate("document.activeElement.blur()")
    page.get_by_role("region", name="Comparison").evaluate(TO_TOP)


def compare(page: Page) -> None:
    """Colors of two methods beside those of the photos, and how right they are where colors are rare."""
    page.goto("/compare/1")
    page.get_by_role("heading", name="Colors", exact=True).evaluate(TO_TOP)


def gallery(page: Page) -> None:
    """Where one method is better than another, in the dark theme."""
    page.emulate_media(color_scheme="dark")
    page.goto("/gallery/1?a=5&b=6&order=best")
    page.wait_for_load_state("networkidle")


@click.command()
@click.option("--db", default="demo/evalsuite.db", show_default=True, help="The demo's database.")
def main(db: str) -> None:
    """Write a WebP file per picture beside this script."""
    config = replace(read_config(database_url=f"sqlite:///{db}"), access_token=TOKEN)
    server = make_server("127.0.0.1", 0, create_app(config), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for take in (leaderboard, photo, compare, gallery):
            context = browser.new_context(viewport=SIZE, base_url=f"http://127.0.0.1:{server.port}")
            page = context.new_page()
            page.goto(f"/login?token={TOKEN}")
            page.wait_for_url("**/")
            take(page)
            page.wait_for_load_state("networkidle")
            _write(HERE / f"{take.__name__}.webp", page.screenshot())
            context.close()
        browser.close()
    server.shutdown()


def _write(path: Path, png: bytes) -> None:
    Image.open(io.BytesIO(png)).save(path, "WEBP", quality=80, method=6)
    size = path.stat().st_size
    click.echo(f"{path}: {size:,} bytes{'' if size < LARGEST else ', too large for a README'}")


if __name__ == "__main__":
    main()
