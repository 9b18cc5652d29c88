"""Organisations: staff come and go; providers are paid, spend, and decide.

Officers fall ill and leave, more often the more they have to do; successors come after some months. Whoever leaves
keeps the cases until next week's allocation hands them on. Each month, once it is over, its income and costs are
entered in the ledger, trusts' posts follow their grant, and companies with private owners decide how many posts to
keep, how many places of charities to buy, and whom to serve first. A post that is given up goes when it is empty, or
after notice.

Reads: officers' points, targets, hours and absences; the log, the index log, the ledger, rosh, is_mappa, area,
sentence_days, last_disposal, providers, charities' places.
Writes: officers' caseloads (is_vacant, is_closed, leaves_day, away_until_day, by_payment); the ledger; providers
(their counts, contracts and decisions); charities (places, upkeep).
Draws: organisations.leaving, organisations.sickness, organisations.notice, organisations.audit (where anything is
overclaimed).
"""

import math
from typing import TYPE_CHECKING

from sim.accounts import close_month, count_week
from sim.clock import DAYS_PER_WEEK, WEEKS_PER_YEAR, month_of
from sim.compiled import compiled
from sim.decisions import decide
from sim.draws import uniform

if TYPE_CHECKING:
    from sim.model import ProbationModel

_WORKING_DAYS_PER_WEEK = 5


def step(model: "ProbationModel") -> None:
    """Close the books of a month that is over; let officers come back or be replaced, fall ill, and leave."""
    month = month_of(model.day)
    if model.week >= 0:
        if month > month_of(model.day - DAYS_PER_WEEK):
            model.log_at_month.append(model.week_logged)
            if month > 0:
                close_month(model, month - 1)
                decide(model, month - 1)
        count_week(model)
    staff(model)


def staff(model: "ProbationModel") -> None:
    """Let officers come back or be replaced, fall ill, and leave."""
    p, officers, draws = model.register.workload, model.officers, model.draws
    next_week = model.day + DAYS_PER_WEEK
    spell_weeks = int(p.sick_spell_weeks)
    officers.let_go(next_week)
    officers.is_vacant[officers.away_until_day <= next_week] = False
    move_staff(
        next_week,
        draws.key("organisations.leaving", model.week),
        draws.key("organisations.sickness", model.week),
        p.leaving_per_year / WEEKS_PER_YEAR,
        p.leaving_overload_slope,
        int(p.vacancy_weeks) * DAYS_PER_WEEK,
        p.sick_days_per_year / (spell_weeks * _WORKING_DAYS_PER_WEEK) / WEEKS_PER_YEAR,
        p.sick_overload_slope,
        spell_weeks * DAYS_PER_WEEK,
        officers.officer_hash,
        officers.points,
        officers.target,
        officers.is_vacant,
        officers.away_until_day,
    )


@compiled
def factor_of_load(points, target, slope):
    """Return the factor on leaving or falling ill: 1 up to the target, then ``exp(slope (points / target - 1))``."""
    return math.exp(slope * max(points / max(target, 1) - 1.0, 0.0))


@compiled
def move_staff(
    next_week,
    leaving_key,
    sickness_key,
    p_leaving,
    leaving_slope,
    vacancy_days,
    p_sick,
    sick_slope,
    sick_days,
    officer_hash,
    points,
    target,
    is_vacant,
    away_until_day,
):
    """Let each officer who is at work leave or fall ill; the chances are those of a week at or below target."""
    for o in range(points.size):
        if away_until_day[o] > next_week:
            continue
        load = points[o], target[o]
        if uniform(officer_hash[o], leaving_key) < p_leaving * factor_of_load(load[0], load[1], leaving_slope):
            is_vacant[o] = True
            away_until_day[o] = next_week + vacancy_days
        elif uniform(officer_hash[o], sickness_key) < p_sick * factor_of_load(load[0], load[1], sick_slope):
            away_until_day[o] = next_week + sick_days
