"""Compiled code is kept under the hash of its source."""

import shutil
from pathlib import Path

import pytest

from sim import compiled
from tests.worlds import SIM, in_subprocess

DRAW = (
    "import numpy as np\n"
    "from sim.compiled import cache_folder\n"
    "from sim.draws import Draws, person_hashes\n"
    "print(cache_folder()); print(repr(Draws(1).uniforms('s', person_hashes(np.arange(3)), 4).tolist()))"
)


@pytest.fixture
def tree(tmp_path):
    """A copy of the source of the model, to edit."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SIM, tmp_path / "copy" / "sim", ignore=ignored)
    return tmp_path / "copy"


def test_an_edited_constant_changes_the_result_and_the_cache_folder(tree, tmp_path):
    cache = str(tmp_path / "cache")
    first = in_subprocess(DRAW, root=tree, XDG_CACHE_HOME=cache).split("\n")
    again = in_subprocess(DRAW, root=tree, XDG_CACHE_HOME=cache).split("\n")
    source = tree / "sim" / "draws.py"
    text = source.read_text()
    assert "0xBF58476D1CE4E5B9" in text
    source.write_text(text.replace("0xBF58476D1CE4E5B9", "0xBF58476D1CE4E5BB"))
    edited = in_subprocess(DRAW, root=tree, XDG_CACHE_HOME=cache).split("\n")
    assert first == again
    assert edited[0] != first[0]
    assert edited[1] != first[1]
    assert list(Path(first[0]).rglob("*.nbi")), "nothing was cached, so the test proves nothing"


@pytest.mark.parametrize("name", ["draws.py", "clock.py", "processes/courts.py"])
def test_an_edit_of_any_python_file_names_another_cache_folder(tree, name):
    before = compiled.cache_folder(tree / "sim")
    (tree / "sim" / name).write_text((tree / "sim" / name).read_text() + "\n# edited\n")
    assert compiled.cache_folder(tree / "sim") != before


@pytest.mark.parametrize("name", ["draws.py", "parameters/courts.toml", "data/contract_areas.csv", "levers.toml"])
def test_the_code_version_depends_on_every_file(tree, name):
    before = compiled.source_hash(tree / "sim")
    path = tree / "sim" / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert compiled.source_hash(tree / "sim") != before
    assert len(before) == 16


def test_the_code_version_depends_on_names_but_not_on_the_place(tree, tmp_path):
    before = compiled.source_hash(tree / "sim")
    shutil.copytree(tree / "sim", tmp_path / "elsewhere")
    assert compiled.source_hash(tmp_path / "elsewhere") == before
    (tree / "sim" / "clock.py").rename(tree / "sim" / "watch.py")
    assert compiled.source_hash(tree / "sim") != before


def test_a_home_that_cannot_be_written_gives_a_temporary_cache(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    folder = compiled.cache_folder()
    assert folder.is_dir()
    assert tmp_path not in folder.parents
