"""Whose colour is it: histograms of every look, fitted to the light of the take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Image, Maps, Numbers
from otio_bridge.scoring.looks import contrast_of, described

BINS = (4, 16, 32, 32)
"""Bins of local contrast, L, a and b."""
CONTRAST_STEPS = (2.5, 6.0, 12.0)
LIGHT_BINS = (np.arange(256) * BINS[1] // 256 * BINS[2] * BINS[3]).astype(np.uint16)
COLOUR_BINS = np.clip((np.arange(256) - 64) * BINS[3] // 128, 0, BINS[3] - 1).astype(np.uint16)
LEVEL_BINS = np.searchsorted(CONTRAST_STEPS, np.arange(256) / 8, side="right").astype(np.uint16)
"""What every value of L, of a or b, and every eighth of contrast adds to a bin; see `bins_in`."""
GAINS = np.geomspace(0.65, 1.45, 7)
TINTS = (-10.0, 0.0, 10.0)
FITTED = 4
"""Of the pixels of a look, of which so many are one is tried under every light."""
THIN = 2
"""Every so many rows and columns of a frame are measured to fit the looks."""
SHEET_SHARE = 0.45
"""Weight of the sheet against the confident pixels of the take."""
FIGURE_PRIOR = 0.12
PROP_PRIOR = 0.02
FLOOR = 1e-7
ENOUGH = 100.0
"""Thinned pixels a frame that must be surely a character's before the take outweighs its sheet."""

Colours = Numbers


@dataclass(frozen=True)
class Palette:
    """Posterior of every owner in every colour bin."""

    shares: Numbers
    """Bins x (characters, prop)."""
    likeness: float
    """Largest overlap (Bhattacharyya, 0..1) of two characters' colours."""
    found: tuple[float, ...]
    """Per character: share of its sheet's colours that the take shows at all."""


def bins_of(pixels: Colours) -> NDArray[np.int32]:
    """Return the bin of each described pixel (last axis: L, a, b, contrast)."""
    light, a, b, contrast = (pixels[..., i] for i in range(4))
    return _of_light(light, contrast) + _of_colour(a) * BINS[3] + _of_colour(b)


def _of_light(light: Numbers, contrast: Numbers) -> NDArray[np.int32]:
    """Return what L and contrast add to a bin."""
    step = np.clip(light * (BINS[1] / 256.0), 0, BINS[1] - 1).astype(np.int32)
    level = np.zeros(step.shape, np.int32)
    for enough in CONTRAST_STEPS:
        level += contrast >= enough
    return (level * BINS[1] + step) * (BINS[2] * BINS[3])


def _of_colour(value: Numbers) -> NDArray[np.int32]:
    """Return the step of a or b: costumes live within 64 of grey, the rest is clipped."""
    return np.clip((value - 64.0) * (BINS[3] / 128.0), 0, BINS[3] - 1).astype(np.int32)


def bins_in(lab: Image, contrast: Numbers) -> NDArray[np.uint16]:
    """Return the bin of each pixel of a picture, as `bins_of` would, several times faster."""
    light, a, b = (np.asarray(plane, np.uint8) for plane in cv2.split(lab))
    # A level begins half a step early, where rounding takes it up.
    level = np.asarray(cv2.convertScaleAbs(contrast, alpha=8, beta=-0.5), np.uint8)
    levels = np.take(LEVEL_BINS * np.uint16(BINS[1] * BINS[2] * BINS[3]), level)
    rows = np.take(LIGHT_BINS, light) + np.take(COLOUR_BINS * np.uint16(BINS[3]), a)
    bins: NDArray[np.uint16] = levels + rows + np.take(COLOUR_BINS, b)
    return bins


def histogram(
    bins: NDArray[np.int32], smooth: float = 1.0, weights: Numbers | None = None
) -> Numbers:
    """Return the smoothed, normalised histogram over all bins."""
    counts = np.bincount(bins.ravel(), weights, minlength=int(np.prod(BINS))).astype(np.float32)
    cube = counts.reshape(BINS[0] * BINS[1], BINS[2] * BINS[3])
    planes = [cv2.GaussianBlur(p.reshape(BINS[2:]), (0, 0), smooth) for p in cube]
    stack = np.stack(planes).reshape(BINS[0], BINS[1], -1)
    for level in range(BINS[0]):
        stack[level] = cv2.GaussianBlur(stack[level], (1, 0), sigmaX=0.01, sigmaY=0.8 * smooth)
    mixed = cv2.blur(stack.reshape(BINS[0], -1), (1, 3))
    flat: Numbers = (mixed / max(float(mixed.sum()), 1e-9)).ravel() + FLOOR
    return flat


def relit(pixels: Colours, gain: float, tint: tuple[float, float]) -> Colours:
    """Return a look's pixels under another light."""
    changed = pixels.copy()
    changed[:, 0] = np.clip(pixels[:, 0] * gain, 0, 255)
    changed[:, 1:3] = _strengthened(pixels[:, 1:3], gain) + tint
    changed[:, 3] = pixels[:, 3] * gain
    return changed


def _strengthened(colours: Numbers, gain: float) -> Numbers:
    """Return a and b under more or less light: they do not grow as light does."""
    stronger: Numbers = 128.0 + (colours - 128.0) * min(gain, 1.15)
    return stronger


def fitted_light(pixels: Colours, take: Numbers) -> tuple[Colours, float]:
    """Return a look's pixels under the light that the take's histogram explains best.

    Also returns the share of the look's pixels whose colour the take shows.
    """
    support = np.log(take + 20 * FLOOR)
    few = pixels[::FITTED]
    best, chosen = -np.inf, (1.0, (0.0, 0.0))
    for gain in GAINS:
        # As `relit` and `bins_of` would have it, but every channel is told its steps once.
        light = _of_light(np.clip(few[:, 0] * gain, 0, 255), few[:, 3] * gain)
        colours = _strengthened(few[:, 1:3], gain)
        a, b = ([_of_colour(colours[:, i] + tint) for tint in TINTS] for i in (0, 1))
        for i, j in np.ndindex(len(TINTS), len(TINTS)):
            tint = TINTS[i], TINTS[j]
            cost = 0.6 * abs(np.log(gain)) + 0.012 * float(np.hypot(*tint))
            value = float(support[light + a[i] * BINS[3] + b[j]].mean()) - cost
            if value > best:
                best, chosen = value, (gain, tint)
    lit = relit(pixels, *chosen)
    return lit, float((take[bins_of(lit)] > 60 * FLOOR).mean())


def build_palette(
    characters: Sequence[Colours], prop: Colours | None, opening: Sequence[Image]
) -> Palette:
    """Fit all looks to the take.

    Args:
        characters: Sampled pixels of each character.
        prop: Sampled pixels of all props together, or None.
        opening: Frames of the first seconds at the analysis size.
    """
    views = [described(frame)[::THIN, ::THIN] for frame in opening]
    seen = [bins_of(view) for view in views]
    take = histogram(np.concatenate([bins.ravel() for bins in seen]))
    sheets, found = [], []
    for pixels in [*characters, *([prop] if prop is not None else [])]:
        lit, share = fitted_light(pixels, take)
        sheets.append(histogram(bins_of(lit), 1.3))
        found.append(share)
    models = list(sheets)
    priors = _priors(len(characters), prop is not None)
    ground = take.copy()
    table = _posterior(models, ground, priors)
    for _ in range(3):
        models, ground, priors = _adapted(sheets, seen, take, table, priors)
        table = _posterior(models, ground, priors)
    if prop is None:
        table = np.insert(table, len(characters), 0.0, axis=1)
    likeness = overlap_of(models[: len(characters)])
    return Palette(np.ascontiguousarray(table[:, :-1]), likeness, tuple(found[: len(characters)]))


def _priors(characters: int, prop: bool) -> Numbers:
    figures = [min(FIGURE_PRIOR, 0.5 / max(characters, 1))] * characters
    shares = figures + ([PROP_PRIOR] if prop else [])
    return np.array([*shares, 1.0 - sum(shares)], np.float32)


def _posterior(
    models: Sequence[Numbers],
    ground: Numbers,
    priors: Numbers,
) -> Numbers:
    joint = np.stack([*models, ground], axis=1) * priors
    posterior: Numbers = joint / joint.sum(axis=1, keepdims=True)
    return posterior


def _adapted(
    sheets: Sequence[Numbers],
    seen: Sequence[NDArray[np.int32]],
    take: Numbers,
    table: Numbers,
    priors: Numbers,
) -> tuple[list[Numbers], Numbers, Numbers]:
    """Return models moved towards the take's confident pixels, its ground and new priors."""
    bins = np.concatenate([b.ravel() for b in seen])
    shares = np.concatenate([cv2.blur(table[b], (5, 5)).reshape(-1, table.shape[1]) for b in seen])
    models = []
    for index, sheet in enumerate(sheets):
        sure = shares[:, index] ** 2
        known = float(sure.sum()) / (ENOUGH * len(seen))
        weight = (1 - SHEET_SHARE) * min(known, 1.0)
        models.append((1 - weight) * sheet + weight * histogram(bins, weights=sure))
    ground = histogram(bins, weights=shares[:, -1] ** 3)
    mass = 0.75 * priors + 0.25 * shares.mean(axis=0)
    return models, 0.9 * ground + 0.1 * take, (mass / mass.sum()).astype(np.float32)


def overlap_of(models: Sequence[Numbers]) -> float:
    """Return the largest overlap (Bhattacharyya, 0..1) of two histograms."""
    pairs = [
        float(np.sqrt(one * other).sum())
        for index, one in enumerate(models)
        for other in models[index + 1 :]
    ]
    return max(pairs, default=0.0)


def owned(frame: Image, palette: Palette, grid: tuple[int, int]) -> Maps:
    """Return rows x columns x layers: share of every character and the prop, L, a, b, contrast."""
    lab = cv2.cvtColor(frame, cv2.COLOR_BGR2Lab)
    contrast = contrast_of(lab[..., 0])
    shares = np.take(palette.shares, bins_in(lab, contrast), axis=0)
    layers = [
        cv2.resize(layer, grid[::-1], interpolation=cv2.INTER_AREA)
        for layer in (shares, lab.astype(np.float32), contrast)
    ]
    return np.dstack(layers)
