"""How the hazard of offending declines with offence-free time, and how long a stretch of like intensity lasts."""

import math

from sim.clock import DAYS_PER_MONTH, DAYS_PER_WEEK
from sim.parameters.register import Group


def desistance(months: float, share: float, per_month: float, per_month_squared: float) -> float:
    """Return the factor on the hazard after offence-free months: ``exp(share * (a m + b m**2))``, held at its least.

    The published slope is that of the log-odds in the dynamic form of OGRS4; part of it is selection, which the
    intensities carry already, hence the share.
    """
    turning = -per_month / (2 * per_month_squared)
    m = min(months, turning)
    return math.exp(share * (per_month * m + per_month_squared * m * m))


def desistance_by_week(p: Group, week: int) -> float:
    """Return the factor after so many weeks under the parameters of reoffending."""
    return desistance(
        week * DAYS_PER_WEEK / DAYS_PER_MONTH, p.desistance_share, p.offence_free_month, p.offence_free_month_squared
    )


def stretch_weeks(p: Group) -> int:
    """Return the whole weeks of a stretch under the parameters of reoffending: phases are drawn within them."""
    return int(p.stretch_weeks)
