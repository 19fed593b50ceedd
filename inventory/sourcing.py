"""Where parts are taken from. Pure: numbers in, places out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Shortage:
    """A line that no single place can serve."""

    part_id: int
    wanted: int
    # Over all the places.
    available: int
    # The most that one of them has.
    at_one_place: int


@dataclass(frozen=True)
class Choice:
    """Where a line comes from, and which part it is: the wanted one or a substitute."""

    part_id: int
    place_id: int


def choose_places(
    wants: Mapping[int, int], available: Mapping[tuple[int, int], int], place_ids: Sequence[int]
) -> dict[int, int] | list[Shortage]:
    """
    Choose for each part the first place that has the whole line.

    Parameters
    ----------
    wants
        Pieces per part id.
    available
        Pieces per ``(place_id, part_id)``; what is not named is not there.
    place_ids
        The places in order of preference.

    Returns
    -------
    dict[int, int] | list[Shortage]
        Place id per part id, or the lines that no place can serve when there are any.
    """
    chosen = choose_with_substitutes(wants, available, place_ids, {})
    if isinstance(chosen, list):
        return chosen
    return {part_id: choice.place_id for part_id, choice in chosen.items()}


def choose_with_substitutes(
    wants: Mapping[int, int],
    available: Mapping[tuple[int, int], int],
    place_ids: Sequence[int],
    substitutes: Mapping[int, Sequence[int]],
) -> dict[int, Choice] | list[Shortage]:
    """
    Choose as ``choose_places`` does, and for each line that is short the first substitute that a place has whole.

    Parameters
    ----------
    wants, available, place_ids
        As for ``choose_places``.
    substitutes
        Part ids per wanted part id, the best first. One that is wanted itself, or taken for another line already, does
        not serve a second time.

    Returns
    -------
    dict[int, Choice] | list[Shortage]
        A choice per wanted part id, or the lines that neither the part nor a substitute can serve.
    """
    chosen: dict[int, Choice] = {}
    shortages: list[Shortage] = []
    taken = set(wants)
    for part_id, wanted in sorted(wants.items()):
        candidates = [part_id, *(other for other in substitutes.get(part_id, ()) if other not in taken)]
        choice = next(_choices(candidates, wanted, available, place_ids), None)
        if choice is None:
            at_places = [available.get((place_id, part_id), 0) for place_id in set(place_ids)]
            shortages.append(Shortage(part_id, wanted, sum(at_places), max(at_places, default=0)))
        else:
            chosen[part_id] = choice
            taken.add(choice.part_id)
    return shortages or chosen


def _choices(
    part_ids: Sequence[int], wanted: int, available: Mapping[tuple[int, int], int], place_ids: Sequence[int]
) -> Iterator[Choice]:
    """Yield where a line could come from whole, the best part first and for each the places in order."""
    for part_id in part_ids:
        for place_id in place_ids:
            if available.get((place_id, part_id), 0) >= wanted:
                yield Choice(part_id, place_id)
