"""Draw the icon and the logo, light and dark: a sprout that grows out of a crown.

It needs Pillow, which Home Assistant brings along.
The mark lives in a square of 100 x 100 units; everything is drawn eight times too large and scaled down.
"""

from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

type Point = tuple[float, float]

BRAND = Path(__file__).resolve().parent.parent / "custom_components" / "god_kaiser" / "brand"
ICON = 256
LOGO_HEIGHT = 160
OVERSAMPLING = 8
CURVE_STEPS = 48

CROWN: tuple[Point, ...] = ((9, 50), (31, 69), (50, 56), (69, 69), (91, 50), (82, 83), (18, 83))
BAND: tuple[Point, ...] = ((19, 92), (81, 92), (80, 97), (20, 97))
PEARLS: tuple[Point, ...] = ((8, 48), (92, 48))
STEM: tuple[Point, ...] = ((49, 46), (46.5, 46), (46.5, 62), (53.5, 62), (53.5, 38), (49.8, 38))
LEFT_LEAF = (((50, 47), (24, 49), (8, 36), (7, 13)), ((7, 13), (32, 11), (49, 24), (50, 47)))
RIGHT_LEAF = (((50, 39), (51, 16), (68, 2), (94, 2)), ((94, 2), (94, 27), (76, 40), (50, 39)))


class Palette(NamedTuple):
    """The colours of one variant."""

    left_leaf: str
    right_leaf: str
    gold: str
    band: str
    text: str


LIGHT = Palette("#1b8a3f", "#2eaf57", "#f2b01e", "#d18f00", "#14532d")
DARK = Palette("#34b765", "#5fd98a", "#ffc94a", "#e8a813", "#f3faf5")


def bezier(start: Point, first: Point, second: Point, end: Point) -> list[Point]:
    """Return points along one cubic curve."""
    points = []
    for step in range(CURVE_STEPS + 1):
        along = step / CURVE_STEPS
        back = 1 - along
        weights = (back**3, 3 * back**2 * along, 3 * back * along**2, along**3)
        knots = (start, first, second, end)
        points.append(
            (
                sum(weight * knot[0] for weight, knot in zip(weights, knots, strict=True)),
                sum(weight * knot[1] for weight, knot in zip(weights, knots, strict=True)),
            )
        )
    return points


class Canvas:
    """A transparent picture that takes the mark's units."""

    def __init__(self, width: float, height: float, unit: float) -> None:
        """Open an empty picture; ``unit`` is the size of one unit in oversampled pixels."""
        self.image = Image.new("RGBA", (round(width), round(height)), (0, 0, 0, 0))
        self._pen = ImageDraw.Draw(self.image)
        self._unit = unit

    def shape(self, points: list[Point], colour: str, roundness: float = 0) -> None:
        """Fill a polygon; a roundness softens its corners and grows it by that much."""
        scaled = [(x * self._unit, y * self._unit) for x, y in points]
        self._pen.polygon(scaled, fill=colour)
        if roundness:
            width = round(2 * roundness * self._unit)
            self._pen.line([*scaled, scaled[0], scaled[1]], fill=colour, width=width, joint="curve")

    def dot(self, centre: Point, radius: float, colour: str) -> None:
        """Fill a circle."""
        (x, y), unit = centre, self._unit
        self._pen.ellipse(
            ((x - radius) * unit, (y - radius) * unit, (x + radius) * unit, (y + radius) * unit), fill=colour
        )

    def text(self, words: str, left: float, middle: float, size: float, colour: str) -> float:
        """Write words in Pillow's own font and return where they end."""
        font = ImageFont.load_default(round(size * self._unit))
        place = (left * self._unit, middle * self._unit)
        weight = round(size * self._unit * 0.022)
        self._pen.text(place, words, font=font, fill=colour, anchor="lm", stroke_width=weight, stroke_fill=colour)
        return self._pen.textbbox(place, words, font=font, anchor="lm", stroke_width=weight)[2] / self._unit


def draw_mark(canvas: Canvas, colours: Palette) -> None:
    """Draw the crown, and the sprout that grows out of it."""
    canvas.shape(list(STEM), colours.left_leaf)
    canvas.shape(list(CROWN), colours.gold, roundness=2)
    for pearl in PEARLS:
        canvas.dot(pearl, 7, colours.gold)
    canvas.shape(list(BAND), colours.band, roundness=2)
    for leaf, colour in ((LEFT_LEAF, colours.left_leaf), (RIGHT_LEAF, colours.right_leaf)):
        canvas.shape([point for curve in leaf for point in bezier(*curve)], colour)


def icon(size: int, colours: Palette) -> Image.Image:
    """Return the square mark."""
    canvas = Canvas(size * OVERSAMPLING, size * OVERSAMPLING, size * OVERSAMPLING / 100)
    draw_mark(canvas, colours)
    return canvas.image.resize((size, size), Image.Resampling.BOX)


def logo(height: int, colours: Palette) -> Image.Image:
    """Return the mark with the name beside it, trimmed to what is drawn."""
    unit = height * OVERSAMPLING / 100
    canvas = Canvas(unit * 500, unit * 100, unit)
    draw_mark(canvas, colours)
    end = canvas.text("God-Kaiser", 112, 52, 62, colours.text)
    trimmed = canvas.image.crop((0, 0, round((end + 1) * unit), round(100 * unit)))
    return trimmed.resize((round(trimmed.width / OVERSAMPLING), height), Image.Resampling.BOX)


def main() -> None:
    """Write all eight pictures."""
    BRAND.mkdir(parents=True, exist_ok=True)
    for prefix, colours in (("", LIGHT), ("dark_", DARK)):
        for suffix, factor in (("", 1), ("@2x", 2)):
            icon(ICON * factor, colours).save(BRAND / f"{prefix}icon{suffix}.png", optimize=True)
            logo(LOGO_HEIGHT * factor, colours).save(BRAND / f"{prefix}logo{suffix}.png", optimize=True)


if __name__ == "__main__":
    main()
