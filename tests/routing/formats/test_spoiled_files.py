"""Public files with something broken in them are read, or refused with the place; nothing else happens."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.formats.public import PUBLIC_SETS
from routing.problem import ProblemError
from tests.routing.formats import test_kovacs, test_mankowska, test_solomon, test_vrplib
from tests.routing.test_trsp import SMALL

# The file of each set; that of the technicians, whom tasks of Kovacs need, lies beside it and is whole.
FILES = {
    "trsp": ("day.txt", SMALL),
    "solomon": ("day.txt", test_solomon.SMALL),
    "solomon-sintef": ("day.txt", test_solomon.SMALL),
    "kovacs": ("tasks_noTeam/small.txt", test_kovacs.TASKS_FILE),
    "mankowska": ("day.json", json.dumps(test_mankowska.document(), indent=1)),
    "mankowska-singles": ("day.json", json.dumps(test_mankowska.document(), indent=1)),
    "vrplib": ("day.vrp", test_vrplib.SMALL),
    "vrplib-dimacs": ("day.vrp", test_vrplib.PLAIN),
}
WORDS = [b"", b"-1", b"0", b"1.5", b"nan", b"1e308", b"9" * 30, b"x", b"\xff", b"\x00", b"[", b"null"]


@st.composite
def spoiled(draw: st.DrawFn, text: str) -> bytes:
    """A text with a few words, lines or bytes gone, doubled, cut off or replaced."""
    lines = text.encode().split(b"\n")
    for _ in range(draw(st.integers(1, 3))):
        i = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["word", "word", "byte", "gone", "doubled", "end"])):
            case "word":
                words = lines[i].split()
                at = draw(st.integers(0, len(words)))
                words[at : at + 1] = [draw(st.sampled_from(WORDS))]
                lines[i] = b" ".join(words)
            case "byte":
                at = draw(st.integers(0, len(lines[i])))
                lines[i] = lines[i][:at] + draw(st.binary(min_size=1, max_size=1)) + lines[i][at + 1 :]
            case "gone":
                lines[i : i + 1] = []
            case "doubled":
                lines.insert(draw(st.integers(0, len(lines))), lines[i])
            case "end":
                lines[i + 1 :] = []
        lines = lines or [b""]
    return b"\n".join(lines)


def written(name: str, content: bytes, folder: Path) -> Path:
    """A file of a set with some content; whole beside it what the reader looks for there."""
    file = folder / FILES[name][0]
    for neighbour in (file.parent, folder / "technicians_noTeam"):
        neighbour.mkdir(exist_ok=True)
    (folder / "technicians_noTeam" / "technicians_small.txt").write_text(test_kovacs.TECHNICIANS_FILE)
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("name", sorted(PUBLIC_SETS))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_spoiled_file_is_read_or_refused(name: str, tmp_path: Path, data: st.DataObject) -> None:
    file = written(name, data.draw(spoiled(FILES[name][1])), tmp_path)

    with suppress(ProblemError):
        PUBLIC_SETS[name].read(file)


@pytest.mark.parametrize("name", sorted(PUBLIC_SETS))
@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"\x00" * 100, b"[" * 100_000, b"9" * 100_000],
    ids=["empty", "no text", "zeros", "deep", "a long number"],
)
def test_what_is_no_such_file_at_all_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    file = written(name, content, tmp_path)

    with pytest.raises(ProblemError, match=": expected "):
        PUBLIC_SETS[name].read(file)
