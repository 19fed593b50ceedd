"""The design system on a page of its own: colours and their contrast, each component and how it is called, icons."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from core.access import allow_signed_in
from core.errors import N_
from customers.models import Priority
from dispatch.models.jobs import JobStatus

pages = Blueprint("styleguide", __name__)

HERE = Path(__file__).parent
TOKENS = HERE / "frontend" / "styles" / "tokens.css"
SPRITE = "components/sprite.svg"
COLOUR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
SIZE = re.compile(r"--([\w-]+): ([\d.]+(?:px|rem));")
ICON = re.compile(r'<symbol id="i-([\w-]+)"')

# WCAG 2.2: text needs 4.5 to 1 (1.4.3), what is drawn to be recognised 3 to 1 (1.4.11).
TEXT = 4.5
SHAPE = 3.0
TONES = ("good", "warn", "bad", "info", "accent")

# Every colour that carries a meaning, and what it stands on.
PAIRS = (
    *(
        (ink, ground, TEXT)
        for ink in ("ink", "ink-soft")
        for ground in ("canvas", "surface", "surface-low", "surface-high")
    ),
    *((tone, ground, TEXT) for tone in TONES for ground in (f"{tone}-soft", "surface", "surface-low")),
    *(("on-priority", f"p{number}", TEXT) for number in range(1, 5)),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("accent-strong", "surface", TEXT),
    ("ink", "accent-soft", TEXT),
    ("ink", "bad-soft", TEXT),
    ("ink-faint", "surface", SHAPE),
    ("line-control", "surface", SHAPE),
    ("focus", "surface", SHAPE),
    ("focus", "canvas", SHAPE),
    *((f"p{number}", "surface", SHAPE) for number in range(1, 5)),
)


@dataclass(frozen=True)
class Colour:
    """A colour of the design: its name, and its value for light and for dark surroundings."""

    name: str
    light: str
    dark: str


@dataclass(frozen=True)
class Contrast:
    """How well one colour is told from another, for light and dark, and how well it must be."""

    colour: str
    ground: str
    least: float
    light: float
    dark: float

    @property
    def is_enough(self) -> bool:
        return min(self.light, self.dark) >= self.least


@dataclass(frozen=True)
class Part:
    """A part of the page: components that are shown together, with the template that calls them."""

    key: str
    title: str
    rule: str

    @property
    def template(self) -> str:
        return f"guide/examples/{self.key}.html"


PARTS = (
    Part("buttons", N_("Buttons"), N_("One main button per view. A button says what it does with a verb.")),
    Part(
        "fields", N_("Fields"), N_("Every field has a label. What is wrong stands below its field and is read with it.")
    ),
    Part("states", N_("States"), N_("A state is a word and an icon. Colour only helps to find it.")),
    Part(
        "tables", N_("Tables"), N_("Numbers stand right. On a phone a row becomes a card; wide tables scroll within.")
    ),
    Part("notices", N_("Notices"), N_("Say what happened, to what, and what to do next.")),
    Part(
        "nothing",
        N_("Empty, loading, failed, not allowed"),
        N_("Every view has these four, and each says the way out."),
    ),
    Part(
        "overlays",
        N_("Dialogs, menus, folds and tabs"),
        N_("A dialog asks what must be answered now; everything else is a page."),
    ),
    Part("cards", N_("Cards, facts and progress"), N_("One matter per card, with a heading.")),
    Part("times", N_("Times"), N_("The zone of the place counts; it is named where it is not the reader's.")),
    Part(
        "phone",
        N_("For thumbs"),
        N_("At least 48 points high, one main step at the end, nothing that must be held or dragged."),
    ),
)


@pages.get("/styleguide")
@allow_signed_in()
def show() -> ResponseReturnValue:
    """Show everything that pages are made of."""
    return render_template(
        "guide/show.html",
        parts=PARTS,
        sources={part.key: source_of(part.template) for part in PARTS},
        colours=colours(),
        contrasts=contrasts(),
        sizes=sizes(),
        icons=icons(),
        statuses=JobStatus,
        priorities=Priority,
    )


@pages.get("/keyboard")
@allow_signed_in()
def keyboard() -> ResponseReturnValue:
    """Tell which keys do what."""
    return render_template("guide/keyboard.html")


@functools.cache
def colours() -> tuple[Colour, ...]:
    """Return the colours of the design."""
    return tuple(Colour(*found) for found in COLOUR.findall(TOKENS.read_text()))


@functools.cache
def sizes() -> tuple[tuple[str, str], ...]:
    """Return the names and values of distances and sizes of text."""
    return tuple(SIZE.findall(TOKENS.read_text()))


@functools.cache
def contrasts() -> tuple[Contrast, ...]:
    """Return how well every colour that carries a meaning is told from its ground."""
    return tuple(_contrasts())


def icons() -> list[str]:
    """Return the names of all icons."""
    return ICON.findall(_text_of(SPRITE))


def source_of(template: str) -> str:
    """Return how a template calls the components it shows, without the lines that import them."""
    lines = _text_of(template).splitlines()
    return "\n".join(line for line in lines if not line.startswith(("{% import", "{#")))


def contrast(one: str, other: str) -> float:
    """
    Return the contrast ratio of two colours written like ``#16212b``, from 1 to 21.

    WCAG 2.2, "contrast ratio": (L1 + 0.05) / (L2 + 0.05) with L1 the lighter one's relative luminance.
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _contrasts() -> Iterator[Contrast]:
    known = {colour.name: colour for colour in colours()}
    for name, ground_name, least in PAIRS:
        colour, ground = known[name], known[ground_name]
        light, dark = contrast(colour.light, ground.light), contrast(colour.dark, ground.dark)
        yield Contrast(name, ground_name, least, light, dark)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    """Undo the gamma of sRGB."""
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _text_of(template: str) -> str:
    return (HERE / "templates" / template).read_text()
