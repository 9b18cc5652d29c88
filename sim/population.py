"""Who is there on day 0 and who arrives.

Everyone enters by an occasion: the stock by the *last* one before the run-in, drawn from the published occasions and
kept with the chance that no later one came; first-timers and returners by one in their week of arrival. Draws are
keyed by week and slot, so that every regime gets the same people, and one person more changes nobody else.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim import ogrs
from sim.assessment import assess_risk
from sim.clock import DAYS_PER_WEEK, DAYS_PER_YEAR, NEVER, WEEKS_PER_YEAR, year_of_week
from sim.compiled import compiled
from sim.desistance import desistance_by_week, stretch_weeks
from sim.distributions import geometric, powers, weibull
from sim.draws import Hashes, choose, person_hashes
from sim.imprisonment import FOUR_YEARS_DAYS, set_post_release
from sim.legal_status import VISIT, community_status, confine, write_orders
from sim.needs import first_needs
from sim.offenders import BAND_FLOORS, BANDS, SEXES, Disposal, Rows, Status, person_number
from sim.sentencing import build, cumulative, indeterminate_by_group, occasions, order_days, sentence_lengths

if TYPE_CHECKING:
    from sim.model import ProbationModel

_SEXES = len(SEXES)
_BAND_WIDTHS = np.diff(np.append(BAND_FLOORS, BAND_FLOORS[-1]))


def previous_sanctions(band: NDArray[np.integer], u: NDArray[np.float64], further: float) -> NDArray[np.int64]:
    """Return numbers of previous sanctions within published bands; above 15 a geometric tail. Shape (n,)."""
    within = BAND_FLOORS[band] + (u * _BAND_WIDTHS[band]).astype(np.int64)
    return np.where(band == len(BANDS) - 1, BAND_FLOORS[-1] + geometric(u, further), within)


def draw_people(
    model: "ProbationModel",
    hashes: Hashes,
    day: Rows,
    band: Rows,
    group: Rows,
    sex: Rows,
    is_caution: NDArray[np.bool_] | None = None,
) -> dict[str, NDArray[Any]]:
    """Draw who people are that enter by an occasion on a day.

    Parameters
    ----------
    hashes : uint64 array, shape (n,)
        Person hashes.
    day : int64 array, shape (n,)
        Day of the occasion.
    band, group, sex : int64 arrays, shape (n,)
        History band before the occasion, offence group, 0 for men and 1 for women.
    is_caution : boolean array, shape (n,), optional
        Who is cautioned on that occasion; nobody by default.

    Returns
    -------
    dict of str to array, shape (n,)
        Columns of the table of people; `sanctions` counts those before the occasion.
    """
    p = model.register.population
    s = model.register.derived(build)
    u = {
        name: model.draws.uniforms(f"population.{name}", hashes)
        for name in ("history", "age", "first_age", "area", "ogrs_offence", "phase")
    }
    previous = previous_sanctions(band, u["history"], p.further_sanctions)
    mean_age = np.asarray(p.mean_age)[band] - p.least_age
    age = p.least_age + np.minimum(weibull(u["age"], mean_age, p.age_shape), p.greatest_age - p.least_age)
    career = weibull(u["first_age"], career_years(previous, p.first_gap_years, p.career_power), p.career_shape)
    first_age = np.clip(age - career, p.least_first_age, age)
    birth = day - (age * DAYS_PER_YEAR).astype(np.int64)
    is_female = sex == 1
    ogrs_offence = choose(u["ogrs_offence"], s.ogrs_offence, group)
    is_caution = np.zeros(len(day), bool) if is_caution is None else is_caution
    ogrs3 = ogrs.probability(
        previous, age, np.where(previous > 0, first_age, age), age, is_female, is_caution, ogrs_offence
    )
    needs = first_needs(model.register, model.draws, hashes, ogrs3)
    return {
        "birth_day": birth,
        "is_female": is_female,
        "area": choose(u["area"], np.cumsum(model.region.shares)),
        "sanctions": previous,
        "first_sanction_day": np.where(previous > 0, birth + (first_age * DAYS_PER_YEAR).astype(np.int64), NEVER),
        "last_sanction_day": day,
        "offence_group": group,
        "ogrs_offence": ogrs_offence,
        "ogrs3": ogrs3,
        "needs": needs,
        "needs_assessed": needs,
        "follow_up_day": day,
        "status_since_day": day,
        "stretch_phase": (u["phase"] * stretch_weeks(model.register.reoffending)).astype(np.int64),
        "offence_bound": np.full(len(day), VISIT, np.uint32),
    }


def career_years(previous: NDArray[np.integer], first_gap: float, power: float) -> NDArray[np.float64]:
    """Return the mean length of a career with so many sanctions behind it: ``gap * n ** power`` years."""
    return first_gap * powers(previous, power)


def weekly_slots(model: "ProbationModel", stream: str, weeks: range, per_year: list[float]) -> tuple[Rows, Rows]:
    """Return (week, slot) of everyone expected by a yearly number for each week; slots count from 0 in each week."""
    counts = [
        model.draws.count(stream, rate / WEEKS_PER_YEAR * model.size, week)
        for week, rate in zip(weeks, per_year, strict=True)
    ]
    week = np.repeat(np.asarray(weeks, np.int64), counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    return week, np.arange(len(week)) - starts


def add_stock(model: "ProbationModel", start_week: int) -> None:
    """Lay down the people who are there at the start of the run-in.

    Occasions of the tracked years before the start are drawn from the published cells of 2014 at the level of their
    year. Each is kept with the chance that no later occasion came before the start, given time at liberty. Behind
    the tracked years only sentences of four years and more are drawn, and kept if they still hold.
    """
    p = model.register.population
    tracked = int(p.tracking_years * WEEKS_PER_YEAR)
    recent = range(start_week - tracked, start_week)
    long_ago = range(start_week - int(p.longest_lookback_years * WEEKS_PER_YEAR), start_week - tracked)
    table = occasions()[0]
    total, custody = float(table.sum()), float(table[..., Disposal.CUSTODY].sum())
    lay_down(model, start_week, *weekly_slots(model, "population.stock", recent, _at_level(model, total, recent)))
    week, slot = weekly_slots(model, "population.long", long_ago, _at_level(model, custody, long_ago))
    lay_down(model, start_week, week, slot, only_long=True)
    add_indeterminate(model, start_week)


def _at_level(model: "ProbationModel", per_year: float, weeks: range) -> list[float]:
    """Return a yearly number of 2014 at the level of each week's year."""
    return [per_year * model.register.arrivals.in_year("level", year_of_week(w)) for w in weeks]


def lay_down(model: "ProbationModel", start_week: int, week: Rows, slot: Rows, *, only_long: bool = False) -> None:
    """Turn drawn occasions into people, with the status that their sentence gives them at the start.

    `only_long` draws from immediate custody alone and keeps sentences of four years and more that still hold.
    """
    start = start_week * DAYS_PER_WEEK
    s = model.register.derived(build)
    hashes = person_hashes(person_number(week, slot))
    u = {n: model.draws.uniforms(f"population.{n}", hashes) for n in ("cell", "day", "length_band", "length", "last")}
    cell = choose(u["cell"], s.custody_cell if only_long else s.cell)
    disposals = 1 if only_long else len(Disposal)
    disposal = np.full(len(cell), Disposal.CUSTODY) if only_long else cell % disposals
    band = cell // disposals % len(BANDS)
    sex = cell // (disposals * len(BANDS)) % _SEXES
    group = cell // (disposals * len(BANDS) * _SEXES)
    day = week * DAYS_PER_WEEK + (u["day"] * DAYS_PER_WEEK).astype(np.int64)
    year = year_of_week(start_week)
    is_caution = disposal == Disposal.CAUTION
    columns = draw_people(model, hashes, day, band, group, sex, is_caution)
    days, indeterminate = sentence_lengths(
        model.register, year, group, columns["ogrs_offence"], columns["ogrs3"], u["length_band"], u["length"]
    )
    custody = disposal == Disposal.CUSTODY
    days = np.where(custody, days, 0)
    keep = ~(custody & indeterminate)
    if only_long:
        keep &= (days >= FOUR_YEARS_DAYS) & (day + days > start)
    columns["sanctions"] = columns["sanctions"] + 1
    columns["first_sanction_day"] = np.minimum(columns["first_sanction_day"], day)
    columns["is_last_caution"] = is_caution
    released = day + (days * model.register.custody.share_served).astype(np.int64)
    last = keep & (u["last"] < chance_of_no_later(model, columns["ogrs3"], np.maximum(start - released, 0)))
    rows = model.people.arrive(week[last], slot[last], **{name: column[last] for name, column in columns.items()})
    begin(model, rows, start, day[last], days[last], disposal[last])


@compiled
def _fill_no_later(rate, spread, stretch, exposure, weeks, out):
    for i in range(out.size):
        chance = 1.0
        week = 0
        while week < weeks[i]:
            end = min(week + stretch, weeks[i])
            h = rate[i] * (exposure[end] - exposure[week])
            chance *= math.exp(-h * (1.0 - spread)) / (1.0 + h * spread)
            week = end
        out[i] = chance


def chance_of_no_later(
    model: "ProbationModel", ogrs3: NDArray[np.floating], days: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return the chance that no proven occasion came within days at liberty; shape (n,).

    The product over stretches of ``exp(-(1 - s) h) / (1 + s h)``, the mean of ``exp(-z h)`` over the intensity z, with
    h the hazard of reoffending added up over the stretch. The peak after release is left to the run-in.
    """
    p = model.register.reoffending
    weeks = days // DAYS_PER_WEEK
    exposure = np.cumsum([0.0, *(desistance_by_week(p, w) for w in range(int(weeks.max(initial=0)) + 1))])
    rate = p.hazard_scale / WEEKS_PER_YEAR * powers(ogrs3 / (1.0 - ogrs3), p.hazard_slope)
    out = np.empty(len(days))
    _fill_no_later(rate, p.intensity_spread, stretch_weeks(p), exposure, weeks, out)
    return out


def begin(model: "ProbationModel", rows: Rows, start: int, day: Rows, days: Rows, disposal: Rows) -> None:
    """Give the stock the status that its last sentence gives it at the start, and a start of follow-up."""
    people = model.people
    assess_risk(model, rows, to_custody=False)
    prison = disposal == Disposal.CUSTODY
    sentenced, length = rows[prison], days[prison]
    half_way = day[prison] + (length * model.register.custody.share_served).astype(np.int64)
    people.sentence_days[sentenced] = length
    people.sentence_end_day[sentenced] = day[prison] + length
    people.conditional_release_day[sentenced] = half_way
    people.is_from_custody[sentenced] = True
    inside = half_way > start
    held, out = sentenced[inside], sentenced[~inside]
    confine(model, held, Status.CUSTODY, day[prison][inside], half_way[inside])
    assess_risk(model, held, to_custody=True)
    set_post_release(model, out, half_way[~inside])
    people.follow_up_day[out] = half_way[~inside]
    people.status_since_day[out] = half_way[~inside]
    make_orders(model, rows[~prison], day[~prison], disposal[~prison])
    free = np.concatenate([rows[~prison], out])
    status, end = community_status(model, free, np.full(len(free), start))
    people.move(free, status, people.status_since_day[free], end)


def make_orders(model: "ProbationModel", rows: Rows, day: Rows, disposal: Rows) -> None:
    """Give the orders of the stock their kind and end."""
    people = model.people
    ordered = np.isin(disposal, (Disposal.COMMUNITY_ORDER, Disposal.SUSPENDED_SENTENCE_ORDER))
    rows, day, disposal = rows[ordered], day[ordered], disposal[ordered]
    u = model.draws.uniforms("population.order_length", people.person_hash[rows])
    u_require = model.draws.uniforms("population.requirements", people.person_hash[rows])
    days = order_days(model.register, disposal, u)
    suspended = disposal == Disposal.SUSPENDED_SENTENCE_ORDER
    required = ~suspended | (u_require >= model.register.courts.p_no_requirements)
    write_orders(model, rows, day, days, disposal, required, day)


def add_indeterminate(model: "ProbationModel", start_week: int) -> None:
    """Lay down the people who serve indeterminate sentences at the start, each with a day of release."""
    p = model.register
    start = start_week * DAYS_PER_WEEK
    week = start_week - int(p.population.longest_lookback_years * WEEKS_PER_YEAR) - 1
    number = model.draws.count("population.indeterminate", p.population.indeterminate_stock * model.size, week)
    slot = np.arange(number)
    hashes = person_hashes(person_number(np.full(number, week), slot))
    u = {
        n: model.draws.uniforms(f"population.indeterminate_{n}", hashes) for n in ("group", "history", "served", "left")
    }
    group = choose(u["group"], cumulative(indeterminate_by_group()))
    band = choose(u["history"], cumulative(occasions()[0][..., Disposal.CUSTODY].sum(axis=(0, 1))))
    years = p.custody.indeterminate_years
    day = start - (u["served"] * years * DAYS_PER_YEAR).astype(np.int64) - 1
    columns = draw_people(model, hashes, day, band, group, np.zeros(number, np.int64))
    columns["sanctions"] = columns["sanctions"] + 1
    columns["first_sanction_day"] = np.minimum(columns["first_sanction_day"], day)
    rows = model.people.arrive(week, slot, **columns)
    people = model.people
    for name in ("sentence_days", "sentence_end_day", "conditional_release_day"):
        getattr(people, name)[rows] = NEVER
    left = weibull(u["left"], years * DAYS_PER_YEAR, p.custody.indeterminate_shape).astype(np.int64)
    confine(model, rows, Status.INDETERMINATE, day, start + 1 + left)
    assess_risk(model, rows, to_custody=True)
