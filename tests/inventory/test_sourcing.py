"""Facts about choosing places, without a database."""

import pytest

from inventory.sourcing import Choice, Shortage, choose_places, choose_with_substitutes

TRUNK, NORTH, SOUTH = 1, 2, 3
BATTERY, PRINTER, SPARE, OTHER_SPARE = 10, 11, 12, 13


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


SUBSTITUTES = {BATTERY: [SPARE, OTHER_SPARE], PRINTER: [SPARE]}


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        # The part itself comes before any substitute, wherever it is.
        ({(NORTH, BATTERY): 1, (TRUNK, SPARE): 1}, Choice(BATTERY, NORTH)),
        # The better substitute comes before the nearer place.
        ({(TRUNK, OTHER_SPARE): 1, (NORTH, SPARE): 1}, Choice(SPARE, NORTH)),
        ({(TRUNK, OTHER_SPARE): 1}, Choice(OTHER_SPARE, TRUNK)),
    ],
)
def test_a_short_line_takes_the_best_substitute(available: dict[tuple[int, int], int], expected: Choice) -> None:
    assert choose_with_substitutes({BATTERY: 1}, available, [TRUNK, NORTH], SUBSTITUTES) == {BATTERY: expected}


def test_a_substitute_serves_one_line() -> None:
    available = {(TRUNK, SPARE): 9, (TRUNK, OTHER_SPARE): 1}

    chosen = choose_with_substitutes({BATTERY: 1, PRINTER: 1}, available, [TRUNK], SUBSTITUTES)

    assert chosen == [Shortage(PRINTER, wanted=1, available=0, at_one_place=0)]


def test_a_part_that_is_wanted_itself_is_no_substitute() -> None:
    available = {(TRUNK, SPARE): 9}

    chosen = choose_with_substitutes({BATTERY: 1, SPARE: 1}, available, [TRUNK], SUBSTITUTES)

    assert chosen == [Shortage(BATTERY, wanted=1, available=0, at_one_place=0)]
