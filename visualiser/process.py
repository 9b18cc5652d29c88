"""A model in a process of its own: what it is asked comes through a pipe, and what it shows goes back through it.

The process ends when the other end of the pipe is closed, so that no model outlives its page or the server.
"""

import os
import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import Full, Queue
from typing import Any

from experiments.engine import map_runs
from experiments.plan import Plan
from experiments.tree import Lived, grow
from sim.errors import InputError
from sim.model import ProbationModel
from visualiser import messages
from visualiser.choices import Choices, Limits

_SECONDS_TO_END = 2.0
_MOST_WAITING = 200
"""Messages that wait for a model; of more the newest are dropped: no person asks so fast."""
_TINY, _WARM_WEEKS = 0.002, 5
_NICE = 5
"""Replicates give way to the worlds that a person watches."""


@dataclass(frozen=True)
class Begin:
    """The first message to a process that lives worlds.

    Attributes
    ----------
    choices : Choices
    limits : Limits
    lived, week : int
        Where to go at once: how far to live, and which week to show then.
    """

    choices: Choices
    limits: Limits
    lived: int = 0
    week: int = 0


class ModelProcess:
    """A process that does one function with one end of a pipe; the other end is here.

    What it is told waits in a queue of its own, so that nobody waits for a model that is busy.

    Parameters
    ----------
    work : callable
        Importable by name; takes its end of the pipe and the arguments.
    """

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, *arguments), daemon=True)
        self._process.start()
        theirs.close()
        self._told: Queue[Any] = Queue(_MOST_WAITING)
        threading.Thread(target=self._pass_on, daemon=True).start()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid or 0

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    def tell(self, message: Any) -> bool:
        """Send something to the process, without waiting; False where so much waits already that it is dropped."""
        try:
            self._told.put_nowait(message)
        except Full:
            return False
        return True

    def _pass_on(self) -> None:
        """Send what waits, one after the other, until the process is gone."""
        with suppress(OSError, ValueError):
            while (message := self._told.get()) is not None:
                self.pipe.send(message)

    def end(self) -> None:
        """End the process, and give back what it held; whoever reads its pipe comes to the end of it."""
        self._process.kill()
        self._process.join(_SECONDS_TO_END)
        with suppress(Full):
            self._told.put_nowait(None)


def live_worlds(pipe: Connection) -> None:
    """Live two worlds as a page asks; what the process of a session does.

    It gets ready before it is needed; the first message says what worlds to make.
    """
    _ignore_interrupts()
    try:
        _live(pipe)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the page is gone
    except InputError as error:
        _send(pipe, {"kind": "phase", "phase": "refused", "message": str(error)})
    except MemoryError:
        _send(pipe, {"kind": "phase", "phase": "lost", "message": "The model needs more memory than there is."})
    except Exception:
        traceback.print_exc()
        message = "The model stopped with an error of its own; the server's terminal says which."
        _send(pipe, {"kind": "phase", "phase": "lost", "message": message})


def warm_up() -> None:
    """Load the compiled loops by living a few weeks of a tiny world under the levers of the reform."""
    model = ProbationModel("post_reform", scale=_TINY)
    for _ in range(_WARM_WEEKS):
        model.step()


def _live(pipe: Connection) -> None:
    """Get ready, make the worlds, and serve until the pipe is closed."""
    from visualiser.player import Player

    warm_up()
    begin: Begin = pipe.recv()
    plan = begin.choices.plan(begin.limits)
    player = Player(
        plan,
        begin.choices,
        lambda content, buffers: pipe.send((content, buffers)),
        lived=begin.lived,
        week=begin.week,
    )
    _send(pipe, {"kind": "phase", "phase": "ready", "message": ""})
    while True:
        if pipe.poll(player.wait):
            _answer(player, pipe.recv())
        else:
            player.live()


def _answer(player: Any, message: Any) -> None:
    """Do what the page asks."""
    match message:
        case messages.Play():
            player.play(message.speed)
        case messages.Plain(kind="pause"):
            player.pause()
        case messages.Plain(kind="flow"):
            player.send_flow()
        case messages.Plain(kind="anew"):
            player.begin_anew()
        case messages.Step():
            player.step(message.weeks)
        case messages.Seek():
            player.seek(message.week)
        case messages.Seen():
            player.seen(message.n)
        case messages.Ties():
            player.show_ties(message.on)
        case messages.Life():
            player.send_life(message.person)
        case ("replicate", series):
            player.add_replicate(series)


def replicate(pipe: Connection, plan: Plan, seeds: list[int]) -> None:
    """Run both arms of more seeds, and send what the charts need of each."""
    from visualiser.charts import replicate_series

    _ignore_interrupts()
    if hasattr(os, "nice"):
        os.nice(_NICE)

    def run(seed: int) -> Any:
        first = ProbationModel(plan.arms[0], plan.region, plan.scale, seed, plan.register)
        arms = dict(enumerate(plan.arms))
        return [replicate_series(model) for _, model in grow(first, arms, plan.end_day, Lived())]

    with suppress(OSError, EOFError):
        for seed, series in map_runs(run, seeds):
            pipe.send((seed, series))


def _send(pipe: Connection, content: dict[str, Any]) -> None:
    """Send a message without buffers, unless nobody listens any more."""
    with suppress(OSError):
        pipe.send((content, []))


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the server, which ends this process by closing the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
