"""The documents agree with the code: generated parts, links, commands."""

import importlib.util
import math
import re
import shlex
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
import typer

import run

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), *sorted((ROOT / "sim" / "data").glob("*.md"))]
COMMANDS = {
    "calibrate",
    "compact",
    "compare",
    "decompose",
    "sensitivity",
    "run",
    "validate",
    "scenarios",
    "status",
    "sweep",
    "regions",
    "resume",
    "retry",
    "levers",
    "parameters",
    "story",
    "visualise",
}
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"run\.py ([a-z]+)")
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def load(name: str) -> ModuleType:
    """Return a script of `docs` as a module."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def build() -> ModuleType:
    return load("build")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(page.read_text(encoding="utf-8")))
    return {heading.replace(" ", "-") for heading in kept}


def shell_lines() -> list[str]:
    """Return every line of every ```sh fence of the pages."""
    fences = [fence for page in PAGES for fence in SHELL.findall(page.read_text(encoding="utf-8"))]
    return [line for fence in fences for line in fence.splitlines() if line.strip()]


def test_generated_parts_are_as_the_code_would_write_them(build, capsys):
    assert build.main(["--check"]) == 0, capsys.readouterr().err


def test_a_changed_part_is_named(build):
    page = "before\n<!-- generated: day_zero -->\nDay 0 is some day.\n<!-- end -->\nafter\n"
    text, stale = build.rebuilt(page, "page.md")
    assert stale == ["page.md: day_zero"]
    assert "Day 0 is Monday 2008-01-07." in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert build.rebuilt(text, "page.md") == (text, [])


def test_check_fails_and_names_a_stale_page_and_writes_nothing(build, tmp_path, monkeypatch, capsys):
    for page in DOCS.glob("*.md"):
        (tmp_path / page.name).write_text(page.read_text(encoding="utf-8"), encoding="utf-8")
    stale = tmp_path / "model.md"
    edited = stale.read_text(encoding="utf-8").replace("1. **`arrivals`.**", "1. **`departures`.**")
    stale.write_text(edited, encoding="utf-8")
    monkeypatch.setattr(build, "DOCS", tmp_path)
    assert build.main(["--check"]) == 1
    assert "docs/model.md: week" in capsys.readouterr().err
    assert stale.read_text(encoding="utf-8") == edited
    assert build.main([]) == 0
    assert build.main(["--check"]) == 0


def test_an_unknown_part_or_argument_is_refused(build):
    with pytest.raises(KeyError, match="allowed: week"):
        build.rebuilt("<!-- generated: nothing -->\n<!-- end -->", "page.md")
    assert build.main(["--chek"]) == 2


def test_every_generated_part_stands_in_some_page(build):
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in build.BLOCKS if f"<!-- generated: {name} -->" not in text] == []


def test_the_overview_has_reads_writes_and_draws_of_every_process(build):
    overview = build.week()
    for section in ("Reads", "Writes", "Draws"):
        assert overview.count(f"   - {section}: ") == len(build.WEEK)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_relative_link_leads_somewhere(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}"


def test_every_command_named_exists():
    known = {c.name or c.callback.__name__ for c in run.app.registered_commands}
    named = {name for page in PAGES for name in COMMAND.findall(page.read_text(encoding="utf-8"))}
    assert named
    assert named <= COMMANDS & known


@pytest.mark.parametrize("line", shell_lines())
def test_shell_lines_are_commands_that_parse(line):
    python, script, name, *arguments = shlex.split(line)
    assert (python, script) == ("python", "run.py")
    assert name in COMMANDS
    group = typer.main.get_command(run.app)
    group.get_command(None, name).make_context(name, arguments)


def test_the_odds_of_two_years_are_about_twice_those_of_one():
    from sim.data import tables

    constant = tables.toml("ogrs3_coefficients")["constant"]
    text = (DOCS / "model.md").read_text(encoding="utf-8")
    assert f"exp(0.7191) = {math.exp(0.7191):.2f}" in text
    assert f"{constant['two_year'] - constant['one_year']:.4f}" in text


def test_people_enter_cohorts_in_stretches_of_high_intensity():
    from sim.clock import day_of
    from sim.model import ProbationModel

    intensity = load("intensity")
    world = ProbationModel("pre_reform", scale=0.05)
    world.live_until(day_of(date(2010, 1, 1)))
    means = intensity.intensity_at_index(world, 2009)
    assert means["all"] > 1.1
    assert means["previous sanctions 0"] == pytest.approx(1.0, abs=0.15)
    assert means["previous sanctions 7-10"] > means["previous sanctions 0"]


def test_values_that_prose_repeats_are_those_of_the_register():
    from sim.parameters.register import Register

    register, text = Register.load(), (DOCS / "model.md").read_text(encoding="utf-8")
    assert f"The scale is {register.reoffending.hazard_scale:g}." in text
    assert f"Its value, {register.courts.short_sentence_slope:.1f} in a range" in text
    assert f"it is {register.reoffending.desistance_share:g} and its range" in text
    assert f"`population.run_in_weeks` ({register.population.run_in_weeks:g})" in text


SHUT = {
    "workload": {"greatest_cut": 0.0},
    "allocation": {"handover_days": 0},
    "supervision": {"alliance_miss_effect": 0.0},
    "reoffending": {"alliance_log_factor": 0.0},
}
"""Numbers with which contacts are not cut nor interrupted, and the alliance does nothing."""


@pytest.mark.parametrize(("shut", "alike"), [({}, False), (SHUT, True)], ids=["as it is", "shut"])
def test_the_split_alone_acts_through_contacts_and_alliance_and_through_nothing_else(shut, alike):
    """What `model.md` says of `risk_split`: without those two it changes allocations only."""
    from dataclasses import replace

    import numpy as np

    from sim.clock import day_of
    from sim.events import Event
    from sim.model import ProbationModel
    from sim.parameters.register import Register

    parameters = {process: dict(numbers) for process, numbers in Register.load().parameters.items()}
    for process, numbers in shut.items():
        for name, value in numbers.items():
            parameters[process][name] = replace(parameters[process][name], value=value)
    logs = []
    for scenario in ("pre_reform", "risk_split_only"):
        world = ProbationModel(scenario, scale=0.02, register=Register(parameters))
        world.live_until(day_of(date(2015, 6, 1)))
        log = world.log
        kept = log.event != Event.ALLOCATION
        logs.append(np.stack([column[kept] for column in (log.day, log.event, log.row, log.value, log.cause_day)]))
        split = world.timeline.levers
    assert split
    assert np.array_equal(*logs) == alike


def test_the_script_for_users_of_mesa_runs_as_it_stands(capsys):
    text = (DOCS / "mesa.md").read_text(encoding="utf-8")
    scripts = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(scripts) == 1
    exec(compile(scripts[0], "mesa.md", "exec"), {"__name__": "script"})
    printed = capsys.readouterr().out
    assert "on licence" in printed
    assert "in prison" in printed


def test_every_row_that_fails_has_a_likely_reason_and_no_other_row_has():
    text = (DOCS / "validation.md").read_text(encoding="utf-8")
    table, reasons = text.split("## Why rows fail")
    failing = {row.split()[0] for row in table.splitlines() if row.endswith(" outside")}
    explained = set(re.findall(r"`([a-z0-9_+-]+)`", "".join(re.findall(r"^\| (`.*?) \|", reasons, re.MULTILINE))))
    assert failing
    assert failing == explained
