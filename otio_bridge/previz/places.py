"""Places by words: rooms, kitchens, offices, streets, forests, beaches, stages, by day or night."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from otio_bridge.previz.geometry import Array, unit, vector
from otio_bridge.previz.lighting import Light
from otio_bridge.previz.look import dice
from otio_bridge.previz.outdoors import beach, forest, park, snow, street
from otio_bridge.previz.rooms import kitchen, library, office, room, stage
from otio_bridge.previz.scenery import Random, floor_flat, lamplight, standing, sunlight
from otio_bridge.previz.sets import Flat, Place

PLACE_KEY = "otio_bridge_place"
"""PNG text field of a still drawn by us: the location's name."""


BACKDROP = 4.4
"""Height of a user's picture in the set, metres."""


def place_of(name: str | None, picture: Path | None = None) -> Place:
    """Return the set that a location's name or picture stands for.

    Args:
        name: Such as "kitchen" or "street at night"; None for a plain room.
        picture: A still of the place, which becomes the backdrop.
    """
    if picture is not None:
        with Image.open(picture) as still:
            drawn = still.info.get(PLACE_KEY)
            pixels = np.asarray(still.convert("RGB"))
        if not isinstance(drawn, str):
            return _backdrop(pixels)
        name = drawn
    words = set((name or "").lower().replace("_", " ").replace("-", " ").split())
    make = next((maker for known, maker in LIBRARY if known & words), room)
    roll = dice("place", (name or "").lower())
    place = make(roll, words)
    if words & {"night", "midnight", "dark", "moonlight"}:
        return _by_night(place)
    if words & {"sunset", "dusk", "dawn", "evening", "sunrise", "golden"}:
        return Place(place.flats, sunlight(1.0, 0.35), place.sky, place.front, (1.10, 0.95, 0.78))
    return place


def _by_night(place: Place) -> Place:
    light = Light(
        key=unit(vector(0.6, 0.8, 0.7)), key_colour=np.array([0.62, 0.62, 0.66]),
        sky_colour=np.array([0.40, 0.47, 0.64]), ground_colour=np.array([0.32, 0.31, 0.36]),
        rim_colour=np.array([0.55, 0.50, 0.38]), shadow=0.5,
    )  # fmt: skip
    flats = tuple(
        Flat(_night_picture(flat.picture), flat.origin, flat.along, flat.down)
        for flat in place.flats
    )
    return Place(flats, light, (16, 22, 40), (), (0.94, 0.98, 1.10))


def _night_picture(picture: Array) -> Array:
    """Return a picture in moonlight; what is bright and warm stays lit."""
    colours = picture[:, :, :3].astype(np.float32)
    warm = np.clip((colours[:, :, 0] - colours[:, :, 2] - 60) / 50, 0, 1)
    lit = (warm * (colours.mean(2) > 185))[..., None]
    dark = colours * np.array([0.33, 0.39, 0.54])
    mixed = np.clip(dark + (colours - dark) * lit, 0, 255).astype(np.uint8)
    return np.dstack([mixed, picture[:, :, 3]]) if picture.shape[2] == 4 else mixed


def _backdrop(pixels: Array) -> Place:
    """Return a set whose backdrop is the user's picture and whose floor continues its colours.

    The picture stands mirrored on both sides of itself, so that narrow ones fill the frame too.
    """
    high, wide = pixels.shape[:2]
    still = cv2.resize(pixels, (round(540 * wide / high), 540), interpolation=cv2.INTER_AREA)
    foot = cv2.GaussianBlur(still[-80:], (0, 0), 3)
    floor = np.concatenate([foot[::-1], foot, foot[::-1]])
    row = np.concatenate([still[:, ::-1], still, still[:, ::-1]], axis=1)
    across = 3 * BACKDROP * wide / high
    flats = (
        floor_flat(cv2.resize(floor, (900, 600)).astype(np.float32), -4.0),
        standing(cv2.GaussianBlur(row, (0, 0), 1.0), 0, -4.0, across, BACKDROP, -0.2),
    )
    red, green, blue = (int(value) for value in pixels.reshape(-1, 3).mean(0))
    return Place(flats, lamplight(), (red, green, blue))


LIBRARY: tuple[tuple[frozenset[str], Callable[[Random, set[str]], Place]], ...] = (
    (
        frozenset({"kitchen", "bakery", "bathroom", "laundry", "hospital", "lab", "laboratory"}),
        kitchen,
    ),
    (
        frozenset({"street", "city", "alley", "road", "town", "market", "square", "sidewalk"}),
        street,
    ),
    (frozenset({"forest", "wood", "woods", "jungle"}), forest),
    (frozenset({"park", "garden", "meadow", "field", "yard", "farm", "lawn", "playground"}), park),
    (frozenset({"beach", "sea", "coast", "shore", "ocean", "harbour", "lake"}), beach),
    (
        frozenset({"office", "meeting", "studio", "school", "classroom", "airport", "station"}),
        office,
    ),
    (frozenset({"library", "bookshop", "study", "archive"}), library),
    (frozenset({"stage", "theatre", "theater", "concert", "circus", "opera"}), stage),
    (
        frozenset({"snow", "mountain", "mountains", "desert", "canyon", "dune", "ice", "moon"}),
        snow,
    ),
)
