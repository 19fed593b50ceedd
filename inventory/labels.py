"""Labels: what gets one, what stands on it. ``label_sheets`` draws them."""

import enum
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from core.errors import N_, DomainError
from inventory.checks import check_quantities
from inventory.label_sheets import Label
from inventory.models import Place, Serial
from inventory.queries import levels, part_by_sku, parts
from inventory.tracing import scan, serials_at

MOST_LABELS = 480


class LabelKind(enum.StrEnum):
    """What gets a label."""

    PARTS = "parts"
    BINS = "bins"
    SERIALS = "serials"
    COMMANDS = "commands"


# What a scanned command presses on the page that is shown, in the words of both languages.
COMMANDS = {
    ".done": ("Done: book it", "完成：入账"),
    ".next": ("Next van", "下一辆车"),
    ".damaged": ("Damaged, on and off", "损坏品，开/关"),
    ".undo": ("Take the last scan back", "撤回上一次扫描"),
}


class NothingToLabel(DomainError):
    code = "nothing_to_label"
    sentence = N_("There is nothing to print a label for. Name parts, or a place that has some.")


class TooManyLabels(DomainError):
    code = "too_many_labels"
    sentence = N_("%(labels)s labels are too many for one file; at most %(most)s fit. Name fewer parts or copies.")


def make_labels(
    session: Session, *, kind: LabelKind, place: Place, skus: Sequence[str] = (), copies: int = 1
) -> list[Label]:
    """
    Return the labels of a place: of its parts or those named, of its bins, of pieces by number or part, or of commands.

    Raises NothingToLabel and TooManyLabels.
    """
    check_quantities([copies])
    made: dict[LabelKind, Callable[[Session, Place, Sequence[str]], list[Label]]] = {
        LabelKind.PARTS: _part_labels,
        LabelKind.BINS: _bin_labels,
        LabelKind.SERIALS: _serial_labels,
        LabelKind.COMMANDS: _command_labels,
    }
    labels = made[kind](session, place, skus)
    if not labels:
        raise NothingToLabel
    if len(labels) * copies > MOST_LABELS:
        raise TooManyLabels(labels=len(labels) * copies, most=MOST_LABELS)
    return [label for label in labels for _ in range(copies)]


def _part_labels(session: Session, place: Place, skus: Sequence[str]) -> list[Label]:
    named = [part_by_sku(session, sku) for sku in skus]
    bin_of = {level.part_id: level.bin for level in levels(session, place_id=place.id)}
    found = named or [part for part in parts(session) if part.id in bin_of]
    return [Label(part.sku, [part.name_en, part.name_zh, bin_of.get(part.id, "")]) for part in found]


def _bin_labels(session: Session, place: Place, _skus: Sequence[str]) -> list[Label]:
    shelves: dict[str, list[str]] = {}
    for level in levels(session, place_id=place.id):
        if level.bin:
            shelves.setdefault(level.bin, []).append(level.part.sku)
    return [Label(name, [place.name, *skus]) for name, skus in sorted(shelves.items())]


def _serial_labels(session: Session, place: Place, codes: Sequence[str]) -> list[Label]:
    """Make a label of each piece whose number is named, and of each piece at the place of the parts that are named."""
    pieces: list[Serial] = []
    for found in (scan(session, code) for code in codes):
        if found.serial is not None:
            pieces.append(found.serial)
        else:
            pieces += serials_at(session, part_id=found.part.id, place_id=place.id)
    return [Label(piece.number, [piece.part.sku, piece.part.name_en, piece.part.name_zh]) for piece in pieces]


def _command_labels(_session: Session, _place: Place, _skus: Sequence[str]) -> list[Label]:
    return [Label(code, words) for code, words in COMMANDS.items()]
