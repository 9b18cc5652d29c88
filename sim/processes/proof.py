"""Proof: a detected occasion is resolved by caution, by charge, or by nothing that counts as proof.

How many occasions are detected follows a dated series (see reoffending), because cautions and charges fell nationally
whatever probation did; a fixed share of them ends in proof. Among proven occasions the split into caution and charge
is the published one, by year, offence, sex and history.
The way to court takes its time: police lag, then a lag of the magistrates' or of the Crown Court with its dated delay;
a case of someone who is listed already is often joined to that hearing.

Reads: the docket, offence_group, sanctions, is_female, status.
Writes: the docket; history columns, rosh, is_mappa (caution), pending_cases, charge_day, listed_day, status columns,
supervisor columns, absences, follow-up columns; officers' caseloads.
Draws: proof.resolution, proof.police_lag, proof.court, proof.court_lag, proof.joining, proof.remand, risk.rosh.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.assessment import record_sanction, start_follow_up
from sim.clock import DAYS_PER_WEEK, NEVER
from sim.compiled import compiled, rule
from sim.distributions import weibull_at, weibull_scale
from sim.docket import Entries, Stage, first_of_each
from sim.draws import uniform_at
from sim.events import Event, group_of, note, room_for, unpack_occasion
from sim.legal_status import confine, settle_in_community
from sim.offenders import BANDS, IS_IN_PRISON, Disposal, Rows, Status, history_band
from sim.parameters.register import Register
from sim.sentencing import build, table_year

_REPEAT_BAND = BANDS.index("7-10")

if TYPE_CHECKING:
    from sim.model import ProbationModel


def step(model: "ProbationModel") -> None:
    """Resolve this week's offences, then carry out the cautions, charges and closures that fall due.

    A second caution in one week waits for the next.
    """
    resolve(model)
    docket = model.docket
    due = docket.due(model.day + DAYS_PER_WEEK, Stage.CAUTION, Stage.CHARGE, Stage.NO_PROOF)
    stage = docket.stage[due]
    close_without_proof(model, due[stage == Stage.NO_PROOF])
    cautions = due[stage == Stage.CAUTION]
    first = first_of_each(docket.row[cautions])
    caution(model, cautions[first])
    docket.day[cautions[~first]] += DAYS_PER_WEEK
    charge(model, due[stage == Stage.CHARGE])


class Suspect(NamedTuple):
    """The columns of people by which a case is judged, and those that a charge writes."""

    person_hash: NDArray[np.uint64]
    is_female: NDArray[np.bool_]
    sanctions: NDArray[np.int32]
    status: NDArray[np.uint8]
    status_since_day: NDArray[np.int32]
    listed_day: NDArray[np.int32]
    charge_day: NDArray[np.int32]


class Chances(NamedTuple):
    """What the compiled loops know of the parameters."""

    p_proven: float
    police_lag_days: float
    lag_shape: float
    longest_lag_days: float
    p_crown_court: NDArray[np.float64]  # by offence group
    magistrates_days: float
    p_joined: float
    p_remand: float
    p_remand_crown: float
    remand_history_factor: float


class Keys(NamedTuple):
    """The keys of the draws that are made once for each occasion."""

    resolution: np.uint64
    police_lag: np.uint64
    court: np.uint64
    court_lag: np.uint64
    joining: np.uint64
    remand: np.uint64


def _chances(register: Register) -> Chances:
    """Gather the parameters of the loops."""
    p = register.proof
    return Chances(
        p_proven=p.p_proven,
        police_lag_days=float(p.police_lag_days),
        lag_shape=float(p.lag_shape),
        longest_lag_days=float(p.longest_lag_days),
        p_crown_court=np.asarray(p.p_crown_court),
        magistrates_days=float(p.magistrates_days),
        p_joined=p.p_joined,
        p_remand=p.p_remand,
        p_remand_crown=p.p_remand_crown,
        remand_history_factor=p.remand_history_factor,
    )


def _keys(model: "ProbationModel") -> Keys:
    return Keys(*(model.draws.key(f"proof.{name}") for name in Keys._fields))


@rule
def resolution(u, p_proven, p_caution):
    """Return the stage to which an occasion goes: charge, then caution, then nothing proven, up the uniform."""
    if u < p_proven * (1 - p_caution):
        return Stage.CHARGE.value
    return Stage.CAUTION.value if u < p_proven else Stage.NO_PROOF.value


@compiled
def _resolve(c, keys, p_caution, e, p, entries):
    scale = weibull_scale(c.lag_shape)
    for k in entries:
        i, occasion = e.row[k], e.offence_day[k]
        cautioned = p_caution[group_of(e.code[k]), int(p.is_female[i]), history_band(p.sanctions[i])]
        p_proven = 1.0 if e.stage[k] == Stage.PROVEN_OFFENCE else c.p_proven
        e.stage[k] = resolution(uniform_at(p.person_hash[i], keys.resolution, occasion), p_proven, cautioned)
        u = uniform_at(p.person_hash[i], keys.police_lag, occasion)
        lag = weibull_at(u, c.police_lag_days, scale, c.lag_shape)
        e.day[k] = occasion + 1 + int(min(lag, c.longest_lag_days))


def resolve(model: "ProbationModel") -> None:
    """Decide how each new occasion will end with the police, and when."""
    docket, register = model.docket, model.register
    p_caution = register.derived(build).caution[table_year(register, model.year)]
    new = docket.falling_due(model.day + DAYS_PER_WEEK, Stage.OFFENCE, Stage.PROVEN_OFFENCE)
    suspects = model.people.part(Suspect)
    _resolve(register.derived(_chances), _keys(model), p_caution, docket.part(Entries), suspects, new)


def close_without_proof(model: "ProbationModel", entries: Rows) -> None:
    """Close cases that prove nothing."""
    docket = model.docket
    model.log.record(
        Event.NO_PROOF, docket.day[entries], docket.row[entries], docket.code[entries], docket.offence_day[entries]
    )
    docket.close(entries, model.people.pending_cases)


def caution(model: "ProbationModel", entries: Rows) -> None:
    """Caution people: a sanction, and an index event for those at liberty."""
    docket, people = model.docket, model.people
    rows = docket.row[entries]
    day = np.maximum(docket.day[entries], people.status_since_day[rows])
    model.log.record(Event.CAUTION, day, rows, docket.code[entries], docket.offence_day[entries])
    docket.close(entries, people.pending_cases)
    group, _, _ = unpack_occasion(docket.code[entries])
    record_sanction(model, rows, day, docket.offence_day[entries], group, docket.ogrs_offence[entries], is_caution=True)
    free = ~IS_IN_PRISON[people.status[rows]]
    settle_in_community(model, rows[free], day[free])
    start_follow_up(model, rows[free], day[free], Disposal.CAUTION)


@rule
def remand_probability(c, is_crown, sanctions):
    """Return the chance of remand in custody by court, multiplied for people with seven sanctions or more."""
    p_remand = c.p_remand_crown if is_crown else c.p_remand
    return min(p_remand * c.remand_history_factor, 1.0) if history_band(sanctions) >= _REPEAT_BAND else p_remand


@compiled
def _charge(c, keys, crown_court_days, next_week, e, p, entries, charged, remanded):
    """Write down (day, row, code, offence) of each charge and (day, row, 0, offence) of each remand; count the latter.

    A person charged twice is remanded once, and neither case is joined to the hearing of the other.
    """
    scale, held, last = weibull_scale(c.lag_shape), 0, -1
    for n in range(entries.size):
        k = entries[n]
        i, occasion = e.row[k], e.offence_day[k]
        day, hash_of = max(e.day[k], p.status_since_day[i]), p.person_hash[i]
        note(charged, n, day, i, e.code[k], occasion)
        is_crown = uniform_at(hash_of, keys.court, occasion) < c.p_crown_court[group_of(e.code[k])]
        mean = crown_court_days if is_crown else c.magistrates_days
        lag = weibull_at(uniform_at(hash_of, keys.court_lag, occasion), mean, scale, c.lag_shape)
        is_joined = p.listed_day[i] >= next_week and uniform_at(hash_of, keys.joining, occasion) < c.p_joined
        own = day + DAYS_PER_WEEK + int(min(lag, c.longest_lag_days))
        e.stage[k], e.day[k] = Stage.HEARING, p.listed_day[i] if is_joined else own
        p_remand = remand_probability(c, is_crown, p.sanctions[i])
        if i != last and uniform_at(hash_of, keys.remand, occasion) < p_remand and not IS_IN_PRISON[p.status[i]]:
            note(remanded, held, day, i, 0, occasion)
            held, last = held + 1, i
    for n in range(entries.size):
        i = e.row[entries[n]]
        p.listed_day[i], p.charge_day[i] = e.day[entries[n]], charged[0, n]
    return held


def charge(model: "ProbationModel", entries: Rows) -> None:
    """Charge people, list them for court, and remand some."""
    charged, remanded = room_for(len(entries)), room_for(len(entries))
    held = _charge(
        model.register.derived(_chances),
        _keys(model),
        float(model.register.proof.in_year("crown_court_days", model.year)),
        model.day + DAYS_PER_WEEK,
        model.docket.part(Entries),
        model.people.part(Suspect),
        entries,
        charged,
        remanded,
    )
    model.log.record(Event.CHARGE, *charged)
    model.log.record(Event.REMAND, *remanded[:, :held])
    confine(model, remanded[1, :held], Status.REMAND, remanded[0, :held], NEVER)
