"""What a user is told."""

import pytest

from sim.errors import InputError, nearest, read_toml, unknown


def test_the_nearest_name_is_offered_and_all_where_none_is_near():
    assert nearest("pre_refrom", ["pre_reform", "post_reform"]) == 'did you mean "pre_reform"?'
    assert nearest("zzz", ["b", "a"]) == "allowed: a, b"


def test_an_unknown_name_says_where_what_and_what_is_allowed():
    assert str(unknown("lever", "x", ["a"], "file.toml")) == 'file.toml: unknown lever "x"; allowed: a'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b'title = "\xff\xfe"', "not UTF-8 text (byte 9)"),
        (b'title = "cut', "not valid TOML"),
        (b"a = 1\na = 2\n", "not valid TOML"),
        (b"from = 2018-02-30", "not valid TOML"),
        (b"\x00", "not valid TOML"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path, content, said):
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_toml(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_toml(path)


@pytest.mark.parametrize("content", ["a = " + "[" * 20_000, "a = " + "{a=" * 20_000, "a = 1" + "0" * 5000])
def test_a_file_that_breaks_the_parser_is_refused(tmp_path, content):
    path = tmp_path / "hostile.toml"
    path.write_text(content)
    with pytest.raises(InputError, match=r"hostile\.toml"):
        read_toml(path)
