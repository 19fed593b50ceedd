"""Pictures of pages made small: several of them side by side on one sheet, or one in full size with few colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

HEIGHT, GAP = 520, 12
GROUND = (128, 128, 128)
# Pages have few colours; enough of them for the map's lines remain.
COLOURS = 96
MOST_BYTES = 150_000
QUALITIES = (72, 55, 40)


@dataclass(frozen=True)
class Picture:
    """A picture of a page as it was taken."""

    image: Image.Image

    @classmethod
    def read(cls, file: Path) -> "Picture":
        with Image.open(file) as opened:
            return cls(opened.convert("RGB"))

    def at_height(self, height: int) -> Image.Image:
        width = round(self.image.width * height / self.image.height)
        return self.image.resize((width, height), Image.Resampling.LANCZOS)


def write_sheet(file: Path, pictures: Sequence[Picture]) -> None:
    """Put pictures side by side; the best quality that keeps the file small."""
    small = [picture.at_height(HEIGHT) for picture in pictures]
    sheet = Image.new("RGB", (sum(one.width for one in small) + GAP * (len(small) + 1), HEIGHT + 2 * GAP), GROUND)
    left = GAP
    for one in small:
        sheet.paste(one, (left, GAP))
        left += one.width + GAP
    for quality in QUALITIES:
        sheet.save(file, "WEBP", quality=quality, method=4)
        if file.stat().st_size <= MOST_BYTES:
            return


def write_full_size(file: Path, picture: Picture) -> None:
    """Write a picture as it is, with as many colours as keep the file small."""
    for colours in (COLOURS, COLOURS // 2, COLOURS // 4):
        picture.image.quantize(colours, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.stat().st_size <= MOST_BYTES:
            return
