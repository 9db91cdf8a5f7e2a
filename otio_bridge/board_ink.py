"""The ink of the board: colours and small shapes; every meaning has a shape besides its hue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageDraw

from otio_bridge.lettering import drawable, fitted, font, shortened

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, right and bottom excluded."""
Shape = Literal["disc", "cross", "ring"]

GROUND: Colour = (17, 19, 23)
PANEL: Colour = (27, 30, 36)
LINE: Colour = (48, 53, 62)
TEXT: Colour = (236, 238, 242)
FAINT: Colour = (146, 153, 166)
DARK: Colour = (12, 13, 16)
LIT: Colour = (255, 255, 255)
CONTACT: Colour = (183, 164, 255)
GAP: Colour = (232, 134, 74)
# Blue to orange through pale grey: told apart by every kind of colour vision, and by lightness.
HELD: Colour = (92, 188, 246)
UNSURE: Colour = (214, 212, 208)
FAILED: Colour = (240, 120, 54)
UNKNOWN: Colour = (104, 110, 122)


def held_colour(held: float | None) -> Colour:
    """Return the colour of a P(held), grey where there is none."""
    if held is None:
        return UNKNOWN
    end, share = (HELD, 2 * held - 1) if held >= 0.5 else (FAILED, 1 - 2 * held)
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(UNSURE, end, strict=True))
    return red, green, blue


@dataclass
class Ink:
    """A picture being drawn; all places in pixels from its top left."""

    image: Image.Image

    def __post_init__(self) -> None:
        self.draw = ImageDraw.Draw(self.image, "RGBA")

    def text(
        self,
        place: tuple[float, float],
        text: str,
        pixels: int,
        colour: Colour = TEXT,
        *,
        anchor: str = "lm",
        room: float | None = None,
    ) -> float:
        """Write one line, cut off where it passes the room, and return its length."""
        letters, line = font(pixels), drawable(text)
        if room is not None:
            line = shortened(line, letters, room)
        self.draw.text(place, line, colour, letters, anchor=anchor)
        return letters.getlength(line)

    def words(
        self, place: tuple[float, float], words: str, pixels: int, room: float, colour: Colour
    ) -> None:
        """Write words upwards from a place at the lower left, on two lines where needed."""
        lines = wrapped(words, pixels, room)
        for number, line in enumerate(reversed(lines)):
            letters = fitted(line, pixels, room)
            left, bottom = place[0], place[1] - number * pixels * 1.1
            self.draw.text(
                (left, bottom), line, colour, letters, "ls", stroke_width=2, stroke_fill=DARK
            )

    def panel(self, box: Box, colour: Colour = PANEL, radius: int = 6) -> None:
        """Fill a rounded box."""
        self.draw.rounded_rectangle(_inside(box), radius, fill=colour)

    def outline(self, box: Box, colour: Colour, width: int, radius: int = 8) -> None:
        """Draw the edge of a rounded box, with a dark edge around it to stand off any picture."""
        around = (box[0] - 2, box[1] - 2, box[2] + 2, box[3] + 2)
        self.draw.rounded_rectangle(_inside(around), radius + 2, outline=DARK, width=width + 4)
        self.draw.rounded_rectangle(_inside(box), radius, outline=colour, width=width)

    def shade(self, box: Box, strength: int = 205) -> None:
        """Darken a box towards its lower edge, so that letters can be read on a picture."""
        width, height = box[2] - box[0], box[3] - box[1]
        if width > 0 and height > 0:
            ramp = Image.linear_gradient("L").resize((width, height))
            mask = ramp.point([strength * level // 255 for level in range(256)])
            self.image.paste(DARK, box, mask)

    def hatch(self, box: Box, colour: Colour, *, step: int = 14, width: int = 3) -> None:
        """Draw diagonal lines inside a box."""
        wide, high = box[2] - box[0], box[3] - box[1]
        if wide <= 0 or high <= 0:
            return
        mask = Image.new("L", (wide, high))
        pen = ImageDraw.Draw(mask)
        # Counted from the picture's own edge, so that neighbouring boxes join without a break.
        for left in range(-high - (box[0] + box[1]) % step, wide + step, step):
            pen.line((left, high, left + high, 0), 255, width)
        self.image.paste(colour, box, mask)

    def shape(self, shape: Shape, centre: tuple[float, float], radius: float) -> None:
        """Draw the sign of a cell: a disc holds, a cross fails, a ring was not judged."""
        (x, y), r = centre, radius
        if shape == "disc":
            self.draw.ellipse((x - r, y - r, x + r, y + r), fill=DARK)
        elif shape == "ring":
            self.draw.ellipse((x - r, y - r, x + r, y + r), outline=DARK, width=3)
        else:
            self.draw.line((x - r, y - r, x + r, y + r), DARK, 4)
            self.draw.line((x - r, y + r, x + r, y - r), DARK, 4)

    def pill(self, place: tuple[int, int], text: str, colour: Colour, shape: Shape) -> int:
        """Draw a rounded label with a sign and a number, its lower left at the place.

        Returns:
            Its width.
        """
        letters, (left, bottom) = font(20), place
        width = round(letters.getlength(text)) + 42
        self.panel((left, bottom - 28, left + width, bottom), colour, 14)
        self.shape(shape, (left + 16, bottom - 14), 6)
        self.draw.text((left + 30, bottom - 14), text, DARK, letters, anchor="lm")
        return width

    def dot(self, place: tuple[int, int], colour: Colour, shape: Shape) -> int:
        """Draw a label too small for a number, its lower left at the place; return its width."""
        left, bottom = place
        self.panel((left, bottom - 28, left + 28, bottom), colour, 14)
        self.shape(shape, (left + 14, bottom - 14), 6)
        return 28

    def mark(self, place: tuple[int, int], held: bool) -> None:
        """Draw a person's verdict, a tick or a cross on white, its lower left at the place."""
        left, bottom = place
        self.panel((left, bottom - 28, left + 28, bottom), LIT, 8)
        x, y = left + 14, bottom - 14
        if held:
            self.draw.line((x - 8, y, x - 2, y + 6, x + 8, y - 7), DARK, 4, joint="curve")
        else:
            self.draw.line((x - 6, y - 6, x + 6, y + 6), DARK, 4)
            self.draw.line((x - 6, y + 6, x + 6, y - 6), DARK, 4)

    def path(self, points: Sequence[tuple[int, int]], colour: Colour, width: int) -> None:
        """Draw a line through points with a dark edge on both sides."""
        self.draw.line(points, DARK, width + 6, joint="curve")
        self.draw.line(points, colour, width, joint="curve")


def wrapped(words: str, pixels: int, room: float) -> list[str]:
    """Return the words on one line, or on two where one would pass the room."""
    parts = words.split()
    if font(pixels).getlength(words) <= room or len(parts) < 2:
        return [words]
    breaks = [(" ".join(parts[:n]), " ".join(parts[n:])) for n in range(1, len(parts))]
    return list(min(breaks, key=lambda lines: max(font(pixels).getlength(line) for line in lines)))


def _inside(box: Box) -> Box:
    return box[0], box[1], max(box[0], box[2] - 1), max(box[1], box[3] - 1)
