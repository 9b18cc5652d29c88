"""Support: who is referred to a charity, who wants it, who gets a place, and when help ends.

People with a need are referred to the charity of their area that is for it: by their officer when supervision starts
(more often under a rehabilitation activity requirement), by the charity's own reach into prisons on release, whatever
the regime, and under `through_the_gate` by the resettlement service, which promises everyone and sees some. It adds
referrals and no places. `charity_mentoring` gives every leaver who wants one a mentor, with places of its own. Who is
offered help takes it up by a trait, motivation. Free places go to who asked first; those of one week by a keyed
priority. Where a company's owner seeks payment by results its own people take their turns in the order of what they
may bring. `model.support` counts the week's leavers, referrals and starts of help.

Reads: the log, needs, status, birth_day, area, is_rar, ogrs3, provider.
Writes: help, asked, was_mentored, offence_bound; charities' cases.
Draws: support.motivation, support.referred, support.reach, support.seen, support.mentor, support.priority.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.charities import REFERRED, STARTED, Kind, Path, Stage, admitted
from sim.clock import DAYS_PER_WEEK
from sim.compiled import compiled
from sim.draws import uniform
from sim.events import Event
from sim.help import mask_for
from sim.legal_status import look_again
from sim.offenders import IS_IN_PRISON, IS_SUPERVISED_IN_COMMUNITY, Provider, Rows, Status, status_table
from sim.workload import TIERS, fill_classes
from sim.workload import build as build_workload

if TYPE_CHECKING:
    from sim.model import ProbationModel

_AGE_OF_CENTRE = 30
_MASKS = np.array([mask_for(kind) for kind in Kind])
_IS_ON_ORDER = status_table(Status.COMMUNITY_ORDER, Status.SUSPENDED_SENTENCE_ORDER)


def step(model: "ProbationModel") -> None:
    """End what is over, refer this week's leavers and last week's starters, and fill the places that are free."""
    model.support.clear()
    end(model)
    refer_leavers(model)
    refer_starters(model)
    fill_places(model)
    model.cases.drop_done()


def end(model: "ProbationModel") -> None:
    """End help and waiting that are over, and those of people who are in prison, come from it now, or have left."""
    cases, people = model.cases, model.people
    status = people.status[cases.row]
    over = (cases.end_day < model.day + DAYS_PER_WEEK) | IS_IN_PRISON[status] | (status == Status.LEFT)
    leaves = np.zeros(len(people), bool)
    leaves[leavers(model)[0]] = True
    over |= leaves[cases.row]
    done = np.flatnonzero(over)
    forget(people.asked, cases.row[done], cases.charity[done] % len(Kind))
    helped = done[cases.stage[done] == Stage.HELPED]
    kind = cases.charity[helped] % len(Kind)
    rows = cases.row[helped].astype(np.int64)
    forget(people.help, rows, kind)
    look_again(people, rows)
    model.log.record(Event.HELP_END, model.day, rows, kind)
    cases.stage[done] = Stage.DONE


def forget(column: NDArray[np.uint8], rows: NDArray[np.integer], kind: NDArray[np.integer]) -> None:
    """Clear the bit of a kind in a column of people."""
    np.bitwise_and.at(column, rows, ~(1 << kind).astype(np.uint8))


@compiled
def _began(rows, first_day, end_day, status, status_since_day, out):
    found = 0
    for i in rows:
        if first_day <= status_since_day[i] < end_day and IS_SUPERVISED_IN_COMMUNITY[status[i]]:
            out[found] = i
            found += 1
    return found


def refer_starters(model: "ProbationModel") -> None:
    """Let officers refer people whose supervision in the community began last week."""
    people, p = model.people, model.register.support
    out = np.empty(len(model.engaged), np.int64)
    columns = people.status, people.status_since_day
    rows = out[: _began(model.engaged, model.day - DAYS_PER_WEEK, model.day, *columns, out)]
    factor = model.timeline.setting("rehabilitation_activity_requirement", "referral_factor")
    more = np.where(people.is_rar[rows] & _IS_ON_ORDER[people.status[rows]], factor, 1.0)
    refer(model, rows, np.outer(more, p.p_referred), "support.referred", Path.SUPERVISION)


def leavers(model: "ProbationModel") -> tuple[Rows, Rows]:
    """Return who was released for the first time this week, and on which day."""
    log = model.log
    found = model.week_logged + np.flatnonzero(log.event[model.week_logged :] == Event.RELEASE)
    rows, day = log.row[found].astype(np.int64), log.day[found].astype(np.int64)
    out = ~IS_IN_PRISON[model.people.status[rows]]
    return rows[out], day[out]


def refer_leavers(model: "ProbationModel") -> None:
    """Let charities, resettlement services and the promised mentors meet this week's leavers."""
    people, p, timeline = model.people, model.register.support, model.timeline
    rows, day = leavers(model)
    hashes, area = people.person_hash[rows], people.area[rows]
    covered = timeline.covers("through_the_gate", area, today=model.day, release_day=day)
    seen = model.draws.uniforms("support.seen", hashes, model.week) < timeline.setting("through_the_gate", "share_seen")
    model.support.leavers[:] = len(rows), covered.sum(), (covered & seen).sum()
    promised = timeline.covers("charity_mentoring", area, today=model.day, release_day=day)
    u = model.draws.uniforms("support.mentor", hashes, model.week)
    offered = rows[promised & (u < timeline.setting("charity_mentoring", "coverage"))]
    mentored = np.zeros((len(offered), len(Kind)))
    mentored[:, Kind.MENTORING] = 1
    refer(model, offered, mentored, "support.reach", Path.EVERY_LEAVER, whatever_need=True)
    refer(model, rows, np.full((len(rows), len(Kind)), p.voluntary_reach), "support.reach", Path.VOLUNTARY)
    met = model.support.seen = rows[covered & seen]
    refer(model, met, np.ones((len(met), len(Kind))), "support.reach", Path.THROUGH_THE_GATE)


def motivated(model: "ProbationModel", rows: Rows) -> NDArray[np.bool_]:
    """Say who takes up help that is offered: a trait, likelier with age."""
    people, p = model.people, model.register.support
    u = model.draws.uniforms("support.motivation", people.person_hash[rows])
    return u < p.p_take_up + p.take_up_age_slope * (people.age(rows, model.day) - _AGE_OF_CENTRE)


@compiled
def _wanting(rows, chance, masks, whatever_need, keys, wants, person_hash, needs, asked, out_row, out_kind):
    """Fill in who is offered which kinds of help, has the need, wants help and has not asked before."""
    found = 0
    for k in range(rows.size):
        i = rows[k]
        for kind in range(masks.size):
            has_need = whatever_need or needs[i] & masks[kind] > 0
            if not (wants[k] and has_need) or asked[i] >> kind & 1:
                continue
            if uniform(person_hash[i], keys[kind]) < chance[k, kind]:
                asked[i] |= np.uint8(1 << kind)
                out_row[found], out_kind[found] = i, kind
                found += 1
    return found


def refer(
    model: "ProbationModel",
    rows: Rows,
    chance: NDArray[np.float64],
    stream: str,
    path: Path,
    *,
    whatever_need: bool = False,
) -> None:
    """Put people into queues of their area: those with the need who want help, and neither wait for it nor have it.

    `chance` of being offered each kind of help, shape (n, 5), is met by one draw for each person, week and kind.
    """
    people, cases = model.people, model.cases
    if not len(rows):
        return
    row, kind = (np.empty(rows.size * len(Kind), np.int64) for _ in ("row", "kind"))
    found = _wanting(
        rows,
        chance,
        _MASKS,
        whatever_need,
        model.draws.keys(stream, model.week * len(Kind), len(Kind)),
        motivated(model, rows),
        people.person_hash,
        people.needs,
        people.asked,
        row,
        kind,
    )
    row, kind = row[:found], kind[:found]
    charity = people.area[row].astype(np.int64) * len(Kind) + kind
    wait = model.day + int(model.register.support.longest_wait_weeks) * DAYS_PER_WEEK
    cases.add(found, row=row, charity=charity, path=path, asked_week=model.week, end_day=wait)
    model.support.referrals[path] += np.bincount(kind, minlength=len(Kind))
    model.support.of_companies[REFERRED] += by_worth(model, row)


def worth_of(model: "ProbationModel", rows: Rows) -> NDArray[np.int64]:
    """Return the class of payment of people, 0 to 3, and -1 for whom no company supervises; shape (n,)."""
    worth = np.empty(len(rows), np.int64)
    fill_classes(model.register.derived(build_workload), rows, model.people.ogrs3, worth)
    return np.where(model.people.provider[rows] == Provider.CRC, worth, -1)


def by_worth(model: "ProbationModel", rows: Rows) -> NDArray[np.int64]:
    """Count people whom companies supervise by class of payment, shape (4,)."""
    worth = worth_of(model, rows)
    return np.bincount(worth[worth >= 0], minlength=TIERS)


def fill_places(model: "ProbationModel") -> None:
    """Give free places to who has waited longest or is served first; the promised mentoring has a place for all."""
    cases = model.cases
    own = cases.path == Path.EVERY_LEAVER
    waiting = cases.stage == Stage.WAITING
    taken = np.bincount(cases.charity[(cases.stage == Stage.HELPED) & ~own], minlength=len(model.charities))
    free = np.array([charity.places for charity in model.charities]) - taken
    queue = np.flatnonzero(waiting & ~own & (free > 0)[cases.charity])
    rows, charity, asked = cases.row[queue], cases.charity[queue], cases.asked_week[queue]
    occasion = asked.astype(np.int64) * len(Kind) + charity % len(Kind)
    priority = model.draws.uniforms_at("support.priority", model.people.person_hash[rows], occasion)
    by_payment = np.array([charity.by_payment for charity in model.charities])
    worth = np.where(by_payment[charity], worth_of(model, rows), -1) if by_payment.any() else np.full(len(rows), -1)
    chosen = queue[admitted(charity, asked, priority, free, worth)]
    start_help(model, np.concatenate([np.flatnonzero(waiting & own), chosen]))


def start_help(model: "ProbationModel", chosen: Rows) -> None:
    """Let help begin; it lasts as long as its kind does."""
    cases, people = model.cases, model.people
    weeks = np.asarray(model.register.support.help_weeks, np.int64)
    kind = cases.charity[chosen] % len(Kind)
    rows = cases.row[chosen].astype(np.int64)
    cases.stage[chosen] = Stage.HELPED
    cases.end_day[chosen] = model.day + weeks[kind] * DAYS_PER_WEEK
    np.bitwise_or.at(people.help, rows, (1 << kind).astype(np.uint8))
    people.was_mentored[rows[kind == Kind.MENTORING]] = True
    np.add.at(model.support.started, (cases.path[chosen], kind), 1)
    model.support.of_companies[STARTED] += by_worth(model, rows)
    model.log.record(Event.HELP_START, model.day, rows, kind, cases.path[chosen])
