"""Pictures tell what they are drawn from; only those of the list are given, and damaged ones are named."""

import pytest

from tests.visualiser.results.conftest import refused
from visualiser.results.answers import answer
from visualiser.results.opening import open_results
from visualiser.results.pictures import picture, pictures

NOT_PICTURES = ["../secret.png", "/etc/passwd", "mine/needs.png", "needs.png\0", "./needs.png", "..", "", ".hidden.png"]


def test_a_picture_tells_what_it_is_drawn_from(opened):
    (said,) = pictures(opened.folder)
    assert said["title"] == "Needs"
    assert said["provenance"][0].startswith("throughgate compare; code version ")
    assert "seeds 0 to 1" in said["provenance"][1]
    content, (data,) = answer(opened, {"kind": "picture", "name": "needs.png"})
    assert content == {"kind": "picture", "name": "needs.png"}
    assert data == (opened.folder / "needs.png").read_bytes()


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_only_a_picture_of_the_list_is_given(folder, name):
    (folder.parent / "secret.png").write_bytes((folder / "needs.png").read_bytes())
    (folder / ".hidden.png").write_bytes((folder / "needs.png").read_bytes())
    assert "needs.png" in refused(open_results(folder), {"kind": "picture", "name": name})
    assert picture(folder, "needs.png").startswith(b"\x89PNG")


@pytest.mark.parametrize("spoilt", [b"", b"nothing", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"<svg onload='alert(1)'/>"])
def test_a_damaged_picture_is_named(folder, spoilt):
    (folder / "needs.png").write_bytes(spoilt)
    assert "needs.png" in pictures(folder)[0]["problem"]
    assert "damaged" in refused(open_results(folder), {"kind": "picture", "name": "needs.png"})
