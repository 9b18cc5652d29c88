"""Courts: a sentence by offence and history, its length from the published bands.

Disposals follow the published occasions of the year by offence group, sex and history band; before 2014 the table of
2014 holds. A suspended sentence is activated for most who are convicted within its operational period. Whoever is on
remand and not sentenced to custody goes home; so does everyone whose short sentence is served when it is passed.

Reads: the docket, sanctions, is_female, status, is_from_custody, ogrs3, order columns, sentence columns.
Writes: the docket; history columns, rosh, is_mappa, sentence columns, order columns, status columns, supervisor
columns, absences, follow-up columns, pending_cases; officers' caseloads.
Draws: courts.disposal, courts.length_band, courts.length, courts.activation, courts.requirements, courts.order_length,
courts.served_already, courts.indeterminate, risk.rosh.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.assessment import assess_risk, record_sanction, score_anew, start_follow_up
from sim.clock import DAYS_PER_WEEK, DAYS_PER_YEAR, NEVER, TWELVE_MONTHS_DAYS
from sim.compiled import compiled
from sim.distributions import weibull
from sim.docket import Stage, first_of_each
from sim.draws import pick, uniform_at
from sim.events import Event, occasion_code, unpack_occasion
from sim.imprisonment import imprison
from sim.legal_status import confine, is_for_life, serves_for_life, settle_in_community, write_orders
from sim.offenders import IS_IN_PRISON, Disposal, Rows, Status, each, history_band
from sim.parameters.register import Register
from sim.sentencing import build, order_days, sentence_lengths, table_year, tilt, tilt_within

if TYPE_CHECKING:
    from sim.model import ProbationModel

ORDERS = (Disposal.COMMUNITY_ORDER, Disposal.SUSPENDED_SENTENCE_ORDER)
_TO_COMMUNITY_ORDER, _TO_SUSPENDED_ORDER, _TO_CUSTODY = (
    disposal - 2 for disposal in (Disposal.COMMUNITY_ORDER, Disposal.SUSPENDED_SENTENCE_ORDER, Disposal.CUSTODY)
)
"""Where, in cumulative chances of a court's disposals (no caution), the one before each of these ends."""


def step(model: "ProbationModel") -> None:
    """Hear the cases listed for this week; those of one person are dealt with together, on the first day."""
    docket = model.docket
    due = docket.due(model.day + DAYS_PER_WEEK, Stage.HEARING)
    first = first_of_each(docket.row[due])
    hear(model, due[first])
    join(model, due[~first])


def hear(model: "ProbationModel", entries: Rows) -> None:
    """Sentence people; no one twice."""
    docket, people = model.docket, model.people
    rows, offence_day = docket.row[entries].astype(np.int64), docket.offence_day[entries]
    day = np.maximum(docket.day[entries], people.status_since_day[rows]).astype(np.int64)
    group, offences, _ = unpack_occasion(docket.code[entries])
    disposal = choose_disposal(model, rows, offence_day, group)
    code = occasion_code(group, offences, disposal)
    people.last_disposal[rows] = disposal
    model.log.record(Event.CONVICTION, day, rows, code, offence_day)
    docket.close(entries, people.pending_cases)
    record_sanction(model, rows, day, offence_day, group, docket.ogrs_offence[entries], is_caution=False)
    to_custody = disposal == Disposal.CUSTODY
    activated = activate_suspended(model, rows, day, offence_day, to_custody)
    sentence_to_custody(model, rows[to_custody], day[to_custody], offence_day[to_custody], activated[to_custody])
    sentence_in_community(model, rows[~to_custody], day[~to_custody], offence_day[~to_custody], disposal[~to_custody])


def join(model: "ProbationModel", entries: Rows) -> None:
    """Convict of further cases on the occasion just heard: offences proven, no further sanction and no further
    sentence."""
    docket, people = model.docket, model.people
    rows = docket.row[entries]
    group, offences, _ = unpack_occasion(docket.code[entries])
    code = occasion_code(group, offences, people.last_disposal[rows])
    model.log.record(Event.JOINED_CONVICTION, people.last_sanction_day[rows], rows, code, docket.offence_day[entries])
    docket.close(entries, people.pending_cases)


class Convict(NamedTuple):
    """The columns of people by which a court decides, and those of suspended sentences."""

    person_hash: NDArray[np.uint64]
    is_female: NDArray[np.bool_]
    sanctions: NDArray[np.int32]
    is_from_custody: NDArray[np.bool_]
    ogrs3: NDArray[np.float32]
    status: NDArray[np.uint8]
    licence_end_day: NDArray[np.int32]
    suspended_day: NDArray[np.int32]
    suspended_end_day: NDArray[np.int32]
    suspended_days: NDArray[np.int32]


class Bench(NamedTuple):
    """What the compiled loops know of the parameters; numbers that meet OGRS3 are as short as it is."""

    custody_again: float
    centre_from_custody: float
    community_order_slope: np.float32
    centre_ogrs3_orders: np.float32
    p_activation: float
    p_activation_alone: float


def _bench(register: Register) -> Bench:
    """Gather the parameters of the loops."""
    p = register.courts
    return Bench(
        custody_again=p.custody_again,
        centre_from_custody=p.centre_from_custody,
        community_order_slope=np.float32(p.community_order_slope),
        centre_ogrs3_orders=np.float32(p.centre_ogrs3_orders),
        p_activation=p.p_activation,
        p_activation_alone=p.p_activation_alone,
    )


@compiled
def _choose_disposals(c, key, table, p, rows, offence_day, group, out):
    for k in range(rows.size):
        i = rows[k]
        cell = table[group[k], int(p.is_female[i]), history_band(p.sanctions[i])]
        less_custody = -c.custody_again * (p.is_from_custody[i] - c.centre_from_custody)
        u = tilt(uniform_at(p.person_hash[i], key, offence_day[k]), cell[_TO_CUSTODY], less_custody)
        not_suspended = c.community_order_slope * (p.ogrs3[i] - c.centre_ogrs3_orders)
        low, middle, high = cell[_TO_COMMUNITY_ORDER], cell[_TO_SUSPENDED_ORDER], cell[_TO_CUSTODY]
        out[k] = 1 + pick(tilt_within(u, low, middle, high, float(not_suspended)), cell)


def choose_disposal(model: "ProbationModel", rows: Rows, offence_day: Rows, group: Rows) -> Rows:
    """Draw the disposal from the published table of the year.

    Custody is likelier for those who come from custody; of orders, the community order for the likelier to reoffend.
    """
    register, count = model.register, len(rows)
    table = register.derived(build).court[table_year(register, model.year)]
    out = np.empty(count, np.int64)
    key, people = model.draws.key("courts.disposal"), model.people.part(Convict)
    known = each(rows, count), each(offence_day, count), each(group, count)
    _choose_disposals(register.derived(_bench), key, table, people, *known, out)
    return out


@compiled
def _activate(c, key, p, rows, offence_day, to_custody, out):
    for k in range(rows.size):
        i = rows[k]
        is_within = p.suspended_day[i] <= offence_day[k] < p.suspended_end_day[i]
        p_activation = c.p_activation if to_custody[k] else c.p_activation_alone
        if is_within and uniform_at(p.person_hash[i], key, offence_day[k]) < p_activation and not is_for_life(p, i):
            out[k] = p.suspended_days[i]
            p.suspended_end_day[i] = -NEVER


def activate_suspended(
    model: "ProbationModel", rows: Rows, day: Rows, offence_day: Rows, to_custody: NDArray[np.bool_]
) -> Rows:
    """Activate suspended sentences of people convicted of an offence within the operational period.

    Most are activated where the new offence goes to custody too, and then run after that sentence (schedule 12,
    paragraph 9(1)(b)); a court that spares the new offence custody seldom does otherwise with the old one.

    Returns
    -------
    int64 array, shape (n,)
        Days activated; 0 for those without.
    """
    people, count = model.people, len(rows)
    days = np.zeros(count, np.int64)
    key, bench = model.draws.key("courts.activation"), model.register.derived(_bench)
    _activate(bench, key, people.part(Convict), each(rows, count), each(offence_day, count), to_custody, days)
    active = np.flatnonzero(days)
    model.log.record(Event.SUSPENDED_SENTENCE_ACTIVATED, day[active], rows[active], days[active], offence_day[active])
    alone = active[~to_custody[active]]
    imprison(model, rows[alone], day[alone], days[alone], people.suspended_offence_day[rows[alone]])
    return days


def sentence_to_custody(model: "ProbationModel", rows: Rows, day: Rows, offence_day: Rows, further_days: Rows) -> None:
    """Draw the length and imprison; people who serve an indeterminate sentence go on serving it.

    `further_days`, of suspended sentences activated, are served after it.
    """
    people = model.people
    able = ~serves_for_life(model, rows)
    assess_risk(model, rows[~able], to_custody=True)
    rows, day, offence_day, further_days = rows[able], day[able], offence_day[able], further_days[able]
    hashes = people.person_hash[rows]
    days, indeterminate = sentence_lengths(
        model.register,
        model.year,
        people.offence_group[rows],
        people.ogrs_offence[rows],
        people.ogrs3[rows],
        model.draws.uniforms_at("courts.length_band", hashes, offence_day),
        model.draws.uniforms_at("courts.length", hashes, offence_day),
    )
    days = days + further_days
    served = ~indeterminate & is_served_already(model, rows, days, offence_day)
    model.log.record(Event.SERVED_ALREADY, day[served], rows[served], days[served], offence_day[served])
    settle_in_community(model, rows[served], day[served])
    score_anew(model, rows[served], day[served])
    fixed = ~indeterminate & ~served
    imprison(model, rows[fixed], day[fixed], days[fixed], offence_day[fixed])
    sentence_to_life(model, rows[indeterminate], day[indeterminate], offence_day[indeterminate])
    assess_risk(model, rows[~served], to_custody=True)


def is_served_already(model: "ProbationModel", rows: Rows, days: Rows, offence_day: Rows) -> NDArray[np.bool_]:
    """Say whose sentence of so many days is served when it is passed, by time on remand for this or another matter.

    There are three occasions of custody for every two sentences begun in prison (`courts.p_served_already`), and the
    difference lies in sentences under twelve months. Of someone who serves a sentence already another begins nothing
    either: see `imprison`.

    Returns
    -------
    boolean array, shape (n,)
    """
    people = model.people
    u = model.draws.uniforms_at("courts.served_already", people.person_hash[rows], offence_day)
    status = people.status[rows]
    is_at_liberty = ~IS_IN_PRISON[status] | (status == Status.REMAND)
    return is_at_liberty & (days < TWELVE_MONTHS_DAYS) & (u < model.register.courts.p_served_already)


def sentence_to_life(model: "ProbationModel", rows: Rows, day: Rows, offence_day: Rows) -> None:
    """Begin an indeterminate sentence; the day of release is drawn at its start."""
    people, p = model.people, model.register.custody
    u = model.draws.uniforms_at("courts.indeterminate", people.person_hash[rows], offence_day)
    served = weibull(u, p.indeterminate_years * DAYS_PER_YEAR, p.indeterminate_shape).astype(np.int64)
    people.sentence_days[rows] = NEVER
    people.sentence_end_day[rows] = NEVER
    people.conditional_release_day[rows] = NEVER
    people.order_end_day[rows] = -NEVER
    model.log.record(Event.CUSTODY_START, day, rows, NEVER, offence_day)
    confine(model, rows, Status.INDETERMINATE, day, day + served)


def sentence_in_community(model: "ProbationModel", rows: Rows, day: Rows, offence_day: Rows, disposal: Rows) -> None:
    """Make court orders, and start the follow-up of everyone who leaves court at liberty."""
    disposal = make_orders(model, rows, day, offence_day, disposal)
    status = model.people.status[rows]
    at_liberty = ~IS_IN_PRISON[status] | (status == Status.REMAND)
    settle_in_community(model, rows[at_liberty], day[at_liberty])
    start_follow_up(model, rows[at_liberty], day[at_liberty], disposal[at_liberty])


def make_orders(model: "ProbationModel", rows: Rows, day: Rows, offence_day: Rows, disposal: Rows) -> Rows:
    """Make community orders and suspended sentence orders; return the disposals by which people enter cohorts.

    A suspended sentence without requirements is not supervised and counts as `Disposal.OTHER`.
    """
    people, p = model.people, model.register.courts
    made = np.flatnonzero((disposal == Disposal.COMMUNITY_ORDER) | (disposal == Disposal.SUSPENDED_SENTENCE_ORDER))
    ordered, kind = rows[made], disposal[made]
    hashes = people.person_hash[ordered]
    suspended = kind == Disposal.SUSPENDED_SENTENCE_ORDER
    u_require = model.draws.uniforms_at("courts.requirements", hashes, offence_day[made])
    u_length = model.draws.uniforms_at("courts.order_length", hashes, offence_day[made])
    length = order_days(model.register, kind, u_length)
    required = ~suspended | (u_require >= p.p_no_requirements)
    index_disposal = disposal.copy()
    index_disposal[made[~required]] = Disposal.OTHER
    write_orders(model, ordered, day[made], length, kind, required, offence_day[made])
    model.log.record(
        Event.ORDER_START, day[made][required], ordered[required], length[required], offence_day[made][required]
    )
    return index_disposal
