"""Take the pictures of the pages that stand in the documents: ``python docs/screenshots.py``.

Needs the extras `viz` and `dev`, and a Chromium. Each picture is of the default worlds at a scale of 0.05, seed 0.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from typer.testing import CliRunner  # noqa: E402

from run import app  # noqa: E402
from visualiser.driver import Server, chromium, inside, opened, seek  # noqa: E402

LATE = 521
"""The first week of 2018."""
NEAR = 420
"""In January 2016, when short sentences have been supervised for a year."""


def choose_parted(page: Any) -> None:
    """Open the life of somebody who is recalled under the reform, and free without it."""
    chosen = (
        "(() => { const [base, reform] = page.networks.scenes.map((s) => s.states); "
        "const node = reform.findIndex((s, n) => s === 5 && base[n] === 0); "
        "const nodes = page.networks.shared.people.nodes; "
        "return [...nodes].find(([, n]) => n === node)?.[0] ?? [...nodes.keys()][0]; })()"
    )
    person = inside(page, chosen)
    page.get_by_role("tab", name="A life, twice").click()
    page.get_by_label("Person number").fill(str(person))
    page.get_by_role("button", name="Open", exact=True).click()
    page.wait_for_function("() => document.querySelector('.tg-page').tgPage.life.life")


def worlds(browser: Any, address: str) -> None:
    """Take the pictures of two worlds."""
    with opened(browser, f"{address}?scale=0.05", width=1280, height=800) as page:
        seek(page, NEAR)
        page.get_by_label("Dim lives that are the same").check()
        page.wait_for_timeout(1500)
        page.screenshot(path=DOCS / "viewer.png")
    with opened(browser, f"{address}?scale=0.05", width=1920, height=1080) as page:
        seek(page, LATE)
        page.wait_for_timeout(1500)
        page.screenshot(path=DOCS / "viewer_charts.png")
        choose_parted(page)
        page.wait_for_timeout(1500)
        page.screenshot(path=DOCS / "viewer_life.png")
        page.get_by_role("tab", name="The flow").click()
        page.wait_for_timeout(1500)
        page.screenshot(path=DOCS / "viewer_flow.png")


def results(browser: Any, folder: str) -> None:
    """Take the picture of a folder of results."""
    server = Server("--open", folder)
    try:
        with opened(browser, server.address, ready=False, width=1280, height=800, first="table") as page:
            page.wait_for_timeout(1500)
            page.screenshot(path=DOCS / "viewer_results.png")
    finally:
        server.close()


def main() -> None:
    """Take all pictures."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        server = Server()
        try:
            worlds(browser, server.address)
        finally:
            server.close()
        done = CliRunner().invoke(app, ["compare", "--scale", "0.05", "--seeds", "6", "--out", folder])
        assert done.exit_code == 0, done.output
        results(browser, folder)


if __name__ == "__main__":
    main()
