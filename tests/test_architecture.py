"""The floors hold, every number is read and every number read exists, and processes hold no bare numbers."""

import ast
import re
import shutil
import tomllib
from datetime import date

import grimp
import networkx as nx
import pytest

from experiments import costs
from sim.clock import day_of
from sim.model import WEEK, ProbationModel
from sim.parameters.register import Group, Register
from tests.worlds import ROOT, SIM, in_subprocess

PACKAGES = ("sim", "experiments", "visualiser")
LINT = "from importlinter.cli import lint_imports; print('exit', lint_imports(no_cache=True, no_logo=True))"
PROCESSES = sorted((SIM / "processes").glob("*.py"))
ALLOWED = (0, 1)
NOT_PARAMETERS = {"find", "with_setting", "derived", "values", "hold_at", "parameters", "load"}
"""What a register has beside its processes."""


# --- imports


def graph():
    """Return the graph of imports, those for type checking left out."""
    return grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)


def cycles(imports):
    """Return the groups of modules that import each other."""
    edges = nx.DiGraph((m, other) for m in imports.modules for other in imports.find_modules_directly_imported_by(m))
    return [sorted(group) for group in nx.strongly_connected_components(edges) if len(group) > 1]


def lint(root):
    """Check the contracts of a tree; return what is said and whether all are kept."""
    said = in_subprocess(LINT, root=root)
    return said, said.endswith("exit 0")


def test_the_import_contracts_hold():
    said, kept = lint(ROOT)
    assert kept, said


@pytest.mark.parametrize(
    ("path", "line", "broken"),
    [
        ("sim/clock.py", "import sim.model", "A floor imports only from below"),
        ("sim/processes/proof.py", "from sim.processes import courts", "Processes never import each other"),
        ("sim/measures.py", "import pandas", "The model draws no pictures"),
    ],
)
def test_a_forbidden_import_breaks_a_contract(tmp_path, path, line, broken):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / path).write_text(f"{(tmp_path / path).read_text()}\n{line}\n")
    said, kept = lint(tmp_path)
    assert not kept
    assert re.search(rf"{broken}.* BROKEN", said), said


def test_no_modules_import_each_other():
    imports = graph()
    assert cycles(imports) == []
    imports.add_import(importer="sim.clock", imported="sim.model")
    assert any("sim.model" in group for group in cycles(imports)), "the test sees a cycle"


def test_every_module_of_the_model_has_a_floor_and_every_process_is_independent():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    named = {name for layer in layers for name in layer.split(" | ")}
    there = {f"sim.{p.stem}" for p in SIM.glob("*.py") if p.stem != "__init__"}
    there |= {f"sim.{p.parent.name}" for p in SIM.glob("*/__init__.py")}
    assert named == there | {"experiments", "visualiser"}
    independent = next(set(c["modules"]) for c in contracts if c["type"] == "independence")
    assert independent == {process.__name__ for process in WEEK}
    assert independent == {f"sim.processes.{p.stem}" for p in PROCESSES if p.stem != "__init__"}


# --- parameters


@pytest.fixture(scope="module")
def read():
    """The keys of the parameters that a run of the reform to the end of 2018, and its costs, read.

    Companies overclaim, and their officers can carry so little that owners come to think of posts.
    """
    keys, register = set(), Register.load().with_setting("organisations.overclaim_share", "0.05")
    register = register.with_setting("workload.points_full_time", "500")
    original, in_year = Group.__getattribute__, Group.in_year

    def noted(group, name):
        value = original(group, name)
        if not name.startswith("_") and name != "in_year":
            keys.add(f"{original(group, '_name')}.{name}")
        return value

    def noted_in_year(group, name, year):
        keys.add(f"{original(group, '_name')}.{name}")
        return in_year(group, name, year)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Group, "__getattribute__", noted)
        patch.setattr(Group, "in_year", noted_in_year)
        model = ProbationModel("post_reform", scale=0.01, seed=3, register=register)
        model.live_until(day_of(date(2018, 12, 31)))
        for line in costs.LINES:
            costs.unit_cost(line, register)
    return keys


def test_every_parameter_is_read(read):
    assert {p.key for p in Register.load()} - read == set()


def dotted(node):
    """Return the names of an attribute chain such as ``model.register.proof``; None for anything else."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute) and (start := dotted(node.value)):
        return (*start, node.attr)
    return None


def pairs(assignment):
    """Return the (target, value) pairs of an assignment, tuples taken apart."""
    target, value = assignment.targets[0], assignment.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def register_path(chain, known):
    """Return what of a chain comes after the register, aliases resolved; None where there is no register in it."""
    if chain and chain[0] in known:
        return (*known[chain[0]], *chain[1:])
    return chain[chain.index("register") + 1 :] if chain and "register" in chain else None


def aliases(function):
    """Return the local names that stand for the register or a process's parameters."""
    known = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target, value in pairs(node):
                path = register_path(dotted(value), known)
                if isinstance(target, ast.Name) and path is not None:
                    known[target.id] = path
    return known


def names_read(tree):
    """Return the (process, parameter) that a file reads, by attribute or as a dated series."""
    found = set()
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        known = aliases(function)
        for node in ast.walk(function):
            path = register_path(dotted(node), known) if isinstance(node, ast.Attribute) else None
            if path and len(path) == 2 and path[0] not in NOT_PARAMETERS and path[1] != "in_year":
                found.add(path)
            series = register_path(dotted(node.func), known) if isinstance(node, ast.Call) else None
            if series and len(series) == 2 and series[1] == "in_year":
                found.add((series[0], node.args[0].value))
    return found


def test_every_name_that_the_source_reads_exists():
    register = Register.load()
    found = set().union(*(names_read(ast.parse(path.read_text())) for path in SIM.rglob("*.py")))
    found |= {("costs", name) for line in costs.LINES for name in line.unit_cost}
    missing = [f"{p}.{n}" for p, n in sorted(found) if n not in register.parameters.get(p, {})]
    assert missing == []
    assert len(found) > 0.9 * len(list(register)), "the search finds nearly all of the register"


def test_a_name_that_does_not_exist_would_be_found():
    text = "def f(model):\n    q, p = model.people, model.register.proof\n    return p.nonsense + p.in_year('no', 1)"
    assert names_read(ast.parse(text)) == {("proof", "nonsense"), ("proof", "no")}


# --- bare numbers


def bare_numbers(text):
    """Return (line, number) of each number in the source but those allowed and those of named module constants."""
    tree = ast.parse(text)
    named = {
        id(inner)
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for inner in ast.walk(node.value)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float, complex)
        if node.value not in ALLOWED and id(node) not in named
    ]


@pytest.mark.parametrize("path", PROCESSES, ids=lambda path: path.stem)
def test_a_process_holds_no_number_but_0_1_and_named_constants(path):
    assert bare_numbers(path.read_text()) == []


def test_a_bare_number_would_be_found():
    text = "_SHIFT = 2**32\n\ndef f(x, y=0.5):\n    return x[1] - 7 * -1 + 0.0"
    assert bare_numbers(text) == [(3, 0.5), (4, 7)]
