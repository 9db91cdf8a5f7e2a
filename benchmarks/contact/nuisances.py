"""What every take has and no judge may be fooled by: camera, light, blur, grain, clutter."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from contact.cast import Image


@dataclass(frozen=True)
class Nuisances:
    """Per-frame disturbances of one clip; drawn once, the same with and without the failures."""

    camera: NDArray[np.float64]
    """Per frame: x, y in frame pixels, zoom, angle."""
    gain: NDArray[np.float64]
    """Per frame and channel, multiplicative."""
    flash: NDArray[np.float64]
    blur: NDArray[np.float64]
    """Length of the motion blur in pixels per frame, along x."""
    grain: float
    wobble: float
    pole: NDArray[np.float64] | None
    """Per frame, x of the pole's left edge in pixels."""
    seed: int


def draw_nuisances(
    frames: int, rate: float, size: tuple[int, int], rng: np.random.Generator
) -> Nuisances:
    """Draw the disturbances of one clip of that many frames and that frame size."""
    time = np.arange(frames) / rate
    width, height = size
    camera = np.zeros((frames, 4))
    camera[:, 0] = _drift(time, rng, 0.04 * width) * (rng.random() < 0.6)
    camera[:, 1] = _drift(time, rng, 0.025 * height) * (rng.random() < 0.5)
    camera[:, 2] = 1.0 + _drift(time, rng, 0.06) * (rng.random() < 0.5)
    camera[:, 3] = _drift(time, rng, 1.5) * (rng.random() < 0.3)
    if rng.random() < 0.4:
        shake = rng.normal(0, rng.uniform(0.3, 1.3), (frames, 2))
        camera[:, :2] += shake
    blur = np.zeros(frames)
    if rng.random() < 0.12:
        at = rng.uniform(0.15, 0.85) * time[-1]
        swing = np.exp(-(((time - at) / 0.14) ** 2))
        camera[:, 0] += swing * width * rng.uniform(0.06, 0.14) * rng.choice([-1, 1])
        blur = np.abs(np.gradient(camera[:, 0]))
    return Nuisances(
        camera,
        _gains(time, rng),
        _flash(time, rng),
        blur,
        rng.uniform(2, 9) if rng.random() < 0.5 else 0.0,
        rng.uniform(0.4, 2.0) if rng.random() < 0.5 else 0.0,
        _pole(time, width, rng) if rng.random() < 0.18 else None,
        int(rng.integers(1 << 30)),
    )


def _drift(time: NDArray[np.float64], rng: np.random.Generator, size: float) -> NDArray[np.float64]:
    speed, phase = rng.uniform(0.3, 1.6), rng.uniform(0, 6.28)
    return size * rng.uniform(0.3, 1.0) * np.sin(speed * time + phase)


def _gains(time: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    gain = np.ones((len(time), 3)) * rng.uniform(0.75, 1.2) * (1 + rng.normal(0, 0.04, 3))
    if rng.random() < 0.45:
        gain *= (1 + _drift(time, rng, 0.2))[:, None]
    if rng.random() < 0.3:
        gain *= 1 + _drift(time, rng, 1.0)[:, None] * rng.normal(0, 0.06, 3)
    return gain


def _flash(time: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    if rng.random() > 0.1:
        return np.zeros(len(time))
    at = rng.uniform(0.1, 0.9) * time[-1]
    return rng.uniform(30, 110) * np.exp(-np.abs(time - at) / 0.06)


def _pole(time: NDArray[np.float64], width: int, rng: np.random.Generator) -> NDArray[np.float64]:
    start, speed = rng.uniform(-0.4, 1.2) * width, rng.uniform(0.15, 0.7) * width
    return start + rng.choice([-1, 1]) * speed * time


def disturbed(picture: Image, frame: int, size: tuple[int, int], nuisances: Nuisances) -> Image:
    """Return the canvas as the camera shows it in one frame, without grain."""
    x, y, zoom, angle = nuisances.camera[frame]
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, zoom)
    matrix[:, 2] += (size[0] / 2 - width / 2 + x, size[1] / 2 - height / 2 + y)
    seen = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REFLECT)
    if nuisances.pole is not None:
        left = int(nuisances.pole[frame])
        right = left + size[0] // 11
        if right > 0 and left < size[0]:
            tone = np.random.default_rng(nuisances.seed).integers(20, 160, 3)
            seen[:, max(left, 0) : right] = tone
    if nuisances.wobble:
        seen = _wobbled(seen, frame, nuisances)
    if nuisances.blur[frame] > 1.5:
        seen = cv2.blur(seen, (int(nuisances.blur[frame]) | 1, 1))
    lit = seen * nuisances.gain[frame].astype(np.float32) + np.float32(nuisances.flash[frame])
    return np.clip(lit, 0, 255).astype(np.uint8)


def _wobbled(picture: Image, frame: int, nuisances: Nuisances) -> Image:
    """Return the picture bent by a slow random field, as generated footage breathes."""
    height, width = picture.shape[:2]
    rng = np.random.default_rng(nuisances.seed)
    waves = rng.normal(0, 1, (4, 4, 5)).astype(np.float32)
    turn = frame * 0.12
    field = waves[:2] * np.float32(np.sin(turn)) + waves[2:] * np.float32(np.cos(turn * 0.73))
    shift = [cv2.resize(f, (width, height), interpolation=cv2.INTER_CUBIC) for f in field]
    grid_y, grid_x = np.mgrid[0:height, 0:width].astype(np.float32)
    amount = np.float32(nuisances.wobble)
    bent_x, bent_y = grid_x + amount * shift[0], grid_y + amount * shift[1]
    return cv2.remap(picture, bent_x, bent_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def grained(picture: Image, frame: int, nuisances: Nuisances) -> Image:
    """Return the picture with the film grain of that frame."""
    if not nuisances.grain:
        return picture
    rng = np.random.default_rng((nuisances.seed, frame))
    noise = rng.normal(0, nuisances.grain, picture.shape[:2]).astype(np.float32)
    return np.clip(picture + noise[..., None], 0, 255).astype(np.uint8)


def draw_background(
    size: tuple[int, int], costume: NDArray[np.float64] | None, rng: np.random.Generator
) -> Image:
    """Draw a set: soft gradient, furniture, texture; with clutter of a costume's BGR colour."""
    width, height = size
    corners = rng.uniform(20, 220, (2, 3, 3)).astype(np.float32) * 0.6 + rng.uniform(10, 90)
    ground = cv2.resize(corners, size, interpolation=cv2.INTER_CUBIC)
    for index in range(int(rng.integers(4, 16))):
        colour = rng.uniform(0, 255, 3) * 0.5 + rng.uniform(0, 120)
        if costume is not None and index < 3:
            colour = costume + rng.normal(0, 8, 3)
        low = rng.uniform(0, 1, 2) * size
        high = low + rng.uniform(0.04, 0.3, 2) * size
        cv2.rectangle(
            ground, (int(low[0]), int(low[1])), (int(high[0]), int(high[1])),
            tuple(float(c) for c in colour), -1,
        )  # fmt: skip
    fine = rng.normal(0, rng.uniform(1, 10), (height // 3, width // 3)).astype(np.float32)
    ground += cv2.resize(fine, size)[..., None]
    return np.clip(cv2.GaussianBlur(ground, (0, 0), rng.uniform(0.5, 3)), 0, 255).astype(np.uint8)
