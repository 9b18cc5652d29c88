"""The plan that the manifest of a folder describes."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from experiments.plan import Plan
from experiments.store import MANIFEST
from sim.clock import day_of
from sim.parameters.register import Register
from sim.regions import Region
from sim.timeline import Lever, Timeline


def plan_of(manifest: Mapping[str, Any]) -> Plan:
    """Return the plan that a manifest describes: its timelines, dates and numbers, and no more of its region."""
    areas, name = tuple(map(str, manifest["areas"])), str(manifest["region"])
    arms = tuple(
        Timeline(arm["scenario"], arm["title"], {entry["lever"]: _lever(entry) for entry in arm["levers"]}, areas)
        for arm in manifest["arms"]
    )
    region = Region(name, name, areas, (), float(manifest["caseload"]), 0.0, "")
    until = date.fromisoformat(manifest["until"])
    register = _register(manifest["parameters"])
    return Plan(arms, region, float(manifest["scale"]), tuple(manifest["seeds"]), until, register)


def _lever(entry: Mapping[str, Any]) -> Lever:
    """Return a lever of a timeline as the manifest describes it."""
    return Lever(
        entry["lever"],
        day_of(date.fromisoformat(entry["from"])),
        entry["applies_by"],
        tuple(entry["areas"]),
        entry["settings"],
        contract=entry.get("contract", ""),
        terms=entry.get("terms", {}),
    )


def _register(values: Mapping[str, Any]) -> Register:
    """Return the register with the numbers of the folder, which need not be those of today."""
    register = Register.load()
    today = register.values()
    for key, value in values.items():
        if value is not None and json.dumps(value) != json.dumps(today.get(key)):
            register = register.with_setting(key, json.dumps(value), MANIFEST)
    return register
