"""Serve the pages: on this machine alone unless told otherwise, with everything from this machine."""

import os
import socket
import sys
import threading
import time
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Any

from sim.errors import InputError, UnfinishedError
from visualiser.choices import Limits
from visualiser.guard import Guard
from visualiser.sessions import Hall

LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
_GREATEST_PORT = 65_535
_SECONDS_TO_RECONNECT = "15s"
_SETTINGS = {
    "SOLARA_APP": "visualiser.page",
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_ASSETS_PROXY": "True",
    "SOLARA_ASSETS_CDN": "http://127.0.0.1:9/",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
    "SOLARA_KERNEL_CULL_TIMEOUT": _SECONDS_TO_RECONNECT,
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_LOADER": "plain",
    "SOLARA_STATE_ALLOW_PICKLE": "False",
}
"""Solara's own settings: no word to anybody, nothing from a network, models ended soon after their page is gone."""


def checked_port(port: int) -> int:
    """Return a port that can be listened on; 0 takes any that is free."""
    if not 0 <= port <= _GREATEST_PORT:
        raise InputError(f"--port {port} is out of range; allowed: 0 (any free one) to {_GREATEST_PORT}")
    return port


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens there.

    Raises
    ------
    InputError
        If the address is not this machine's, or somebody listens there already.
    """
    listening = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except (OSError, UnicodeError) as error:
        if listening is not None:
            listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"--host {host} --port {port}: cannot listen there: {reason}; choose another") from None
    return listening


def serve(host: str, port: int, limits: Limits, folder: str | None, open_browser: bool) -> None:
    """Serve the pages until interrupted.

    Parameters
    ----------
    host, port : str, int
    limits : Limits
    folder : str, optional
        Show the results in this folder instead of living worlds.
    open_browser : bool

    Raises
    ------
    InputError
        If the folder holds no results, or nobody can listen at the address.
    UnfinishedError
        If the extra `viz` is not installed.
    """
    os.environ.update(_SETTINGS)
    results = _results(folder)
    listening = bind(host, port)
    try:
        import uvicorn
        from solara.server import settings, starlette
        from starlette.staticfiles import StaticFiles

        from visualiser import page
    except ModuleNotFoundError as missing:
        needed = f"the viewer needs {missing.name}, which the extra `viz` brings: uv run --extra viz run.py visualise"
        raise UnfinishedError(needed) from None

    hall = Hall(limits)
    page.show(hall, results)
    if results is None:
        hall.prepare()
    guarded = Guard(starlette.app, StaticFiles(directory=settings.assets.proxy_cache_dir), _names(host))
    config = uvicorn.Config(guarded, log_level="error", access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    address = f"http://{_shown(host)}:{listening.getsockname()[1]}/"
    threading.Thread(target=_announce, args=(server, address, host, open_browser), daemon=True).start()
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
    finally:
        hall.close()


def _results(folder: str | None) -> Any:
    """Return the results of a folder, None where none is asked for."""
    if folder is None:
        return None
    from visualiser.results.opening import open_results

    return open_results(Path(folder))


def _names(host: str) -> tuple[str, ...] | None:
    """Return the names by which a browser may ask for the pages; None for any, where others may reach them."""
    return LOCAL_NAMES if host in LOCAL_NAMES else None


def _shown(host: str) -> str:
    """Return a host as an address names it."""
    return f"[{host}]" if ":" in host else host


def _announce(server: Any, address: str, host: str, open_browser: bool) -> None:
    """Say where the pages are, once they are."""
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.02)
    print(f"Two worlds at {address} (Ctrl-C ends it)", flush=True)
    if host not in LOCAL_NAMES:
        print(f"Anybody who can reach {host} can use it: there is no password.", file=sys.stderr, flush=True)
    if open_browser:
        webbrowser.open(address)
