"""Rules of contact made by hand, and a week of contacts of made people."""

import math

import numpy as np

from sim.draws import Draws
from sim.offenders import People, Provider, Rosh, Status
from sim.parameters.register import Register
from sim.processes import supervision
from sim.processes.supervision import Contact
from sim.workload import TIERS
from sim.workload import build as build_workload

TRIPLING = 2 * math.log(3)
"""The slope at which the odds at OGRS3 of 1 are three times, and at 0 a third of, those at one half."""
EVERY_STATUS = len(Status)
WEEKS_OF_FAILURE = supervision._SETTLED_WEEKS
ORDERS = (Status.COMMUNITY_ORDER, Status.SUSPENDED_SENTENCE_ORDER)


def rules(slope=2.0, **changes):
    """Return rules made by hand, the same for every status; scalars of `changes` hold for all statuses.

    `p_failure` and `p_miss` may be one number, or one for each week of a status.
    """
    made = {"first_weeks": 12, "p_miss": 0.1, "p_enforce": 1.0, "p_failure": 0.0, "absences_allowed": 1}
    made |= {"warning_days": 365, "interval": (4, 2, 1, 1), "alliance_slope": 0.0, "centre_alliance": 0.45}
    made |= {"alliance_growth": 0.06, "cases_quality_falls": 50.0, "reports_on_release": False} | changes
    by_week = {n: np.full((EVERY_STATUS, WEEKS_OF_FAILURE), made[n]) for n in ("p_miss", "p_failure")}
    by_risk = {n: np.full((EVERY_STATUS, len(Rosh)), made[n]) for n in ("first_weeks", "interval")}
    by_status = {n: np.full(EVERY_STATUS, made[n]) for n in ("reports_on_release", "p_enforce")}
    others = ("absences_allowed", "warning_days", "alliance_slope", "centre_alliance", "alliance_growth")
    return Contact(
        greatest_odds_ratio=math.exp(slope / 2 + made["alliance_slope"] * made["centre_alliance"]),
        miss_slope=slope,
        cases_quality_falls=made["cases_quality_falls"],
        **{name: made[name] for name in others},
        **by_week,
        **by_risk,
        **by_status,
    )


def made_people(n=1, **columns):
    """Return people on licence since day 0, of medium risk."""
    made = People()
    values = {"status": Status.LICENCE, "rosh": Rosh.MEDIUM, "ogrs3": 0.5, "provider": Provider.NPS} | columns
    made.arrive(0, np.arange(n), **values)
    return made


WORKLOAD = build_workload(Register.load())
COLUMNS = (
    *("person_hash", "status", "status_since_day", "rosh", "ogrs3", "provider", "officer", "is_rar"),
    *("handover_end_day", "alliance", "contacts_due", "contacts_kept", "contacts_cut"),
    *("absences", "warning_day", "enforcement_reason"),
)


def hold(c, people, week, *, rar_share=1.0, cuts=0.0, cases=0, loop=supervision.hold):
    """Hold a week's contacts with officers who all cut alike and hold alike; return (due, kept, cut) by provider."""
    draws, contacts = Draws(1), np.zeros((len(Provider), TIERS, TIERS, 3), np.int64)
    keys = supervision.Keys(*(draws.key(f"supervision.{name}", week) for name in supervision.Keys._fields))
    officers = max(1, people.officer.max() + 1)
    cuts, cases = np.full((officers, 4), float(cuts)), np.full(officers, cases, np.int32)
    by_tier = np.zeros(officers, bool)
    rows, columns = np.arange(len(people)), (getattr(people, name) for name in COLUMNS)
    loop(c, WORKLOAD, rar_share, week * 7, keys, rows, cuts, by_tier, cases, *columns, contacts)
    return contacts.sum(axis=(1, 2))
