"""Offences fall on their day.

The hazard of a detected occasion starts from OGRS3. Its published constants imply odds that double from one year to
two: the survival curve ``1 / (1 + h t)``, which is what a constant hazard gives whose level varies between people as
an exponential of mean ``h = odds(one year)``. That variation is read here as intermittency (Piquero 2004, "Somewhere
between persistence and desistance"): a person's intensity is drawn anew for each stretch of calendar weeks. On top
of it stand a decline with time since the index event, a peak in the first weeks after release, and a person's present
circumstances: needs, active peers, family, the alliance with the officer, a mentor.

Some offences are committed together: a tied peer at liberty takes part with a chance that grows with the tie, which a
common offence strengthens (`sim.co_offending`).

Reads: status, status_since_day, ogrs3, follow_up_day, is_from_custody, stretch_phase, offence_group, sanctions,
is_female, needs, needs_assessed, help, peer_influence, family_tie, alliance, has_full_grant, the docket.
Writes: offence_bound, hearing_day, pending_cases; the docket (offences); ties (strength).
Draws: reoffending.week, reoffending.day, reoffending.intensity, reoffending.offences, reoffending.group,
reoffending.specialise, reoffending.ogrs_offence, reoffending.join, enforcement.breach.
"""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_WEEK, DAYS_PER_YEAR, NEVER
from sim.co_offending import recruit
from sim.compiled import compiled, compiled_with_arrays
from sim.desistance import desistance_by_week, stretch_weeks
from sim.distributions import geometric_at
from sim.docket import Stage
from sim.draws import _GOLDEN, mix, pick, uniform
from sim.events import MOST_OFFENCES, BreachOutcome, Event, pack_occasion
from sim.help import build as build_help
from sim.legal_status import MARGIN, VISIT, breach_outcome, raised
from sim.needs import build as build_needs
from sim.needs import odds_factor
from sim.network import build as build_network
from sim.offenders import IS_SUPERVISED_IN_COMMUNITY, Rows, Status, history_band
from sim.parameters.register import Register
from sim.sentencing import build as build_sentencing

type Floats = NDArray[np.floating[Any]]

if TYPE_CHECKING:
    from sim.model import ProbationModel

_DECISIVE = (Stage.CAUTION, Stage.CHARGE, Stage.HEARING, Stage.BREACH_HEARING, Stage.RECALL)
_BITS_32 = 2.0**32
_TO_32 = np.uint64(32)
_LONGEST_DECLINE_WEEKS = 520
_MID_WEEK = 0.5
_CENTRE = 0.5
"""Where the factor of family is 1; that of the alliance is 1 without one, as it is without supervision."""
_OUT = 2


class Hazard(NamedTuple):
    """What the compiled loop knows of the parameters in a week."""

    scale: float  # occasions detected for each one proven, times the level
    slope: float  # on the log-odds of OGRS3
    spread: float  # share of the intensity that varies between stretches
    least_uniform: float  # truncates the exponential
    stretch_weeks: int
    supervised_factor: float
    peers: NDArray[np.float64]  # factor by hundredths of influence
    alliance_slope: float  # on the log of the hazard under supervision in the community
    family_slope: float  # on the log of the hazard
    grant_factor: float  # of the raised discharge grant, in the first weeks after release
    grant_weeks: int
    decline: NDArray[np.float64]  # by weeks since the index event
    peak: NDArray[np.float64]  # excess by weeks since release


class Keys(NamedTuple):
    """The keys of this week's draws, and that of the stretches of a life."""

    week: np.uint64
    day: np.uint64
    intensity: np.uint64


def step(model: "ProbationModel") -> None:
    """Let detected occasions of offending fall on their day."""
    mark_hearings(model)
    hazard = hazard_of_year(model)
    if model.is_first_week_of_year:
        _raise_all(model.people.offence_bound, _detection(model, model.year) / _detection(model, model.year - 1))
    rows, days = draw_offences(model, hazard)
    joined, leader = recruit(model, rows, days)
    led_by = np.concatenate([np.full(len(rows), -1), leader])
    record_offences(model, np.concatenate([rows, joined]), np.concatenate([days, days[leader]]), led_by)


@compiled
def _raise_all(offence_bound, factor):
    for i in range(offence_bound.size):
        offence_bound[i] = raised(offence_bound[i], factor)


@compiled
def _write_earliest(entries, row, day, hearing_day):
    for k in entries:
        hearing_day[row[k]] = NEVER
    for k in entries:
        hearing_day[row[k]] = min(hearing_day[row[k]], day[k])


def mark_hearings(model: "ProbationModel") -> None:
    """Write down for whom this week holds a charge, caution, hearing or recall: from that day on nobody is at risk,
    because where they then will be is decided later in the week.

    Of breach hearings only those that end in custody count: a reform makes many more of them, and most leave the person
    at liberty.
    """
    docket = model.docket
    due = docket.falling_due(model.day + DAYS_PER_WEEK, *_DECISIVE)
    breach = np.flatnonzero(docket.stage[due] == Stage.BREACH_HEARING)
    decides = np.ones(len(due), bool)
    outcome = breach_outcome(model, docket.row[due[breach]].astype(np.int64))
    decides[breach] = (outcome == BreachOutcome.COMMITTAL) | (outcome == BreachOutcome.REVOKED_CUSTODY)
    due = due[decides]
    _write_earliest(due, docket.row, docket.day, model.people.hearing_day)


def _curves(register: Register) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tabulate the decline and the peak after release by week, so that the loop has no powers."""
    p = register.reoffending
    weeks = range(_LONGEST_DECLINE_WEEKS)
    peak = [p.release_peak * math.exp(-(w + _MID_WEEK) / p.release_peak_weeks) for w in weeks]
    return np.array([desistance_by_week(p, w) for w in weeks]), np.array(peak)


def _detection(model: "ProbationModel", year: int) -> float:
    """Return how many occasions are detected in a year, over those of the year that the series starts from."""
    return float(model.register.proof.in_year("detection_index", year))


def hazard_of_year(model: "ProbationModel") -> Hazard:
    """Return the hazard's parameters in the present year."""
    p = model.register.reoffending
    proof = model.register.proof
    decline, peak = model.register.derived(_curves)
    more_pounds = model.timeline.setting("discharge_grant", "pounds") - p.grant_pounds
    return Hazard(
        scale=p.hazard_scale / proof.p_proven / DAYS_PER_YEAR * _detection(model, model.year),
        slope=p.hazard_slope,
        spread=p.intensity_spread,
        least_uniform=math.exp(-p.greatest_intensity),
        stretch_weeks=stretch_weeks(p),
        supervised_factor=math.exp(p.supervision_log_factor),
        peers=model.register.derived(build_network).influence,
        alliance_slope=p.alliance_log_factor,
        family_slope=model.register.ties.family_log_factor,
        grant_factor=math.exp(p.grant_log_factor * more_pounds / p.grant_pounds_per_factor),
        grant_weeks=int(p.grant_weeks),
        decline=decline,
        peak=peak,
    )


@compiled
def intensity(h, person_hash, stretch, intensity_key):
    """Return a person's intensity in a stretch: mean 1, a share of it exponential between stretches."""
    u = uniform(person_hash, mix(intensity_key ^ (np.uint64(np.int64(stretch)) * _GOLDEN)))
    return 1.0 - h.spread - h.spread * math.log(max(1.0 - u, h.least_uniform))


@compiled
def weekly_hazard(h, ogrs3, z, weeks, is_from_custody, is_supervised):
    """Return the hazard of a detected occasion, a day: odds of OGRS3 times intensity, decline and peak."""
    rate = h.scale * (ogrs3 / (1.0 - ogrs3)) ** h.slope * z * h.decline[weeks]
    if is_from_custody:
        rate *= 1.0 + h.peak[weeks]
    if is_supervised:
        rate *= h.supervised_factor
    return rate


@compiled
def circumstances(h, n, helped, ogrs3, assessed, needs, help_, influence, family_tie, alliance, in_community):
    """Return the factor on the hazard of what a person's life is like now: needs, help, peers, family, alliance."""
    slopes = h.family_slope * (family_tie - _CENTRE)
    if in_community:
        slopes += h.alliance_slope * alliance
    peers = h.peers[min(int(influence * helped.tie_factor[help_]), h.peers.size - 1)]
    return odds_factor(n, ogrs3, assessed, needs) * helped.hazard_factor[help_] * peers * math.exp(slopes)


@compiled
def _whom_to_visit(settled, this_phase, week_key, person_hash, offence_bound, phase, is_due, out_row):
    """Fill in whose uniform lies below the bound, or whose stretch begins, passing by the first rows, who have left.

    It looks at everyone, in two loops without branches: the first works on several people at once.
    """
    hashes, bounds, phases = person_hash[settled:], offence_bound[settled:], phase[settled:]
    for k in range(hashes.size):
        begins = (phases[k] == this_phase) & (bounds[k] > 0)
        is_due[k] = ((mix(hashes[k] ^ week_key) >> _TO_32) < bounds[k]) | begins
    found = 0
    for k in range(hashes.size):
        out_row[found] = settled + k
        found += is_due[k]
    return found


@compiled_with_arrays
def scan(
    h,
    n,
    helped,
    settled,
    day,
    keys,
    person_hash,
    offence_bound,
    phase,
    status,
    ogrs3,
    follow_up_day,
    status_since_day,
    is_from_custody,
    hearing_day,
    needs_assessed,
    needs,
    help_,
    peer_influence,
    family_tie,
    alliance,
    has_full_grant,
    out_row,
    out_day,
):
    """Visit those whose uniform lies below the bound, or whose stretch begins; return how many offend.

    A visit writes a new bound, which holds as long as the stretch and the status do: decline and peak only fall, family
    and alliance only grow; whatever raises the hazard otherwise, a new year too, raises the bound (`raised`) or asks
    for a visit.
    """
    week = day // DAYS_PER_WEEK
    is_due, this_phase = np.empty(phase.size - settled, np.uint8), week % h.stretch_weeks
    looked_at = _whom_to_visit(settled, this_phase, keys.week, person_hash, offence_bound, phase, is_due, out_row)
    # everything is read before anything is worked out: people looked at stand far apart, and reads then overlap
    who = out_row[:looked_at]
    risk, since, from_custody = ogrs3[who], follow_up_day[who], is_from_custody[who]
    law, here_since, hearing = status[who], status_since_day[who], hearing_day[who]
    then, now, aided, influence = needs_assessed[who], needs[who], help_[who], peer_influence[who]
    family, bond, granted = family_tie[who], alliance[who], has_full_grant[who]
    found = 0
    for k in range(looked_at):
        i = who[k]
        z = intensity(h, person_hash[i], (week - int(phase[i])) // h.stretch_weeks, keys.intensity)
        weeks = min(max(day - since[k], 0) // DAYS_PER_WEEK, h.decline.size - 1)
        rate = weekly_hazard(h, float(risk[k]), z, weeks, from_custody[k], law[k] != Status.FREE)
        rate *= circumstances(
            h,
            n,
            helped,
            float(risk[k]),
            then[k],
            now[k],
            aided[k],
            influence[k],
            float(family[k]),
            float(bond[k]),
            IS_SUPERVISED_IN_COMMUNITY[law[k]],
        )
        if granted[k] and from_custody[k] and weeks < h.grant_weeks:
            rate *= h.grant_factor
            offence_bound[i] = VISIT
        else:
            offence_bound[i] = min(int((1.0 - math.exp(-rate * DAYS_PER_WEEK)) * _BITS_32) + MARGIN, VISIT)
        if (mix(person_hash[i] ^ keys.week) >> _TO_32) >= offence_bound[i]:
            continue  # not even in a whole week at risk
        start = min(max(since[k] - day, here_since[k] - day, 0), DAYS_PER_WEEK)
        end = DAYS_PER_WEEK
        if hearing[k] >= day:
            end = min(hearing[k] - day, DAYS_PER_WEEK)
        if end <= start:
            continue
        if uniform(person_hash[i], keys.week) < 1.0 - math.exp(-rate * (end - start)):
            out_row[found] = i
            out_day[found] = day + start + int(uniform(person_hash[i], keys.day) * (end - start))
            found += 1
    return found


def draw_offences(model: "ProbationModel", hazard: Hazard) -> tuple[Rows, NDArray[np.int64]]:
    """Return who commits a detected occasion this week, and on which day."""
    people = model.people
    out_row, out_day = model.scratch()[:_OUT]
    keys = Keys(
        week=model.draws.key("reoffending.week", model.week),
        day=model.draws.key("reoffending.day", model.week),
        intensity=model.draws.key("reoffending.intensity"),
    )
    found = scan(
        hazard,
        model.register.derived(build_needs),
        model.register.derived(build_help),
        model.settled,
        model.day,
        keys,
        people.person_hash,
        people.offence_bound,
        people.stretch_phase,
        people.status,
        people.ogrs3,
        people.follow_up_day,
        people.status_since_day,
        people.is_from_custody,
        people.hearing_day,
        people.needs_assessed,
        people.needs,
        people.help,
        people.peer_influence,
        people.family_tie,
        people.alliance,
        people.has_full_grant,
        out_row,
        out_day,
    )
    return out_row[:found].copy(), out_day[:found].copy()


def expected_further_offences(ogrs3: Floats, at_least: float, prolific: float) -> Floats:
    """Return the mean number of offences beyond the first on an occasion: more on those of prolific people."""
    return at_least + prolific * ogrs3


class Offending(NamedTuple):
    """The columns of people by which it is drawn what they did."""

    person_hash: NDArray[np.uint64]
    is_female: NDArray[np.bool_]
    sanctions: NDArray[np.int32]
    offence_group: NDArray[np.uint8]
    pending_cases: NDArray[np.uint8]


class OccasionKeys(NamedTuple):
    """The keys of this week's draws of what was done."""

    offences: np.uint64
    group: np.uint64
    specialise: np.uint64
    ogrs_offence: np.uint64


@compiled
def _describe(groups, ogrs_offences, specialisation, keys, p, rows, led_by, mean, out_group, out_code, out_ogrs):
    """Fill in group, occasion code and OGRS3 class of each occasion; the person has one case more.

    Who is led by another, whose place comes before, does what the leader does.
    """
    for k in range(rows.size):
        i, hash_of = rows[k], p.person_hash[rows[k]]
        offences = min(1 + geometric_at(uniform(hash_of, keys.offences), mean[k]), MOST_OFFENCES)
        group = int(p.offence_group[i])
        if uniform(hash_of, keys.specialise) >= specialisation:
            group = pick(uniform(hash_of, keys.group), groups[int(p.is_female[i]), history_band(p.sanctions[i])])
        if led_by[k] >= 0:
            group = int(out_group[led_by[k]])
        out_group[k] = group
        out_code[k] = pack_occasion(group, offences, 0)
        out_ogrs[k] = pick(uniform(hash_of, keys.ogrs_offence), ogrs_offences[group])
        p.pending_cases[i] += 1


def record_offences(model: "ProbationModel", rows: Rows, days: NDArray[np.int64], led_by: Rows) -> None:
    """Draw what was done and how often, and enter it on the docket for proof; who takes part does what the leader does.

    `led_by` is the place of the leader among `rows`, -1 for those who lead themselves.
    """
    people, p = model.people, model.register.reoffending
    s = model.register.derived(build_sentencing)
    keys = OccasionKeys(*(model.draws.key(f"reoffending.{name}", model.week) for name in OccasionKeys._fields))
    mean = expected_further_offences(people.ogrs3[rows], p.further_offences, p.further_offences_prolific)
    mean = np.maximum((1 + mean) * p.in_year("offences_index", model.year) - 1, 0).astype(np.float64)
    group, code, ogrs = (np.empty(len(rows), kind) for kind in (np.uint8, np.int32, np.uint8))
    who = people.part(Offending)
    _describe(s.group, s.ogrs_offence, p.specialisation, keys, who, rows, led_by, mean, group, code, ogrs)
    model.log.record(Event.OFFENCE, days, rows, code)
    model.docket.add(len(rows), day=days, stage=Stage.OFFENCE, row=rows, offence_day=days, code=code, ogrs_offence=ogrs)
