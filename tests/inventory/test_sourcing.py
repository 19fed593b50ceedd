"""Facts about choosing places, without a database."""

import pytest

from inventory.sourcing import Shortage, choose_places

TRUNK, NORTH, SOUTH = 1, 2, 3
BATTERY, PRINTER = 10, 11


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        # The trunk comes first.
        ({(TRUNK, BATTERY): 2, (NORTH, BATTERY): 9}, {BATTERY: TRUNK}),
        # A line is not split: the trunk has too few.
        ({(TRUNK, BATTERY): 1, (NORTH, BATTERY): 2}, {BATTERY: NORTH}),
        # Nothing is preferred beyond the given order.
        ({(NORTH, BATTERY): 2, (SOUTH, BATTERY): 99}, {BATTERY: NORTH}),
        # What is at a place that was not named does not count.
        ({(99, BATTERY): 50}, [Shortage(BATTERY, wanted=2, available=0, at_one_place=0)]),
        # Enough in all, but nowhere together.
        (
            {(TRUNK, BATTERY): 1, (NORTH, BATTERY): 1},
            [Shortage(BATTERY, wanted=2, available=2, at_one_place=1)],
        ),
    ],
)
def test_a_line_comes_whole_from_the_first_place_that_has_it(
    available: dict[tuple[int, int], int], expected: dict[int, int] | list[Shortage]
) -> None:
    assert choose_places({BATTERY: 2}, available, [TRUNK, NORTH, SOUTH]) == expected


def test_the_order_of_the_places_decides() -> None:
    everywhere = {(place, BATTERY): 5 for place in (TRUNK, NORTH, SOUTH)}

    assert choose_places({BATTERY: 1}, everywhere, [SOUTH, TRUNK, NORTH]) == {BATTERY: SOUTH}


def test_one_short_line_leaves_only_shortages() -> None:
    chosen = choose_places({BATTERY: 1, PRINTER: 3}, {(TRUNK, BATTERY): 1, (NORTH, PRINTER): 2}, [TRUNK, NORTH])

    assert chosen == [Shortage(PRINTER, wanted=3, available=2, at_one_place=2)]


def test_without_places_everything_is_short() -> None:
    assert choose_places({BATTERY: 1}, {}, []) == [Shortage(BATTERY, wanted=1, available=0, at_one_place=0)]


def test_nothing_wanted_is_nothing_chosen() -> None:
    assert choose_places({}, {}, [TRUNK]) == {}
