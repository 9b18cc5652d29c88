"""What a visitor may choose: two scenarios, a region, its scale, a seed, dates of levers, numbers; checked, and written
in the address of the page so that a link makes the same view again."""

import math
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from experiments.plan import Plan, make_plan
from sim.clock import date_of
from sim.errors import InputError, unknown
from sim.files import REGIONS, SCENARIOS, known_names
from sim.parameters.register import Register
from sim.regions import load_region
from sim.scenarios import load_timeline
from sim.timeline import lever_definitions
from visualiser import states

DEFAULT_SCALE = 0.05
PLACE = "the page"
_SETTINGS, _LONGEST, _FIELDS, _DIGITS = 40, 200, 60, 4
MATTERING = {
    "reoffending.supervision_log_factor": "What supervision as such does to the hazard of reoffending",
    "reoffending.alliance_log_factor": "What a full working alliance does to it",
    "ties.peer_log_factor": "What an active peer does to it",
    "needs.causal_share": "How much of a need's weight is causal",
    "allocation.alliance_kept_on_change": "Alliance kept when the officer changes",
    "supervision.p_enforce_licence": "Chance that a failure on licence is enforced",
    "supervision.licence_failure_per_month": "Failures on licence in a month",
    "support.voluntary_reach": "Leavers whom charities reach by themselves",
}
"""Numbers on the page: those by which it is decided whether the reform helps; see docs/conditions.md."""


@dataclass(frozen=True)
class Limits:
    """What one visitor, and all together, may take of the machine.

    Attributes
    ----------
    people : float
        People under supervision in a world.
    sessions : int
        Models at once.
    """

    people: float = 20_000
    sessions: int = 4


class Choices(BaseModel):
    """What a visitor chose.

    Attributes
    ----------
    base, reform, region : str
        Names, never paths.
    scale : float
    seed : int
    settings : tuple of str
        ``KEY=VALUE`` as the command line takes them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str = Field(default="pre_reform", max_length=_LONGEST)
    reform: str = Field(default="post_reform", max_length=_LONGEST)
    region: str = Field(default="staffordshire_west_midlands", max_length=_LONGEST)
    scale: float = DEFAULT_SCALE
    seed: int = Field(default=0, ge=0, lt=2**53)
    settings: tuple[str, ...] = Field(default=(), max_length=_SETTINGS)

    @classmethod
    def read(cls, given: object) -> Self:
        """Check what came from a page.

        Raises
        ------
        InputError
            For a name, type or number that is not allowed.
        """
        try:
            chosen = cls.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "choices"
            raise InputError(f"{PLACE}: {where} = {first.get('input')!r:.60}: {first['msg'].lower()}") from None
        for what, name, folder in (
            ("scenario", chosen.base, SCENARIOS),
            ("scenario", chosen.reform, SCENARIOS),
            ("region", chosen.region, REGIONS),
        ):
            if name not in known_names(folder):
                raise unknown(what, name, known_names(folder), PLACE)
        if any(len(setting) > _LONGEST for setting in chosen.settings):
            raise InputError(f"{PLACE}: a setting is longer than {_LONGEST} characters")
        return chosen

    @classmethod
    def from_query(cls, query: str) -> Self:
        """Read the address of a page; what it does not name is as usual."""
        found = fields(query)
        given: dict[str, Any] = {k: v[-1] for k, v in found.items() if k in cls.model_fields and k != "settings"}
        return cls.read({**given, "settings": tuple(found.get("set", []))})

    @property
    def query(self) -> str:
        """The address of these choices, what is as usual left out."""
        usual = type(self)()
        named = [(k, getattr(self, k)) for k in type(self).model_fields if k != "settings"]
        pairs = [(k, repr(v) if isinstance(v, float) else v) for k, v in named if v != getattr(usual, k)]
        return urlencode([*pairs, *(("set", setting) for setting in self.settings)])

    def plan(self, limits: Limits) -> Plan:
        """Return the plan of these choices.

        Raises
        ------
        InputError
            For a bad setting, or a world larger than the page takes.
        """
        place = load_region(self.region)
        people = place.caseload * self.scale
        if people > limits.people:
            fits = _rounded_down(limits.people / place.caseload)
            raise InputError(
                f"{place.name} at scale {self.scale:g} has {people:,.0f} people under supervision; this page takes up "
                f"to {limits.people:,.0f}: choose a scale of {fits:g} or less, or run it from the command line"
            )
        return make_plan([self.base, self.reform], self.region, self.scale, [self.seed], None, list(self.settings))


def fields(query: str) -> dict[str, list[str]]:
    """Return the fields of the address of a page.

    Raises
    ------
    InputError
        If there are too many to be read.
    """
    try:
        return parse_qs(query.removeprefix("?"), max_num_fields=_FIELDS)
    except ValueError:
        raise InputError(f"{PLACE}: its address has more than {_FIELDS} fields") from None


def week_in(query: str, field: str) -> int:
    """Return the week that a field of the address names; 0 where it names none."""
    named = fields(query).get(field, ["0"])[-1]
    return int(named) if named.isascii() and named.isdigit() and len(named) <= _DIGITS else 0


def _rounded_down(scale: float) -> float:
    """Return a scale that is no larger, with two figures."""
    step = 10.0 ** (math.floor(math.log10(scale)) - 1)
    return float(f"{math.floor(scale / step) * step:.12g}")


def menu(limits: Limits) -> dict[str, Any]:
    """Return everything that the page offers to choose from."""
    register = Register.load()
    numbers = {p.key: p for p in register}
    titles = {name: entry["title"] for name, entry in lever_definitions().items()}
    scenarios = {name: load_timeline(name) for name in known_names(SCENARIOS)}
    regions = [load_region(name) for name in known_names(REGIONS)]
    return {
        "kind": "menu",
        "scenarios": [{"name": name, "title": timeline.title} for name, timeline in scenarios.items()],
        "regions": [{"name": r.name, "title": r.title, "caseload": r.caseload} for r in regions],
        "states": states.describe(),
        "parameters": [
            {
                "key": key,
                "label": label,
                "value": numbers[key].value,
                "low": numbers[key].low,
                "high": numbers[key].high,
                "unit": numbers[key].unit,
                "help": numbers[key].source,
            }
            for key, label in MATTERING.items()
        ],
        "levers": {
            name: [
                {"name": lever.name, "title": titles[lever.name], "from": date_of(lever.from_day).isoformat()}
                for lever in sorted(timeline.levers.values(), key=lambda v: (v.from_day, v.name))
            ]
            for name, timeline in scenarios.items()
        },
        "limits": {"people": limits.people, "sessions": limits.sessions},
        "defaults": Choices().model_dump(),
    }
