"""Sessions: each open page has its own model in its own process, ended when the page is closed."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from experiments.plan import Plan
from sim.errors import InputError
from visualiser import messages
from visualiser.choices import Choices, Limits, menu, week_in
from visualiser.messages import Send
from visualiser.process import Begin, ModelProcess, live_worlds, replicate


class Hall:
    """All sessions of a server, and how many there may be.

    Parameters
    ----------
    limits : Limits
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._lock = threading.Lock()
        self._sessions: set[Session] = set()
        self._spare: ModelProcess | None = None
        self._is_open = True

    def prepare(self) -> None:
        """Get a process ready for whoever comes next, so that a page need not wait for it."""
        with self._lock:
            if self._spare is None and self._is_open:
                self._spare = ModelProcess(live_worlds)

    def process(self) -> ModelProcess:
        """Return a process that waits to be told what worlds to live."""
        with self._lock:
            ready, self._spare = self._spare, None
        return ready if ready is not None and ready.is_alive else ModelProcess(live_worlds)

    def enter(self, session: "Session") -> bool:
        """Let a session have a model, unless too many have one; whoever has one keeps it."""
        with self._lock:
            is_full = session not in self._sessions and len(self._sessions) >= self.limits.sessions
            if is_full or not self._is_open:
                return False
            self._sessions.add(session)
            return True

    def leave(self, session: "Session") -> None:
        """Let another session have a model."""
        with self._lock:
            self._sessions.discard(session)

    def close(self) -> None:
        """End every session."""
        with self._lock:
            sessions, spare = list(self._sessions), self._spare
            self._spare, self._is_open = None, False
        if spare is not None:
            spare.end()
        for session in sessions:
            session.close()


class Session:
    """One open page: its model, and what is said between the two.

    Parameters
    ----------
    hall : Hall
    send : callable
        Takes a message for the page, and its buffers.
    """

    def __init__(self, hall: Hall, send: Send) -> None:
        self._hall = hall
        self._send = send
        self._lock = threading.RLock()
        self._choices = Choices()
        self._worlds: ModelProcess | None = None
        self._others: ModelProcess | None = None
        self._next_seed = 1
        self._replicates = [0, 0]
        self._is_closed = self._has_said_why = False

    @property
    def pid(self) -> int | None:
        """Number of the model's process; None where there is none."""
        return self._worlds.pid if self._worlds else None

    def handle(self, message: object) -> None:
        """Do what a page asks; what it may not ask is answered by a notice."""
        try:
            asked = messages.read(message)
            match asked:
                case messages.Open():
                    self._send(menu(self._hall.limits), [])
                    self._open(asked.query)
                case messages.Start():
                    self.start(Choices.read(asked.choices))
                case messages.Plain(kind="reset"):
                    self.start(self._choices)
                case messages.Replicates():
                    self._replicate(asked.more)
                case _:
                    self._tell(asked)
        except InputError as error:
            self._phase("refused", str(error)) if self._worlds is None else self._notice("error", str(error))

    def _open(self, query: str) -> None:
        """Begin with what the address of the page says."""
        choices = Choices.from_query(query)
        shown = week_in(query, "week")
        self.start(choices, max(shown, week_in(query, "lived")), shown)

    def start(self, choices: Choices, lived: int = 0, week: int = 0) -> None:
        """Make worlds of these choices in place of those there are, go to a week and show one.

        Raises
        ------
        InputError
            If no world can be made of them; those there are live on.
        """
        choices.plan(self._hall.limits)
        with self._lock:
            if self._is_closed:
                return
            self._end_processes()
            if not self._hall.enter(self):
                many = self._hall.limits.sessions
                self._phase("full", f"All {many} places are taken: somebody must close a page first. Then try again.")
                return
            self._choices, self._has_said_why = choices, False
            self._next_seed, self._replicates = choices.seed + 1, [0, 0]
            self._phase("starting", "")
            self._worlds = self._hall.process()
            self._worlds.tell(Begin(choices, self._hall.limits, lived, week))
            self._listen(self._worlds, self._forward, self._lost)

    def _listen(
        self,
        process: ModelProcess,
        take: Callable[[ModelProcess, Any], None],
        at_end: Callable[[ModelProcess], None],
    ) -> None:
        """Take everything that a process sends, in a thread, until it is gone."""

        def listen() -> None:
            with suppress(EOFError, OSError):
                while True:
                    take(process, process.pipe.recv())
            process.pipe.close()
            at_end(process)

        threading.Thread(target=listen, daemon=True).start()

    def _forward(self, process: ModelProcess, sent: tuple[dict[str, Any], list[bytes]]) -> None:
        """Pass on to the page what the model sends, unless another has taken its place."""
        content, buffers = sent
        with self._lock:
            if self._worlds is not process:
                return
            self._send(content, buffers)
            self._has_said_why |= content.get("phase") in ("refused", "lost")
        if content.get("phase") == "ready":
            self._hall.prepare()

    def _lost(self, process: ModelProcess) -> None:
        """Tell the page that its model is gone, unless it was ended on purpose."""
        with self._lock:
            if self._worlds is not process or self._is_closed:
                return
            self._end_processes()
            self._hall.leave(self)
            if not self._has_said_why:
                self._phase("lost", "The model's process has ended. Start again; other pages are not touched.")

    def _tell(self, message: Any) -> None:
        """Pass on to the model what the page asks."""
        with self._lock:
            if self._worlds is not None:
                self._worlds.tell(message)

    def _replicate(self, more: int) -> None:
        """Run more seeds in a process beside the worlds."""
        with self._lock:
            if self._worlds is None or self._others is not None:
                return
            plan: Plan = self._choices.plan(self._hall.limits)
            seeds = list(range(self._next_seed, self._next_seed + more))
            self._next_seed += more
            self._replicates[1] += more
            self._others = ModelProcess(replicate, plan, seeds)
            self._listen(self._others, self._take_replicate, self._replicated)
            self._tell_replicates()

    def _take_replicate(self, process: ModelProcess, sent: tuple[int, Any]) -> None:
        """Give what another seed gave to the model of the page, which draws intervals from it."""
        with self._lock:
            if self._others is not process:
                return
            self._replicates[0] += 1
            self._tell(("replicate", sent[1]))
            self._tell_replicates()

    def _replicated(self, process: ModelProcess) -> None:
        """Let more seeds be asked for."""
        with self._lock:
            if self._others is process:
                self._others.end()
                self._others = None
                done, asked = self._replicates
                self._replicates[1] = done
                self._tell_replicates()
                if done < asked:
                    self._notice("error", f"{asked - done} of {asked} seeds came to no end; {done} are in the charts.")

    def _tell_replicates(self) -> None:
        """Say how many seeds are done."""
        done, asked = self._replicates
        with self._lock:
            if not self._is_closed:
                running = self._others is not None
                self._send({"kind": "replicates", "done": done, "asked": asked, "running": running}, [])

    def _phase(self, phase: str, message: str) -> None:
        """Say where the session stands."""
        self._send({"kind": "phase", "phase": phase, "message": message}, [])

    def _notice(self, level: str, text: str) -> None:
        """Say something that changes nothing."""
        self._send({"kind": "notice", "level": level, "about": "page", "text": text}, [])

    def _end_processes(self) -> None:
        """End the processes of this session."""
        ended, self._worlds, self._others = (self._worlds, self._others), None, None
        for process in ended:
            if process is not None:
                process.end()

    def close(self) -> None:
        """End the session: the page is gone."""
        for process in (self._worlds, self._others):
            if process is not None:
                process.end()  # before the lock, which nobody may hold who waits for a model
        with self._lock:
            self._is_closed = True
            self._end_processes()
        self._hall.leave(self)
