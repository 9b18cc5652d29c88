"""Does contact and help depend on likelihood of payment? ``python -m experiments.parking [SEEDS]``.

Three arms, one world up to the day on which companies are owned: companies on a grant without private owners;
profit-seeking owners on a grant, the placebo; profit-seeking owners paid by results. People are sorted by class of
payment: how much the same small fall of the hazard lowers their binary rate. Two gradients, highest class over lowest,
of people whom companies supervise:

* contact: contacts kept of those due, within each tier, because officers cut by tier everywhere and tier goes with the
  likelihood of reoffending; tiers weighed by the contacts due in the first arm;
* help: starts of help of referrals, whoever the officer refers.

Both as ratios, so that cutting everyone alike changes neither. What owners do is the placebo less the first arm, what
payment does is the last less the placebo; 95 percent intervals over paired seeds.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.arguments import seeds_asked
from experiments.engine import cores, run_seeds
from experiments.estimates import with_bounds
from sim.charities import REFERRED, STARTED
from sim.clock import day_of
from sim.model import ProbationModel
from sim.offenders import Provider
from sim.scenarios import load_timeline
from sim.timeline import Timeline

BASE, PLACEBO, PAID = ARMS = (
    "on a grant, no private owners",
    "profit-seeking owners on a grant (placebo)",
    "profit-seeking owners paid by results",
)
OWNED = date(2015, 1, 26)
FIRST, END = date(2016, 1, 4), date(2018, 12, 31)
SEEDS, _SCALE = 8, 0.5
_LOWEST, _HIGHEST = 0, 3
_DUE, _KEPT = 0, 1


class Served(NamedTuple):
    """What companies' people got in an arm, in all weeks from `FIRST` on.

    Attributes
    ----------
    contacts : int64 array, shape (4 tiers, 4 classes, 3)
        Due, kept, cut.
    help : int64 array, shape (2, 4 classes)
        Referrals, starts of help.
    """

    contacts: NDArray[np.int64]
    help: NDArray[np.int64]


def timelines(areas: tuple[str, ...]) -> dict[str, Timeline]:
    """Return the three arms: the reform without owners and contracts, with owners who seek profit, with both."""
    reform = load_timeline("post_reform", areas)
    owners = replace(reform.levers["private_providers"], settings={"mission_led_share": 0.0, "satisficing_share": 0.0})
    paid = {**reform.levers, "private_providers": owners}
    placebo = {name: lever for name, lever in paid.items() if name not in ("payment_by_results", "contract_variation")}
    base = {name: lever for name, lever in placebo.items() if name not in ("private_providers", "charity_supply_chain")}
    return {arm: replace(reform, levers=levers) for arm, levers in zip(ARMS, (base, placebo, paid), strict=True)}


def run_seed(scale: float, end: date, seed: int) -> dict[str, Served]:
    """Live the three arms of a seed and add up what companies' people got."""
    trunk = ProbationModel("post_reform", scale=scale, seed=seed)
    trunk.live_until(day_of(OWNED))
    found = {}
    for arm, timeline in timelines(trunk.region.areas).items():
        model = trunk.fork(timeline)
        model.live_until(day_of(FIRST))
        contacts, help_ = np.zeros_like(model.contacts[0]), np.zeros_like(model.support.of_companies)
        while model.day < day_of(end):
            model.step()
            contacts += model.contacts[Provider.CRC]
            help_ += model.support.of_companies
        found[arm] = Served(contacts, help_)
    return found


def contact_gradient(served: Served, weights: NDArray[np.float64]) -> float:
    """Return the log of contacts kept of those due, highest class over lowest, mean over tiers that have both."""
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = served.contacts[..., _KEPT] / served.contacts[..., _DUE]
        ratio = np.log(kept[:, _HIGHEST] / kept[:, _LOWEST])
    return float((weights[weights > 0] * ratio[weights > 0]).sum() / weights.sum())


def weights_of(served: Served) -> NDArray[np.float64]:
    """Return the contacts due in each tier, in the class that has fewer; shape (4,)."""
    due = served.contacts[..., _DUE]
    return np.minimum(due[:, _LOWEST], due[:, _HIGHEST]).astype(np.float64)


def help_shares(served: Served) -> NDArray[np.float64]:
    """Return starts of help for each referral by class of payment, shape (4,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return served.help[STARTED] / served.help[REFERRED]


def help_gradient(served: Served) -> float:
    """Return starts of help for each referral, highest class less lowest, over that of everyone."""
    shares = help_shares(served)
    return float((shares[_HIGHEST] - shares[_LOWEST]) / (served.help[STARTED].sum() / served.help[REFERRED].sum()))


def measure(seeds: Sequence[int], scale: float = _SCALE, end: date = END, jobs: int = 1) -> list[dict[str, Served]]:
    """Return what every seed's arms served, in the order of seeds."""
    return run_seeds(partial(run_seed, scale, end), seeds, jobs)


def gradients(of_seeds: Sequence[dict[str, Served]]) -> dict[str, NDArray[np.float64]]:
    """Return both gradients by arm, `contact` and `help`, each shape (3 arms, seeds)."""
    weights = [weights_of(arms[BASE]) for arms in of_seeds]
    contact = [[contact_gradient(s[arm], w) for s, w in zip(of_seeds, weights, strict=True)] for arm in ARMS]
    return {"contact": np.array(contact), "help": np.array([[help_gradient(s[arm]) for s in of_seeds] for arm in ARMS])}


def lines(of_seeds: Sequence[dict[str, Served]]) -> list[str]:
    """Return what people of each class got in each arm, and the gradients with what owners and payment do to them."""
    found = [
        f"Companies' people by class of payment, {FIRST.year} to {END.year}; {len(of_seeds)} paired seeds",
        f"{'percent':34}{'lowest':>9}{'2nd':>9}{'3rd':>9}{'highest':>9}",
    ]
    for arm in ARMS:
        contacts = np.sum([s[arm].contacts.sum(axis=0) for s in of_seeds], axis=0)
        found.append(_shares("contacts kept of due, all tiers", arm, contacts[:, _KEPT] / contacts[:, _DUE]))
    for arm in ARMS:
        helped = np.sum([s[arm].help for s in of_seeds], axis=0)
        found.append(_shares("help started of referrals", arm, helped[STARTED] / helped[REFERRED]))
    found += [
        "",
        "Highest class against lowest, 95 percent interval: contact as 100 times the log of the",
        "ratio, help in percent of everyone's share",
        f"{'':38}{'contact, within tiers':>23}{'help':>24}",
    ]
    of_arms = gradients(of_seeds)
    found += [_gradients(arm, of_arms["contact"][k], of_arms["help"][k]) for k, arm in enumerate(ARMS)]
    for text, one, other in (
        ("what owners do: placebo less no owners", 1, 0),
        ("what payment does: paid less placebo", 2, 1),
    ):
        found.append(_gradients(text, *(of_arms[name][one] - of_arms[name][other] for name in ("contact", "help"))))
    return found


def _shares(title: str, arm: str, shares: NDArray[np.float64]) -> str:
    """Return shares by class of payment in an arm, with the title before the first."""
    return f"{title if arm == BASE else '':34}" + "".join(f"{100 * v:9.1f}" for v in shares) + f"   {arm}"


def _gradients(title: str, contact: NDArray[np.float64], help_: NDArray[np.float64]) -> str:
    """Return two gradients in percent with their intervals."""
    return f"{title:38}" + "".join(
        f"{with_bounds(100 * values, '+.1f'):>{width}}" for values, width in ((contact, 23), (help_, 24))
    )


if __name__ == "__main__":
    print("\n".join(lines(measure(range(seeds_asked(SEEDS)), jobs=cores()))))
