"""A server and a browser for the tests of the pages."""

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil

from tests.worlds import ROOT

SCALE = 0.02
QUERY = f"?scale={SCALE}"
CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
SECONDS = 90


class Server:
    """A server of the pages in a process of its own."""

    def __init__(self, *options):
        command = [sys.executable, "run.py", "visualise", "--port", "0", *options]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("COV_")}
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + self.process.stderr.read()
        self.address = found[0]

    def models(self):
        """Processes that live worlds, or wait for whoever comes next."""
        return {child.pid for child in psutil.Process(self.process.pid).children(recursive=True) if _is_model(child)}

    def close(self):
        self.process.terminate()
        self.process.wait(20)


def _is_model(process):
    """Say whether a process of a server was started for a model and still runs."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and any("spawn_main" in part for part in process.cmdline())
    except psutil.Error:
        return False


@contextmanager
def opened(browser, address, *, ready=True, width=1280, height=800):
    """Open a page in a context of its own; yields the page, whose `said` are console errors and failed requests, and
    whose `asked` are the addresses that it asked for."""
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(SECONDS * 1000)
    page.said, page.asked = [], []
    page.on("console", lambda m: page.said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("requestfailed", lambda request: page.said.append(f"failed: {request.url}"))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(address)
    page.wait_for_selector(".tg-play")
    if ready:
        page.wait_for_selector(".tg-play:not([disabled])")
    try:
        yield page
    finally:
        page.goto("about:blank")  # as a person leaves: a context that is closed tells its page nothing
        context.close()


INSIDE = "document.querySelector('.tg-page').tgPage"


def inside(page, expression):
    """Evaluate an expression on the page's own object."""
    return page.evaluate(f"() => {{ const page = {INSIDE}; return {expression}; }}")


def week(page):
    """The week on the page."""
    return inside(page, "page.view.week")


def seek(page, to):
    """Go to a week, and wait for it."""
    inside(page, f"page.send({{kind: 'seek', week: {to}}})")
    page.wait_for_function(f"() => {INSIDE}.view.week === {to}")


def wait_until(holds, seconds=SECONDS):
    """Wait for something to hold."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")
