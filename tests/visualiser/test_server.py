import socket
import sys

import pytest
from typer.testing import CliRunner

from run import app
from sim.errors import InputError
from visualiser.server import bind, checked_port


def visualise(*options):
    return CliRunner().invoke(app, ["visualise", *options])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--port", "99999"), "--port 99999 is out of range; allowed: 0"),
        (("--port", "-1"), "--port -1 is out of range"),
        (("--host", "203.0.113.9"), "--host 203.0.113.9 --port 8765: cannot listen there"),
        (("--host", "no such host"), "cannot listen there"),
        (("--open", "/no/such/folder"), "/no/such/folder"),
    ],
)
def test_a_mistake_is_one_message_and_exit_2(options, said):
    done = visualise(*options)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"--port {port}: cannot listen there: Address already in use"):
            bind("127.0.0.1", port)


def test_a_server_listens_on_this_machine_alone():
    with bind("127.0.0.1", checked_port(0)) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_without_the_extra_it_says_which_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = visualise("--port", "0")
    assert done.exit_code == 1
    assert "extra `viz`" in done.stderr
