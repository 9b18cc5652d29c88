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

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.assessment import record_sanction, start_follow_up
from sim.clock import DAYS_PER_WEEK, NEVER
from sim.distributions import weibull
from sim.docket import Stage, first_of_each
from sim.events import Event, unpack_occasion
from sim.legal_status import confine, settle_in_community
from sim.offenders import BANDS, IS_IN_PRISON, Disposal, Rows, Status, band_of
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


def resolve(model: "ProbationModel") -> None:
    """Decide how each new occasion will end with the police, and when."""
    docket, people, p = model.docket, model.people, model.register.proof
    new = docket.due(model.day + DAYS_PER_WEEK, Stage.OFFENCE, Stage.PROVEN_OFFENCE)
    rows, occasion = docket.row[new], docket.offence_day[new]
    hashes = people.person_hash[rows]
    group, _, _ = unpack_occasion(docket.code[new])
    p_caution = model.register.derived(build).caution[
        table_year(model.register, model.year),
        group,
        people.is_female[rows].astype(int),
        band_of(people.sanctions[rows]),
    ]
    p_proven = np.where(docket.stage[new] == Stage.PROVEN_OFFENCE, 1.0, p.p_proven)
    stage = resolution(model.draws.uniforms_at("proof.resolution", hashes, occasion), p_proven, p_caution)
    lag = weibull(model.draws.uniforms_at("proof.police_lag", hashes, occasion), p.police_lag_days, p.lag_shape)
    docket.stage[new] = stage
    docket.day[new] = occasion + 1 + np.minimum(lag, p.longest_lag_days).astype(np.int64)


def resolution(u: NDArray[np.floating], p_proven: NDArray[np.floating], p_caution: NDArray[np.floating]) -> Rows:
    """Return the stage to which each occasion goes: charge, then caution, then nothing proven, up the uniform."""
    charged = u < p_proven * (1 - p_caution)
    return np.where(charged, Stage.CHARGE, np.where(u < p_proven, Stage.CAUTION, Stage.NO_PROOF)).astype(np.int64)


def close_without_proof(model: "ProbationModel", entries: Rows) -> None:
    """Close cases that prove nothing."""
    docket = model.docket
    model.log.record(
        Event.NO_PROOF, docket.day[entries], docket.row[entries], docket.code[entries], docket.offence_day[entries]
    )
    np.subtract.at(model.people.pending_cases, docket.row[entries], 1)
    docket.stage[entries] = Stage.DONE


def caution(model: "ProbationModel", entries: Rows) -> None:
    """Caution people: a sanction, and an index event for those at liberty."""
    docket, people = model.docket, model.people
    rows = docket.row[entries]
    day = np.maximum(docket.day[entries], people.status_since_day[rows])
    model.log.record(Event.CAUTION, day, rows, docket.code[entries], docket.offence_day[entries])
    docket.stage[entries] = Stage.DONE
    people.pending_cases[rows] -= 1
    group, _, _ = unpack_occasion(docket.code[entries])
    record_sanction(model, rows, day, docket.offence_day[entries], group, docket.ogrs_offence[entries], is_caution=True)
    free = ~IS_IN_PRISON[people.status[rows]]
    settle_in_community(model, rows[free], day[free])
    start_follow_up(model, rows[free], day[free], Disposal.CAUTION)


def charge(model: "ProbationModel", entries: Rows) -> None:
    """Charge people, list them for court, and remand some."""
    docket, people, p = model.docket, model.people, model.register.proof
    rows, occasion = docket.row[entries], docket.offence_day[entries]
    hashes = people.person_hash[rows]
    day = np.maximum(docket.day[entries], people.status_since_day[rows])
    model.log.record(Event.CHARGE, day, rows, docket.code[entries], occasion)
    group, _, _ = unpack_occasion(docket.code[entries])
    crown = model.draws.uniforms_at("proof.court", hashes, occasion) < np.asarray(p.p_crown_court)[group]
    delay = p.in_year("crown_court_days", model.year)
    lag = weibull(
        model.draws.uniforms_at("proof.court_lag", hashes, occasion),
        np.where(crown, delay, p.magistrates_days),
        p.lag_shape,
    )
    own = day + DAYS_PER_WEEK + np.minimum(lag, p.longest_lag_days).astype(np.int64)
    joined = model.draws.uniforms_at("proof.joining", hashes, occasion) < p.p_joined
    joined &= people.listed_day[rows] >= model.day + DAYS_PER_WEEK
    docket.stage[entries] = Stage.HEARING
    docket.day[entries] = people.listed_day[rows] = np.where(joined, people.listed_day[rows], own)
    people.charge_day[rows] = day
    p_remand = remand_probability(crown, people.sanctions[rows], p.p_remand, p.p_remand_crown, p.remand_history_factor)
    held = (model.draws.uniforms_at("proof.remand", hashes, occasion) < p_remand) & ~IS_IN_PRISON[people.status[rows]]
    held = np.flatnonzero(held)
    held = held[first_of_each(rows[held])]
    model.log.record(Event.REMAND, day[held], rows[held], 0, occasion[held])
    confine(model, rows[held], Status.REMAND, day[held], NEVER)


def remand_probability(
    crown: NDArray[np.bool_], sanctions: NDArray[np.integer], magistrates: float, crown_court: float, repeat: float
) -> NDArray[np.float64]:
    """Return the chance of remand in custody by court, multiplied for people with seven sanctions or more."""
    factor = np.where(band_of(sanctions) >= _REPEAT_BAND, repeat, 1.0)
    return np.minimum(np.where(crown, crown_court, magistrates) * factor, 1.0)
