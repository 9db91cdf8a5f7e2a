"""From a glance to curves and heat: how strong each sign is in a frame, and where each kind shows.

A failure is a patch, of a hand or of a whole body. Signs are therefore blurred at three sizes
before the strongest place is taken, so that a patch of that size stands out from grain.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.model import FAILURE_KINDS
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.hindsight import CHANNELS, Glance
from otio_bridge.scoring.viewing import Viewing

SIZES = (3, 7, 13)
"""Cells along the side of the patches that are looked for."""
STRONGEST = 10
"""Single cells of which the mean is taken besides."""
SHOWS = {
    "limb_misattribution": ("owner_both", "appeared_both", "vanished_both", "island"),
    "texture_bleed": ("owner_slow", "owner_later", "colour_both"),
    "prop_pass_through": ("prop_slow", "prop_later", "prop_both", "colour_both"),
    "identity_swap": ("owner_slow", "owner_later", "turned"),
    "occlusion_pop": ("vanished_both", "appeared_both", "vanished_quick", "appeared_quick"),
}
"""Channels in which each kind of failure leaves its place."""


def curves_of(glance: Glance) -> Numbers:
    """Return the curves of one frame: every channel at its strongest, and its mean."""
    # Roots bring faint signs, where failures begin, into the range of the strong.
    signs = np.sqrt(np.maximum(glance.cells.astype(np.float32), 0.0))
    return strengths_of(signs)


def strengths_of(signs: Numbers) -> Numbers:
    """Return (len(SIZES) + 2) numbers a channel.

    Args:
        signs: Channels x rows x columns.
    """
    count = len(signs)
    picture = np.ascontiguousarray(np.moveaxis(signs, 0, 2))
    parts = [cv2.blur(picture, (size, size)).reshape(-1, count).max(axis=0) for size in SIZES]
    flat = signs.reshape(count, -1)
    strongest = np.partition(flat, -STRONGEST, axis=1)[:, -STRONGEST:].mean(axis=1)
    numbers: Numbers = np.concatenate([*parts, flat.mean(axis=1), strongest]).astype(np.float32)
    return numbers


def heat_of(glance: Glance) -> NDArray[np.float16]:
    """Return rows x columns x kinds: how strongly each kind of failure shows where."""
    heat = np.stack(
        [
            sum(glance.cells[CHANNELS.index(name)].astype(np.float32) for name in SHOWS[kind])
            for kind in FAILURE_KINDS
        ],
        axis=2,
    )
    rows, columns = heat.shape[:2]
    coarse = cv2.resize(heat, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    return coarse.astype(np.float16)


def take_curves(viewing: Viewing) -> Numbers:
    """Return frames x curves: whole-frame numbers, and extremes of the characters' shapes."""
    each = viewing.each
    if each.shape[1] == 0:
        none = np.zeros((len(each), 2 * each.shape[2]), np.float32)
        return np.concatenate([viewing.whole, none], axis=1)
    usual = np.median(each[:, :, :1], axis=0, keepdims=True) + 0.01
    shape = each.copy()
    shape[..., (0, 1, 3)] = each[..., (0, 1, 3)] / usual
    return np.concatenate([viewing.whole, shape.max(1), shape.min(1)], axis=1)


def constants_of(viewing: Viewing) -> Numbers:
    """Return what holds for the whole take: likeness, whether there is a prop, characters."""
    return np.array([viewing.likeness, viewing.has_prop, viewing.each.shape[1]], np.float32)
