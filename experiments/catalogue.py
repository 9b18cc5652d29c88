"""What there is to choose from: scenarios, regions, levers, parameters."""

from collections.abc import Sequence
from itertools import groupby
from textwrap import fill
from typing import Any

from rich.table import Table

from experiments import report, vocabulary
from sim.clock import date_of
from sim.errors import unknown
from sim.files import REGIONS, SCENARIOS, known_names
from sim.parameters.register import Parameter, Register
from sim.regions import load_region
from sim.scenarios import load_timeline
from sim.timeline import lever_definitions

_MANY_GROUPS = 8


def _columns(*headings: str) -> Table:
    """Return an empty plain table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading == headings[0])
    return table


def scenarios(name: str | None) -> None:
    """Print all scenarios, or one with its dated levers."""
    console = report.stdout_console()
    if name is None:
        table = _columns("scenario", "what it is", "levers")
        for known in known_names(SCENARIOS):
            timeline = load_timeline(known)
            table.add_row(known, timeline.title, str(len(timeline.levers)))
        console.print(table)
        return
    timeline = load_timeline(name)
    report.print_under(console, timeline.name, f": {timeline.title}")
    table = _columns("from", "lever", "applies by", "settings", "source")
    for lever in sorted(timeline.levers.values(), key=lambda v: v.from_day):
        settings = ", ".join(f"{k} = {v:g}" for k, v in lever.settings.items())
        table.add_row(str(date_of(lever.from_day)), lever.name, lever.applies_by, settings, lever.source)
    console.print(table if timeline.levers else "no levers")


def regions(name: str | None) -> None:
    """Print all regions, or one with its areas."""
    console = report.stdout_console()
    if name is None:
        table = _columns("region", "what it is", "areas", "people supervised")
        for known in known_names(REGIONS):
            region = load_region(known)
            table.add_row(known, region.title, str(len(region.areas)), f"{region.caseload:,.0f}")
        console.print(table)
        return
    region = load_region(name)
    report.print_under(console, region.name, f": {region.title}; {region.caseload:,.0f} people. {region.source}")
    table = _columns("area", "share of the region")
    for area, share in zip(region.areas, region.shares, strict=True):
        table.add_row(area, f"{100 * share:.1f} %")
    console.print(table)


def levers(name: str | None) -> None:
    """Print all levers, or one with its settings."""
    console = report.stdout_console()
    definitions = lever_definitions()
    if name is None:
        table = _columns("lever", "what it moves", "applies by")
        for known, entry in definitions.items():
            table.add_row(known, entry["title"], ", ".join(entry["applies_by"]))
        console.print(table)
        return
    if name not in definitions:
        raise unknown("lever", name, definitions, "levers")
    entry = definitions[name]
    report.print_under(console, name, f": {entry['title']}\napplies by: {', '.join(entry['applies_by'])}")
    console.print(f"source: {entry['source']}")
    for setting, rule in entry.get("settings", {}).items():
        allowed = f"{rule['low']:g} to {rule['high']:g}"
        console.print(f"setting {setting}: {rule['value']:g} {rule['unit']}, {allowed}; {rule['meaning']}")


def parameters(name: str | None) -> None:
    """Print every number of the register, of one process, or one number whole."""
    console = report.stdout_console()
    register = Register.load()
    if name is not None and "." in name:
        _whole(console, register.find(name, "parameters"))
        return
    if name is not None and name not in register.parameters:
        raise unknown("process", name, register.parameters, "parameters")
    for p in register:
        if name in (None, p.process):
            report.print_under(console, p.key, f" = {value_text(p)}  ({p.low:g} to {p.high:g}) {p.kind}")
            console.print(f"    {p.unit}. Source: {p.source}", style="dim")


def _whole(console: Any, p: Parameter) -> None:
    """Print one parameter with everything that is known of it."""
    report.print_under(console, p.key, f" = {value_text(p)} {p.unit}")
    console.print(f"range: {p.low:g} to {p.high:g}; kind: {p.kind}")
    if p.over:
        console.print(f"over: {p.over}" + (f", from {p.first_year}" if p.first_year else ""))
    console.print(f"source: {p.source}")
    if p.note:
        console.print(f"note: {p.note}")


def value_text(p: Parameter) -> str:
    """Return a value as text; a list in short."""
    if isinstance(p.value, tuple):
        return ", ".join(f"{v:.4g}" for v in p.value)
    return f"{p.value:.10g}"


def measures() -> None:
    """Print what a target can ask for: measures with their units and groups, by where they are taken from."""
    console = report.stdout_console()
    for kind in vocabulary.Kind:
        report.print_under(console, f"\n{kind.value}", "")
        of_kind = [measure for measure in vocabulary.measures().values() if measure.kind == kind]
        for (units, groups), alike in groupby(of_kind, key=lambda measure: (measure.units, measure.groups)):
            names = ", ".join(measure.name for measure in alike)
            console.print(fill(names, report.WIDTH, initial_indent="  ", subsequent_indent="  "))
            said = f"{' or '.join(units) if vocabulary.COUNT not in units else 'a count'}; {_few(groups)}"
            console.print(fill(said, report.WIDTH, initial_indent="      ", subsequent_indent="      "))
    console.print(
        "\nWith _change at its end a measure is compared between two periods, in percent of the first or, where it is "
        "a share, in percentage points."
    )


def _few(groups: Sequence[str]) -> str:
    """Return a few groups as they are, many by their columns and an example."""
    if len(groups) <= _MANY_GROUPS:
        return ", ".join(groups)
    columns = dict.fromkeys(part.partition("=")[0] for group in groups for part in group.split("&"))
    return f"{len(groups)} groups by {', '.join(columns)}, such as {groups[-1]}"
