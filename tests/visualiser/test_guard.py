import asyncio

import pytest

from visualiser.guard import ASSETS, CLOSED, POLICY, Guard
from visualiser.server import LOCAL_NAMES


def ask(path="/", *, kind="http", host="127.0.0.1:8765", origin=None, names=LOCAL_NAMES, site=None, mode=None):
    """Return what comes back for a request, and to whom it was passed on."""
    said, passed = [], []

    async def app(scope, receive, send):
        passed.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def assets(scope, receive, send):
        passed.append(("asset", scope["root_path"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        said.append(message)

    headers = [(b"host", host.encode()), *([(b"origin", origin.encode())] if origin else [])]
    headers += [(b"sec-fetch-site", site.encode()), (b"sec-fetch-mode", mode.encode())] if site else []
    asyncio.run(Guard(app, assets, names)({"type": kind, "path": path, "headers": headers}, receive, send))
    return said, passed


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:80", "localhost"])
def test_this_machine_is_answered_with_a_policy_that_lets_nothing_out(host):
    said, passed = ask(host=host)
    assert passed
    assert (b"content-security-policy", POLICY.encode()) in said[0]["headers"]
    assert "http" not in POLICY


@pytest.mark.parametrize(
    "asked",
    [
        {"host": "evil.example:8765"},
        {"host": ""},
        {"host": "["},
        {"origin": "http://["},
        {"site": "cross-site", "mode": "no-cors"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"path": f"{CLOSED[0]}"},
    ],
)
def test_others_are_refused(asked):
    said, passed = ask(**asked)
    assert not passed
    assert said[0]["status"] == 403
    said, passed = ask(kind="websocket", **asked)
    assert not passed
    assert said == [{"type": "websocket.close", "code": 1008}]


def test_its_own_pages_are_let_in():
    assert ask(origin="http://127.0.0.1:8765")[1]
    assert ask(kind="websocket", origin="http://127.0.0.1:8765")[1]


def test_a_server_for_others_takes_any_name_but_no_other_pages():
    assert ask(host="probation.example", names=None)[1]
    assert not ask(host="probation.example", origin="http://evil.example", names=None)[1]


def test_a_link_on_another_site_leads_here():
    assert ask(site="cross-site", mode="navigate")[1]


def test_files_of_the_page_never_come_through_solaras_own_way_which_deletes_and_fetches():
    _, passed = ask(f"{ASSETS}/vega@5/build")
    assert passed == [("asset", ASSETS)]
