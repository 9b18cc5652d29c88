"""The bundles that browsers get are those of the sources, and ask nothing of other machines."""

import hashlib
import re

import pytest

from visualiser.driver import ROOT

FRONT, STATIC = ROOT / "visualiser" / "front", ROOT / "visualiser" / "static"
BUNDLES = [*sorted(path.name for path in STATIC.glob("*_widget.*")), "page.css", "page.js"]
SOURCES = sorted(p for p in FRONT.iterdir() if p.suffix in (".js", ".css") or p.name == "package.json")


def made_of():
    """The hash of the sources, as the build writes it."""
    found = hashlib.sha256()
    for path in SOURCES:
        found.update(f"{path.name}\n".encode() + path.read_bytes())
    return found.hexdigest()[:16]


@pytest.mark.parametrize("bundle", BUNDLES)
def test_a_bundle_is_built_from_the_sources_as_they_are(bundle):
    first = (STATIC / bundle).read_text().partition("\n")[0]
    assert first == f"/* built from front/: {made_of()} */", "cd visualiser/front && node build.mjs"


@pytest.mark.parametrize("bundle", BUNDLES)
def test_a_bundle_names_no_other_machine(bundle):
    named = set(re.findall(r"https?://[\w.-]+", (STATIC / bundle).read_text()))
    assert named <= {"http://www.w3.org"}, "names of XML dialects, which nobody fetches"


def test_all_that_is_bundled_of_others_has_its_licence_beside_it():
    imported = set()
    for path in SOURCES:
        imported |= set(re.findall(r'from "([a-z][\w-]+)"', path.read_text()))
    text = (STATIC / "LICENCES.txt").read_text()
    assert imported
    for name in imported:
        assert re.search(rf"^{name} \d", text, re.MULTILINE), name


def test_markup_is_never_made_of_what_a_server_or_a_person_says():
    for path in SOURCES:
        for line in path.read_text().splitlines():
            made = re.search(r"innerHTML|insertAdjacentHTML|document\.write|\.html\((?!\"\"\))", line)
            assert made is None, f"{path.name}: {line.strip()}"
