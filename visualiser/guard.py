"""What stands before the pages: nobody else's page may speak to the server, and no page may fetch from elsewhere."""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any
from urllib.parse import urlsplit

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

CLOSED = ("/resourcez", "/_solara/api/evict/")
"""What Solara tells of the machine, or does for its own tests."""
ASSETS = "/_solara/cdn"
POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' data: blob:; frame-ancestors 'none'; form-action 'self'"
)
"""Content security policy: everything from this server. Vue compiles templates, hence eval; anywidget loads blobs."""
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_REFUSED = 403
_POLICY_VIOLATION = 1008


class Guard:
    """An ASGI application before another.

    Parameters
    ----------
    app : ASGI application
    assets : ASGI application
        Serves the files below `ASSETS`, and does nothing else: Solara's own way to them deletes a folder that is asked
        for by name, and fetches what it lacks.
    names : collection of str, optional
        Host names by which the server may be asked for; any where not given. A site whose name is made to point to
        this machine is refused by it.
    """

    def __init__(self, app: App, assets: App, names: Collection[str] | None = None) -> None:
        self._app = app
        self._assets = assets
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif not self._is_welcome(scope):
            await _refuse(scope, receive, send)
        elif scope["path"].startswith(f"{ASSETS}/"):
            inner = {**scope, "root_path": scope.get("root_path", "") + ASSETS}
            await self._assets(inner, receive, _with_headers(send))
        else:
            await self._app(scope, receive, _with_headers(send))

    def _is_welcome(self, scope: Scope) -> bool:
        """Say whether a request is for this server by name, and comes from its own pages or from no page."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        origin = headers.get(b"origin")
        if scope["path"].startswith(CLOSED):
            return False
        if headers.get(b"sec-fetch-site") == "cross-site" and headers.get(b"sec-fetch-mode") != "navigate":
            return False
        try:
            named, asking = urlsplit(f"//{host}").hostname, urlsplit(origin).netloc if origin is not None else host
        except ValueError:
            return False
        return asking == host and (self._names is None or named in self._names)


def _with_headers(send: Send) -> Send:
    """Return a `send` that adds our headers to every answer."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *_HEADERS]
        await send(message)

    return sending


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a request."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    await send({"type": "http.response.start", "status": _REFUSED, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"not from here\n"})
