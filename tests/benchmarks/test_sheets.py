"""Pictures become small: four side by side on one sheet, or one in full size with few colours."""

from pathlib import Path

from PIL import Image

from benchmarks.sheets import GAP, HEIGHT, MOST_BYTES, Picture, write_full_size, write_sheet

DESK, PHONE = (1440, 900), (390, 844)


def picture(size: tuple[int, int]) -> Picture:
    """A page of sorts: light ground with lines."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    return Picture(image)


def test_pages_stand_side_by_side_at_one_height(tmp_path: Path) -> None:
    file = tmp_path / "sheet.webp"

    write_sheet(file, [picture(DESK), picture(PHONE)])

    with Image.open(file) as sheet:
        widths = round(1440 * HEIGHT / 900) + round(390 * HEIGHT / 844)
        assert sheet.size == (widths + 3 * GAP, HEIGHT + 2 * GAP)
    assert file.stat().st_size <= MOST_BYTES


def test_a_full_picture_keeps_its_size_and_loses_colours(tmp_path: Path) -> None:
    file = tmp_path / "page.png"

    write_full_size(file, picture(DESK))

    with Image.open(file) as page:
        assert page.size == DESK
        assert page.mode == "P"
    assert file.stat().st_size <= MOST_BYTES
