"""A file is written as a whole or not at all."""

import os
from pathlib import Path

import pytest

from routing.formats.files import refuse_unwritable, whole_file


def test_what_is_written_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text("old")

    with whole_file(file) as draft:
        draft.write("早班")
        assert file.read_text() == "old"

    assert file.read_text(encoding="utf-8") == "早班"
    assert _names(tmp_path) == ["plan.json"]


@pytest.mark.parametrize("end", [ValueError, KeyboardInterrupt])
def test_a_write_that_does_not_finish_leaves_everything_as_it_was(end: type[BaseException], tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text("old")

    with pytest.raises(end):
        _write_half(file, end)

    assert file.read_text() == "old"
    assert _names(tmp_path) == ["plan.json"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with whole_file(tmp_path / "link") as draft:
        draft.write("new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_device_is_written_to_and_stays() -> None:
    refuse_unwritable(Path(os.devnull))

    with whole_file(Path(os.devnull)) as draft:
        draft.write("gone")

    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("place", ["none/plan.json", ".", "file/plan.json"])
def test_a_place_that_cannot_be_written_is_refused_ahead(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match=r"No such file|Is a directory|Not a directory"):
        refuse_unwritable(tmp_path / place)

    assert _names(tmp_path) == ["file"]


def _write_half(file: Path, end: type[BaseException]) -> None:
    with whole_file(file) as draft:
        draft.write("half")
        draft.flush()
        raise end


def _names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]
