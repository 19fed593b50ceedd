"""Facts about the design: colours are told apart, sizes of text grow with the root, the style guide shows it all."""

import re
from pathlib import Path

import pytest

from core.accounts import RoleName
from tests.web.conftest import Visitor, World
from web import styleguide

STYLES = Path(styleguide.TOKENS).parent
# Printed labels are black on white whatever the theme, and so is what lies over the camera's picture.
BLACK_AND_WHITE = {"#000", "#fff"}


@pytest.mark.parametrize("pair", styleguide.contrasts(), ids=lambda pair: f"{pair.colour} on {pair.ground}")
def test_a_colour_is_told_from_its_ground_in_light_and_dark(pair: styleguide.Contrast) -> None:
    assert pair.is_enough, f"{pair.light:.2f} and {pair.dark:.2f}, at least {pair.least}"


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        # From the definition of WCAG 2.2: black on white is 21, a colour on itself 1; #777 just misses 4.5 on white.
        ("#000000", "#ffffff", 21.0),
        ("#1c7a3f", "#1c7a3f", 1.0),
        ("#777777", "#ffffff", 4.48),
    ],
)
def test_contrast_is_what_the_definition_says(one: str, other: str, ratio: float) -> None:
    assert styleguide.contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert styleguide.contrast(other, one) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("sheet", sorted(STYLES.glob("*.css")), ids=lambda path: path.name)
def test_sizes_of_text_grow_with_what_a_person_chose(sheet: Path) -> None:
    # Pixels would stay as they are when somebody asks for large text, here or in the browser.
    assert re.findall(r"(?:font|font-size|line-height):[^;]*\d+px[^;]*;", sheet.read_text()) == []


@pytest.mark.parametrize("sheet", sorted(STYLES.glob("*.css")), ids=lambda path: path.name)
def test_a_style_sheet_takes_its_colours_from_the_tokens(sheet: Path) -> None:
    rules = re.sub(r"--[\w-]+: [^;]+;", "", sheet.read_text())

    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", rules)) <= BLACK_AND_WHITE


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
@pytest.mark.parametrize("role", [RoleName.TECHNICIAN, RoleName.DISPATCHER])
def test_everybody_may_look_at_the_style_guide(world: World, role: RoleName, language: str) -> None:
    page = world.signed_in(role, language=language).get("/styleguide")

    assert page.status == 200
    for part in styleguide.PARTS:
        assert f'<h2 id="{part.key}">' in page.html


def test_the_style_guide_shows_how_a_component_is_called(dispatcher: Visitor) -> None:
    source = dispatcher.get("/styleguide").part('<pre tabindex="0">', "</pre>")

    assert '{{ _("Publish") }}' in source
    assert "import" not in source


def test_the_style_guide_shows_every_icon_and_colour(dispatcher: Visitor) -> None:
    page = dispatcher.get("/styleguide").text

    assert {"logo", "undo"} <= set(styleguide.icons())
    assert [name for name in styleguide.icons() if name not in page] == []
    assert [colour.name for colour in styleguide.colours() if f"--{colour.name}" not in page] == []
