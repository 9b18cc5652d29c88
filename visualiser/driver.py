"""Drive the pages in a headless browser: for tests, for pictures in the documents, and to measure how fast they are."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
SECONDS = 90
_SECONDS_TO_END = 20
INSIDE = "document.querySelector('.tg-page').tgPage"
"""The page's own object, in the page's own language."""


class Server:
    """The server of the pages in a process of its own, as the command starts it.

    Parameters
    ----------
    *options : str
        Of ``run.py visualise``.

    Attributes
    ----------
    address : str
    process : subprocess.Popen
    """

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "run.py", "visualise", "--port", "0", *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if not found:
            raise RuntimeError(f"the server said no address: {line!r}")
        self.address = found[0]

    def models(self) -> set[int]:
        """Return the processes that live worlds, or wait for whoever comes next."""
        return {child.pid for child in psutil.Process(self.process.pid).children(recursive=True) if _is_model(child)}

    def close(self) -> None:
        """End the server."""
        self.process.terminate()
        self.process.wait(_SECONDS_TO_END)


@contextmanager
def solara(app: Path) -> Iterator[str]:
    """Serve a file of Solara's own form, as its own command does; yields the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "solara", "run", str(app), "--no-open", "--production", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False"}
    process = subprocess.Popen(command, cwd=app.parent, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(port))
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(_SECONDS_TO_END)


def _answers(port: int) -> bool:
    """Say whether anybody listens on a port of this machine."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _is_model(process: psutil.Process) -> bool:
    """Say whether a process of a server was started for a model and still runs."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and any("spawn_main" in part for part in process.cmdline())
    except psutil.Error:
        return False


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a headless browser; yields it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Any, address: str, *, ready: bool = True, width: int = 1280, height: int = 800, first: str = ".tg-play"
) -> Iterator[Any]:
    """Open a page as a visitor of its own.

    Parameters
    ----------
    browser : playwright browser
    address : str
    ready : bool
        Wait for the worlds.
    width, height : int
        Of the window, pixels.
    first : str
        What shows that the page is there.

    Yields
    ------
    playwright page
        Its `said` are console errors and failed requests, its `asked` the addresses that it asked for.
    """
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(SECONDS * 1000)
    page.said, page.asked = [], []
    page.on("console", lambda m: page.said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("requestfailed", lambda request: page.said.append(f"failed: {request.url}"))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(address)
    page.wait_for_selector(first)
    if ready:
        page.wait_for_selector(".tg-play:not([disabled])")
    try:
        yield page
    finally:
        page.goto("about:blank")  # as a person leaves: a context that is closed tells its page nothing
        context.close()


def inside(page: Any, expression: str) -> Any:
    """Evaluate an expression on the page's own object, called `page` there."""
    return page.evaluate(f"() => {{ const page = {INSIDE}; return {expression}; }}")


def seek(page: Any, week: int) -> None:
    """Go to a week, and wait for it."""
    inside(page, f"page.send({{kind: 'seek', week: {week}}})")
    page.wait_for_function(f"() => {INSIDE}.view.week === {week}")


def wait_until[T](holds: Callable[[], T], seconds: float = SECONDS) -> T:
    """Wait for something to hold, and return it.

    Raises
    ------
    TimeoutError
        If it does not within so many seconds.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.05)
    raise TimeoutError(f"waited {seconds} seconds in vain")
