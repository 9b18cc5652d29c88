"""Courts: a sentence by offence and history, its length from the published bands.

Disposals follow the published occasions of the year by offence group, sex and history band; before 2014 the table of
2014 holds. A suspended sentence is activated for most who are convicted within its operational period. Whoever is on
remand and not sentenced to custody goes home.

Reads: the docket, sanctions, is_female, status, is_from_custody, ogrs3, order columns, sentence columns.
Writes: the docket; history columns, rosh, is_mappa, sentence columns, order columns, status columns, supervisor
columns, absences, follow-up columns, pending_cases; officers' caseloads.
Draws: courts.disposal, courts.length_band, courts.length, courts.activation, courts.requirements, courts.order_length,
courts.indeterminate, risk.rosh.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.assessment import assess_risk, record_sanction, start_follow_up
from sim.clock import DAYS_PER_WEEK, DAYS_PER_YEAR, NEVER
from sim.distributions import weibull
from sim.docket import Stage, first_of_each
from sim.draws import choose
from sim.events import Event, occasion_code, unpack_occasion
from sim.imprisonment import imprison
from sim.legal_status import confine, serves_for_life, settle_in_community, write_orders
from sim.offenders import IS_IN_PRISON, Disposal, Rows, Status, band_of
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
    docket.stage[entries] = Stage.DONE
    people.pending_cases[rows] -= 1
    record_sanction(model, rows, day, offence_day, group, docket.ogrs_offence[entries], is_caution=False)
    to_custody = disposal == Disposal.CUSTODY
    activated = activate_suspended(model, rows, day, offence_day, to_custody)
    sentence_to_custody(model, rows[to_custody], day[to_custody], offence_day[to_custody], activated[to_custody])
    sentence_in_community(model, rows[~to_custody], day[~to_custody], offence_day[~to_custody], disposal[~to_custody])
    assess_risk(model, rows[to_custody], to_custody=True)


def join(model: "ProbationModel", entries: Rows) -> None:
    """Convict of further cases on the occasion just heard: offences proven, no further sanction and no further
    sentence."""
    docket, people = model.docket, model.people
    rows = docket.row[entries]
    group, offences, _ = unpack_occasion(docket.code[entries])
    code = occasion_code(group, offences, people.last_disposal[rows])
    model.log.record(Event.JOINED_CONVICTION, people.last_sanction_day[rows], rows, code, docket.offence_day[entries])
    docket.stage[entries] = Stage.DONE
    np.subtract.at(people.pending_cases, rows, 1)


def choose_disposal(model: "ProbationModel", rows: Rows, offence_day: Rows, group: Rows) -> Rows:
    """Draw the disposal from the published table of the year.

    Custody is likelier for those who come from custody; of orders, the community order for the likelier to reoffend.
    """
    people, p = model.people, model.register.courts
    table = model.register.derived(build).court[table_year(model.register, model.year)]
    cells = table[group, people.is_female[rows].astype(int), band_of(people.sanctions[rows])]
    u = model.draws.uniforms_at("courts.disposal", people.person_hash[rows], offence_day)
    less_custody = -p.custody_again * (people.is_from_custody[rows] - p.centre_from_custody)
    u = tilt(u, cells[:, _TO_CUSTODY], less_custody)
    not_suspended = p.community_order_slope * (people.ogrs3[rows] - p.centre_ogrs3_orders)
    low, middle, high = cells[:, [_TO_COMMUNITY_ORDER, _TO_SUSPENDED_ORDER, _TO_CUSTODY]].T
    return 1 + choose(tilt_within(u, low, middle, high, not_suspended), cells)


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
    people, p = model.people, model.register.courts
    u = model.draws.uniforms_at("courts.activation", people.person_hash[rows], offence_day)
    p_activation = np.where(to_custody, p.p_activation, p.p_activation_alone)
    within = (people.suspended_day[rows] <= offence_day) & (offence_day < people.suspended_end_day[rows])
    active = within & (u < p_activation) & ~serves_for_life(model, rows)
    days = np.where(active, people.suspended_days[rows], 0).astype(np.int64)
    model.log.record(Event.SUSPENDED_SENTENCE_ACTIVATED, day[active], rows[active], days[active], offence_day[active])
    people.suspended_end_day[rows[active]] = -NEVER
    alone = active & ~to_custody
    imprison(model, rows[alone], day[alone], days[alone], people.suspended_offence_day[rows[alone]])
    return days


def sentence_to_custody(model: "ProbationModel", rows: Rows, day: Rows, offence_day: Rows, further_days: Rows) -> None:
    """Draw the length and imprison; people who serve an indeterminate sentence go on serving it.

    `further_days`, of suspended sentences activated, are served after it.
    """
    people = model.people
    able = ~serves_for_life(model, rows)
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
    fixed = ~indeterminate
    imprison(model, rows[fixed], day[fixed], days[fixed] + further_days[fixed], offence_day[fixed])
    sentence_to_life(model, rows[indeterminate], day[indeterminate], offence_day[indeterminate])


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
    made = np.flatnonzero(np.isin(disposal, ORDERS))
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
