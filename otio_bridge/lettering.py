"""Letters on pictures: Pillow's bundled font, fitted to the room, and text it can draw."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from PIL import ImageFont

SMALLEST = 8
"""Pixels below which letters are not made smaller but cut off."""
BEYOND_ASCII = "·…›"
"""Signs outside ASCII that the font has."""
LIKENESS = str.maketrans({"–": "-", "—": "-", "×": "x", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l"})


@lru_cache(maxsize=64)
def font(pixels: int) -> ImageFont.FreeTypeFont:
    """Return the bundled font at that height in pixels."""
    found = ImageFont.load_default(pixels)
    if not isinstance(found, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType, so letters cannot be scaled")
    return found


def drawable(text: str) -> str:
    """Return text in letters that the font has: accents dropped, other scripts as question marks.

    >>> drawable("Zoë – 4×")
    'Zoe - 4x'
    """
    plain = unicodedata.normalize("NFKD", text.translate(LIKENESS))
    kept = (sign for sign in plain if not unicodedata.combining(sign))
    return "".join(sign if " " <= sign <= "~" or sign in BEYOND_ASCII else "?" for sign in kept)


def fitted(text: str, pixels: int, room: float) -> ImageFont.FreeTypeFont:
    """Return the font at that height, smaller where the text would be wider than the room."""
    wide = font(pixels).getlength(text)
    return font(pixels if wide <= room else max(SMALLEST, int(pixels * room / wide)))


def shortened(text: str, letters: ImageFont.FreeTypeFont, room: float) -> str:
    """Return the text, cut off with an ellipsis where it would be wider than the room."""
    if letters.getlength(text) <= room:
        return text
    while text and letters.getlength(text + "…") > room:
        text = text[:-1]
    return text.rstrip() + "…"
