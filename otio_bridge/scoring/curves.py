"""From a glance to curves and heat: what a neighbourhood gains and loses, and how strongly.

A failure is a patch, of a hand or of a whole body. Changes are therefore averaged over patches of
three sizes, with their signs, before their strength is taken: what merely moved within a patch, or
was followed wrongly by a few pixels, cancels out, and what came or went does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.model import FAILURE_KINDS
from otio_bridge.scoring.arrays import Maps, Numbers
from otio_bridge.scoring.hindsight import Glance
from otio_bridge.scoring.viewing import Viewing
from otio_bridge.scoring.watching import LOOK, mixed, pooled

SIZES = (3, 7, 13)
"""Cells along the side of the patches that are looked at."""
STRIDES = (1, 2, 3)
"""Cells from one patch of a size to the next."""
MEMORIES = ("past", "future", "both", "last", "next")
"""What changes are against; both: past and future alike."""
CHANGES = ("colour", "figure_colour", "contrast", "traded", "lost", "gained", "prop")
CHANGED = tuple(f"{name}_{memory}" for memory in MEMORIES for name in CHANGES)
LEARNED = {
    "in 3": ("colour", "figure_colour", "traded", "lost", "gained", "prop"),
    "in 7": ("colour", "figure_colour", "contrast", "traded", "lost", "gained"),
    "in 13": ("colour", "figure_colour", "traded"),
    "mean": ("colour", "figure_colour", "contrast", "traded"),
    "strongest": ("figure_colour", "traded", "lost", "gained", "prop"),
}
"""Changes that are learned from: in patches of every size, and in single cells. Trees made hardly
any use of the others."""
KEPT = np.array(
    [[name.rpartition("_")[0] in kept for name in CHANGED] for kept in LEARNED.values()]
)
STRONGEST = 10
"""Single cells of which the mean is taken."""
COMB = 16
"""Cells, far from each other, that are looked at together to find the strongest."""
SIGNS = (
    "untrusted", "speed", "jerk", "mixed", "sureness", "island", "thin", "residual",
    "prop", "first", "second", "others",
)  # fmt: skip
"""What is odd in a cell without a memory, and whose it is; all after the second are others."""
SIGN_SIZES = (3, 13)
"""Cells along the side of the patches in which signs are looked for."""
CURVES = (
    *(
        f"{CHANGED[i]} {how}"
        for how, row in zip(LEARNED, KEPT, strict=True)
        for i in row.nonzero()[0]
    ),
    *(
        f"{sign} {how}"
        for how in ("mean", *(f"in {size}" for size in SIGN_SIZES))
        for sign in SIGNS
    ),
)
"""Names of the curves of a frame."""
SHOWS = {
    "limb_misattribution": (("both", "traded"), ("both", "gained"), ("both", "lost")),
    "texture_bleed": (("both", "traded"), ("past", "traded"), ("both", "figure_colour")),
    "prop_pass_through": (("both", "prop"), ("past", "prop"), ("both", "figure_colour")),
    "identity_swap": (("past", "traded"), ("future", "traded"), ("both", "traded")),
    "occlusion_pop": (("both", "lost"), ("last", "lost"), ("next", "lost")),
}
"""Changes in which each kind of failure leaves its place."""


@dataclass(frozen=True)
class Steps:
    """What a frame has in every cell beyond what its past and its future have there."""

    signed: Maps
    """(past, future, last, next) x planes x rows x columns."""
    shown: Maps
    """Share of any character; rows x columns."""
    layers: Maps
    """Both; rows x columns x layers, as pictures are averaged fastest."""


def steps_of(glance: Glance) -> Steps:
    """Return the steps of a frame."""
    sight = glance.sight
    then = (sight.past, glance.future, sight.last, glance.next)
    signed = np.stack([sight.cells - planes for planes in then])
    shown = sight.cells[: -LOOK - 1].sum(0)
    grid = shown.shape
    layers = np.empty((*grid, len(then) * len(sight.cells) + 1), np.float32)
    layers[..., :-1] = np.moveaxis(signed.reshape(-1, *grid), 0, 2)
    layers[..., -1] = shown
    return Steps(signed, shown, layers)


def curves_of(glance: Glance) -> tuple[Numbers, Maps]:
    """Return the CURVES of one frame, and its changes in patches of the first of SIZES."""
    steps = steps_of(glance)
    sizes = zip(SIZES, STRIDES, strict=True)
    changes = [changes_of(steps, size, stride) for size, stride in sizes]
    patched = [each.reshape(len(CHANGED), -1).max(axis=1) for each in changes]
    plain = np.sqrt(changes_of(steps, 1)).reshape(len(CHANGED), -1)
    # Roots bring faint changes, where failures begin, into the range of the strong.
    numbers = [*np.sqrt(patched), plain.mean(axis=1), strongest_of(plain)]
    signs = signs_of(glance)
    layers = np.ascontiguousarray(np.moveaxis(signs, 0, 2))
    odd = [signs.mean(axis=(1, 2)), *(_largest(layers, size) for size in SIGN_SIZES)]
    curves = np.concatenate([np.stack(numbers)[KEPT], *odd]).astype(np.float32)
    return curves, changes[0]


def strongest_of(rows: Maps) -> Numbers:
    """Return the mean of the STRONGEST numbers of every row; they lie in as many of its combs."""
    count, length = rows.shape
    combs = np.pad(rows, [(0, 0), (0, -length % COMB)]).reshape(count, COMB, -1)
    best = np.argpartition(combs.max(axis=1), -STRONGEST, axis=1)[:, None, -STRONGEST:]
    likely = np.take_along_axis(combs, best, axis=2).reshape(count, -1)
    mean: Numbers = np.partition(likely, -STRONGEST, axis=1)[:, -STRONGEST:].mean(axis=1)
    return mean


def _largest(layers: Maps, size: int) -> Numbers:
    patches = cv2.blur(layers, (size, size))
    largest: Numbers = patches.reshape(-1, layers.shape[2]).max(axis=0)
    return largest


def changes_of(steps: Steps, size: int, stride: int = 1) -> Maps:
    """Return memories x CHANGES x rows x columns: what patches of a size gained and lost, 0..1.5.

    Args:
        steps: The steps of the frame.
        size: Cells along the side of a patch.
        stride: Cells from one patch to the next.
    """
    if size == 1:
        signed, shown = steps.signed, steps.shown
    else:
        thinned = cv2.blur(steps.layers, (size, size))[::stride, ::stride]
        patches = np.ascontiguousarray(np.moveaxis(thinned, 2, 0))
        signed = patches[:-1].reshape(*steps.signed.shape[:2], *patches.shape[1:])
        shown = patches[-1]
    past, future, last, after = signed
    return _strengths(np.stack([past, future, _agreed(past, future), last, after]), shown)


def _agreed(one: Maps, other: Maps) -> Maps:
    """Return the smaller of two changes where both have the same sign, else 0."""
    smaller: Maps = np.minimum(np.maximum(one, 0), np.maximum(other, 0))
    return smaller + np.maximum(np.minimum(one, 0), np.minimum(other, 0))


def _strengths(steps: Maps, shown: Maps) -> Maps:
    """Return memories x CHANGES x rows x columns from signed steps, memories x planes x ..."""
    figures, prop, look = steps[:, : -LOOK - 1], steps[:, -LOOK - 1], np.abs(steps[:, -LOOK:])
    net, shifted = figures.sum(1), np.abs(figures).sum(1)
    strengths = np.empty((len(CHANGES), len(steps), *shown.shape), np.float32)
    colour, figure_colour, contrast, traded, lost, gained, moved = strengths
    np.minimum((look[:, 0] + look[:, 1] + look[:, 2]) * np.float32(1 / 80), 1.5, out=colour)
    np.multiply(colour, np.minimum(np.maximum(shown, shown - net), 1), out=figure_colour)
    np.minimum(look[:, 3] * np.float32(0.05), 1.0, out=contrast)
    np.multiply(shifted - np.abs(net), np.float32(0.5), out=traded)
    np.maximum(-net, 0, out=lost)
    np.maximum(net, 0, out=gained)
    np.abs(prop, out=moved)
    return np.moveaxis(strengths, 0, 1)


def signs_of(glance: Glance) -> Maps:
    """Return SIGNS x rows x columns."""
    sight = glance.sight
    figures, known = sight.cells[: -LOOK - 1], sight.cells[:-LOOK]
    wide = np.stack([cv2.blur(figure, (9, 9)) for figure in figures])
    island = (figures * np.maximum(wide.sum(0) - 2 * wide, 0.0)).max(0)
    opened = np.stack([cv2.morphologyEx(one, cv2.MORPH_OPEN, np.ones((3, 3))) for one in figures])
    step = np.abs(sight.cells[-LOOK:-1] - sight.last[-LOOK:-1]).sum(0) / 80.0
    shown = np.zeros((3, *figures.shape[1:]), np.float32)
    shown[: len(figures[:2])] = figures[:2]
    shown[2] = figures[2:].sum(0)
    return np.stack([
        *sight.odd, mixed(figures), np.maximum(known.max(0), 1.0 - known.sum(0)), island,
        (figures - opened).max(0), np.minimum(step, 1.5) * sight.odd[0], known[-1], *shown,
    ])  # fmt: skip


def heat_of(smallest: Maps) -> NDArray[np.float16]:
    """Return rows x columns x kinds, half as many as cells: how strongly each kind shows where.

    Args:
        smallest: The changes of a frame in patches of the first of SIZES.
    """
    changes = smallest[..., ::2, ::2]
    heat = [
        sum(changes[MEMORIES.index(memory), CHANGES.index(name)] for memory, name in SHOWS[kind])
        for kind in FAILURE_KINDS
    ]
    return np.stack(heat, axis=2).astype(np.float16)


def owners_of(glance: Glance) -> NDArray[np.float16]:
    """Return characters x rows x columns, half as many as cells: the share that is theirs."""
    return pooled(glance.sight.cells[: -LOOK - 1]).astype(np.float16)


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
