"""Where parts are taken from. Pure: numbers in, places out."""

from collections.abc import Mapping, Sequence
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
    chosen: dict[int, int] = {}
    shortages: list[Shortage] = []
    for part_id, wanted in sorted(wants.items()):
        at_places = {place_id: available.get((place_id, part_id), 0) for place_id in place_ids}
        enough = [place_id for place_id, pieces in at_places.items() if pieces >= wanted]
        if enough:
            chosen[part_id] = enough[0]
        else:
            most = max(at_places.values(), default=0)
            shortages.append(Shortage(part_id, wanted, available=sum(at_places.values()), at_one_place=most))
    return shortages or chosen
