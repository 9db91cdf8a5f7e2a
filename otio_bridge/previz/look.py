"""The look of a performer: build, hair and clothes as plain data, derived from a name by hash."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
from pydantic import Field

from otio_bridge.model import Noun

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255, as painted (display values)."""

CLOTH: tuple[Colour, ...] = (
    (196, 52, 48), (38, 92, 176), (232, 176, 44), (42, 132, 86), (128, 68, 150), (226, 116, 42),
    (36, 148, 162), (214, 92, 138), (238, 232, 216), (58, 62, 74), (120, 160, 70), (140, 84, 52),
)  # fmt: skip
TROUSERS: tuple[Colour, ...] = (
    (48, 66, 104), (66, 62, 60), (150, 128, 96), (96, 40, 44), (74, 96, 72), (196, 190, 178),
)  # fmt: skip
SHOES: tuple[Colour, ...] = ((44, 38, 36), (226, 222, 214), (124, 74, 44), (164, 40, 44))
SKINS: tuple[Colour, ...] = (
    (238, 198, 172), (224, 176, 144), (204, 150, 116), (172, 118, 86), (138, 94, 70),
    (244, 210, 188),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = (
    (44, 32, 28), (92, 58, 36), (160, 112, 62), (206, 168, 104), (142, 62, 34), (28, 28, 34),
    (150, 150, 154),
)  # fmt: skip
PATTERNS = ("plain", "stripes", "checks", "dots", "band", "diagonal", "pinstripes", "star")
TOPS = ("tee", "shirt", "jacket", "hoodie", "sweater")
BOTTOMS = ("trousers", "jeans", "shorts", "skirt", "dress")
LONG_STYLES = ("long", "bun", "bob", "long")
SHORT_STYLES = ("short", "crop", "curly")
FEMALE_WORDS = frozenset(
    [
        "woman",
        "girl",
        "lady",
        "mother",
        "mom",
        "mum",
        "aunt",
        "queen",
        "princess",
        "sister",
        "she",
        "her",
        "wife",
        "bride",
        "nurse",
        "ms",
        "mrs",
        "miss",
        "waitress",
        "actress",
        "grandmother",
        "grandma",
        "heroine",
    ]
)
MALE_WORDS = frozenset(
    [
        "man",
        "boy",
        "guy",
        "father",
        "dad",
        "uncle",
        "king",
        "prince",
        "brother",
        "he",
        "him",
        "husband",
        "groom",
        "mr",
        "sir",
        "waiter",
        "actor",
        "grandfather",
        "grandpa",
        "hero",
    ]
)
CHILD_WORDS = frozenset(["child", "kid", "girl", "boy", "son", "daughter", "toddler"])
OLD_WORDS = frozenset(
    ["old", "elderly", "grandmother", "grandma", "grandfather", "grandpa", "elder"]
)
NEAR = 95.0
"""Distance in RGB below which two tops are too alike in one shot."""


class Look(Noun):
    """What a performer wears and is; everything needed to draw it."""

    build: dict[str, float]
    """Weights of the body's shapes."""
    skin: Colour
    hair: Colour
    hair_style: str
    """crop, short, curly, bob, long, bun or bald."""
    beard: bool = False
    top: str = "tee"
    top_colour: Colour
    accent: Colour
    pattern: str = "plain"
    bottom: str = "trousers"
    bottom_colour: Colour
    shoes: Colour
    prints: dict[str, str] = Field(default_factory=dict)
    """Picture patches for parts of the costume, as base64 PNG."""


def dice(*words: object) -> np.random.Generator:
    """Return a random generator that depends on the words alone."""
    digest = hashlib.sha256("|".join(str(word) for word in words).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def look_of(name: str, taken: Sequence[Look] = ()) -> Look:
    """Return the look that a name stands for.

    Args:
        name: The performer's name; words such as "girl" or "old man" are understood.
        taken: Looks of the others in the shot, from which the costume is kept apart.
    """
    roll = dice("look", name)
    female = _is_female(name, roll)
    colours = [CLOTH[index] for index in roll.permutation(len(CLOTH))]
    top_colour = next((colour for colour in colours if _gap(colour, taken) > NEAR), None)
    top_colour = top_colour or max(colours, key=lambda colour: _gap(colour, taken))
    accents = sorted(CLOTH, key=lambda colour: -_distance(colour, top_colour))
    patterns = [pattern for pattern in PATTERNS if pattern not in {look.pattern for look in taken}]
    bottom = str(roll.choice(BOTTOMS if female else BOTTOMS[:3], p=_bottom_odds(female)))
    used = {look.bottom_colour for look in taken}
    trousers = [
        colour for colour in TROUSERS if colour not in used and _distance(colour, top_colour) > 70
    ]
    hairs = [hair for hair in HAIRS if hair not in {look.hair for look in taken}]
    return Look(
        build=_build(name, female, roll),
        skin=SKINS[roll.integers(len(SKINS))],
        hair=hairs[roll.integers(len(hairs))],
        hair_style=str(roll.choice(LONG_STYLES if female else SHORT_STYLES)),
        beard=not female and bool(roll.random() < 0.35) and not CHILD_WORDS & _words(name),
        top="tee" if bottom == "dress" else str(roll.choice(TOPS)),
        top_colour=top_colour,
        accent=accents[roll.integers(3)],
        pattern=str(roll.choice(patterns)),
        bottom=bottom,
        bottom_colour=trousers[roll.integers(len(trousers))] if trousers else TROUSERS[0],
        shoes=SHOES[roll.integers(len(SHOES))],
    )  # fmt: skip


def _words(name: str) -> set[str]:
    return set(name.lower().replace("_", " ").replace("-", " ").split())


def _is_female(name: str, roll: np.random.Generator) -> bool:
    words = _words(name)
    chance = roll.random()
    if words & FEMALE_WORDS:
        return True
    if words & MALE_WORDS:
        return False
    ending = name.lower().rstrip("0123456789 ")[-1:]
    return bool(chance < {"a": 1.0, "e": 0.7, "i": 0.6, "y": 0.6}.get(ending, 0.1))


def _bottom_odds(female: bool) -> list[float]:
    return [0.28, 0.26, 0.1, 0.2, 0.16] if female else [0.45, 0.4, 0.15]


def _build(name: str, female: bool, roll: np.random.Generator) -> dict[str, float]:
    words = _words(name)
    child = 0.85 if words & CHILD_WORDS else 0.0
    heavy, tall = roll.uniform(-0.7, 0.6), roll.uniform(-0.10, 0.22)
    return {
        "woman": (1 - child) * (1.0 if female else 0.0),
        "man": (1 - child) * (0.0 if female else 1.0),
        "child": child,
        "old": 1.0 if words & OLD_WORDS else 0.0,
        "heavy": round(max(heavy, 0.0), 3),
        "slim": round(max(-heavy, 0.0), 3),
        "strong": 0.0 if female else round(float(roll.uniform(0, 0.6)), 3),
        "tall": 0.0 if child else round(float(tall), 3),
    }


def _distance(one: Colour, other: Colour) -> float:
    return float(np.linalg.norm(np.subtract(one, other)))


def _gap(colour: Colour, taken: Sequence[Look]) -> float:
    """Return how far a colour is from the nearest top in the shot."""
    return min((_distance(colour, look.top_colour) for look in taken), default=math.inf)
