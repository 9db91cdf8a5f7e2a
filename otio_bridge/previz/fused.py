"""A fused reference without a model: the contact as one still, after a sketch and the sheets.

Two ways: `posed_still` poses the bodies of the looks in the named contact and frames them as the
sketch does; `layered_still` cuts the figures out of the sheets and lays them over each other where
the sketch has them. Both obey an occlusion order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from otio_bridge.files import replacing
from otio_bridge.model import Performer, Request
from otio_bridge.previz.actors import acted
from otio_bridge.previz.camera import Camera
from otio_bridge.previz.choreography import posed
from otio_bridge.previz.cutout import Cutout, cut_out
from otio_bridge.previz.geometry import Array
from otio_bridge.previz.mesh import Mesh
from otio_bridge.previz.moment import moment_at
from otio_bridge.previz.picture import pictured
from otio_bridge.previz.portrait import LOOK_KEY
from otio_bridge.previz.sets import drawn_set, with_front
from otio_bridge.previz.sheet import ANGLES, STILL
from otio_bridge.previz.stage import Stage, camera_at, light_at, staged

FRONT = 0.25
"""Metres by which somebody who must be in front is drawn nearer."""
STRETCH = (0.75, 1.35)
"""How far a figure may be made slimmer or wider than on its sheet to fill its place."""
FEET = 0.86
"""Share of a figure's height below which a shadow may lie on the paper."""
SHADOW_COLOUR = 26
"""Saturation, 0..255, below which a pixel there is shadow."""
FEATHER = 1.2
"""Pixels over which a cut-out fades into what lies behind it."""


@dataclass(frozen=True)
class Place:
    """Where one character is on the sketch."""

    name: str
    mask: Array
    """(height, width) bool, of the sketch."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 as shares of width and height."""
        rows, columns = np.flatnonzero(self.mask.any(1)), np.flatnonzero(self.mask.any(0))
        height, width = self.mask.shape
        return (
            float(columns[0] / width),
            float(rows[0] / height),
            float((columns[-1] + 1) / width),
            float((rows[-1] + 1) / height),
        )

    @property
    def middle(self) -> float:
        """Middle across, as a share of the width."""
        x0, _, x1, _ = self.box
        return (x0 + x1) / 2


def posed_still(
    request: Request, files: Mapping[str, Path], places: Sequence[Place], front: Sequence[str]
) -> Array:
    """Return the middle of the contact, (720, 1280, 3) uint8, framed as the sketch frames it.

    Args:
        request: The shot; its references name the pictures.
        files: Local path of every picture that the request names.
        places: The characters on the sketch.
        front: Characters from the nearest to the farthest.
    """
    sided = _sided(request, places)
    stage = replace(staged(sided, files), size=STILL)
    moment = moment_at(sided, stage.variation, _middle_of_contact(sided))
    meshes = acted(stage, posed(stage.cast, moment))
    ordered = [_nearer(mesh, index, stage, front) for index, mesh in enumerate(meshes)]
    camera = _framed(camera_at(stage, moment), meshes[: len(stage.bodies)], places)
    ground = drawn_set(stage.place, camera)
    drawn = pictured(ordered, stage.textures, light_at(stage, moment), camera, ground)
    return _levels(with_front(drawn, stage.place, camera))


def layered_still(
    request: Request,
    files: Mapping[str, Path],
    places: Sequence[Place],
    front: Sequence[str],
    view: int = 1,
) -> Array:
    """Return the figures of the sheets where the sketch has them, (720, 1280, 3) uint8.

    Args:
        request: The shot; its references name the pictures.
        files: Local path of every picture that the request names.
        places: The characters on the sketch.
        front: Characters from the nearest to the farthest.
        view: Which view of a sheet, 0 the front; others as far as there are.
    """
    stage = replace(staged(request, files), size=STILL)
    camera = camera_at(stage, moment_at(request, stage.variation, _middle_of_contact(request)))
    canvas = _levels(drawn_set(stage.place, camera)).astype(np.float32)
    behind_first = sorted(places, key=lambda place: -_rank(place.name, front, places))
    for place in behind_first:
        figure = _view_of(request, files, place.name, view)
        if figure is not None:
            _lay(canvas, figure, place, mirrored=_looks_left(place, places) and view > 0)
    return np.asarray(canvas + 0.5, np.uint8)


def _sided(request: Request, places: Sequence[Place]) -> Request:
    """Return a request whose characters stand from left to right as on the sketch."""
    ordered = [place.name for place in sorted(places, key=lambda place: place.middle)]
    names = ("left", "center", "right") if len(ordered) > 2 else ("left", "right")
    sides = dict(zip(ordered, names, strict=False))
    people = tuple(
        Performer.model_validate({"name": one.name, "side": sides.get(one.name, one.side)})
        for one in request.performers
    )
    return request.model_copy(update={"performers": people})


def _middle_of_contact(request: Request) -> float:
    spans = request.contact or ((0, request.slot_frames),)
    return (spans[0][0] + spans[-1][1]) / 2 - request.slot_start


def _nearer(mesh: Mesh, index: int, stage: Stage, front: Sequence[str]) -> Mesh:
    """Return a figure drawn nearer than it stands, by its place in the occlusion order."""
    if index >= len(stage.bodies) or len(front) < 2:
        return mesh
    owner = stage.order.index(index)
    name = stage.request.performers[owner].name
    if name not in front:
        return mesh
    return replace(mesh, nearer=mesh.nearer + FRONT * (len(front) - 1 - list(front).index(name)))


def _framed(camera: Camera, meshes: Sequence[Mesh], places: Sequence[Place]) -> Camera:
    """Return a camera that shows the figures where the sketch has them, as far as one can."""
    seen = np.concatenate([camera.seen(mesh.points) for mesh in meshes])
    width, height = camera.size
    shown = np.array([*seen[:, :2].min(0), *seen[:, :2].max(0)])
    boxes = np.array([place.box for place in places])
    wanted = np.array([*boxes[:, :2].min(0), *boxes[:, 2:].max(0)]) * [*camera.size, *camera.size]
    zoom = float(np.clip((wanted[3] - wanted[1]) / max(shown[3] - shown[1], 1), 0.6, 1.5))
    centre = np.array([width / 2, height / 2])
    middle = centre + ((shown[:2] + shown[2:]) / 2 - centre) * zoom
    across, down = ((wanted[:2] + wanted[2:]) / 2 - middle) / (camera.focal * zoom)
    distance = float(np.linalg.norm(camera.target - camera.place))
    right, below, _ = camera.axes
    moved = -(across * right + down * below) * distance
    return replace(
        camera, place=camera.place + moved, target=camera.target + moved, focal=camera.focal * zoom
    )


def _view_of(request: Request, files: Mapping[str, Path], name: str, view: int) -> Cutout | None:
    """Return one view of a character's sheet, cut out."""
    for look in request.references:
        if look.role == "character" and look.name == name and look.images:
            pictures = [files[image] for image in look.images if image in files]
            views = pictures[1:] or pictures[:1]
            with Image.open(views[min(view, len(views) - 1)]) as picture:
                whole = len(views) == 1 and LOOK_KEY in picture.info
                return _without_shadow(cut_out(_cell(picture, view) if whole else picture.copy()))
    return None


def _without_shadow(figure: Cutout) -> Cutout:
    """Return a figure without the grey shadow that it throws on the paper at its feet."""
    hsv = cv2.cvtColor(figure.picture, cv2.COLOR_RGB2HSV)
    grey = (hsv[..., 1] < SHADOW_COLOUR) & (hsv[..., 2] > 90) & (hsv[..., 2] < 222)
    grey[: round(FEET * len(grey))] = False
    opened = cv2.morphologyEx(grey.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return Cutout(figure.picture, figure.mask & (opened == 0))


def _cell(sheet: Image.Image, view: int) -> Image.Image:
    width = sheet.width // len(ANGLES)
    at = min(view, len(ANGLES) - 1)
    return sheet.crop((at * width, 0, (at + 1) * width, sheet.height))


def _looks_left(place: Place, places: Sequence[Place]) -> bool:
    """Say whether a figure stands right of the middle, and so turns to the left."""
    return place.middle > sum(one.middle for one in places) / len(places)


def _rank(name: str, front: Sequence[str], places: Sequence[Place]) -> int:
    """Return 0 for the nearest; those not named follow by how low they stand on the sketch."""
    if name in front:
        return list(front).index(name)
    lower = sorted(places, key=lambda place: -place.box[3])
    return len(front) + [place.name for place in lower].index(name)


def _lay(canvas: Array, figure: Cutout, place: Place, *, mirrored: bool) -> None:
    """Paint a figure onto a canvas so that it fills its place on the sketch."""
    high, wide = canvas.shape[:2]
    matrix = _fit(figure, place, (wide, high), mirrored=mirrored)
    picture = cv2.warpAffine(
        figure.picture, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    opacity = cv2.warpAffine(figure.mask.astype(np.float32), matrix, (wide, high))
    opacity = cv2.GaussianBlur(opacity, (0, 0), FEATHER)[..., None]
    shade = cv2.GaussianBlur(opacity[..., 0], (0, 0), wide / 90)[..., None]
    canvas *= 1 - 0.35 * np.clip(shade - opacity, 0, 1)
    canvas += (picture.astype(np.float32) - canvas) * opacity


def _fit(figure: Cutout, place: Place, size: tuple[int, int], *, mirrored: bool) -> Array:
    """Return the affine map from a cut-out to its place: as long, as wide, leaning as it does."""
    length, breadth, centre, lean = _axes(place.mask, size)
    high, wide = figure.mask.shape
    tall = length / high
    across = float(np.clip(breadth / wide, STRETCH[0] * tall, STRETCH[1] * tall))
    flip = -1.0 if mirrored else 1.0
    cos, sin = np.cos(lean), np.sin(lean)
    turn = np.array([[cos, -sin], [sin, cos]]) @ np.diag([flip * across, tall])
    moved = centre - turn @ np.array([wide / 2, high / 2])
    return np.column_stack([turn, moved])


def _axes(mask: Array, size: tuple[int, int]) -> tuple[float, float, Array, float]:
    """Return length, breadth, centre and lean of a region, in pixels of the still and radians."""
    scale = np.array([size[0] / mask.shape[1], size[1] / mask.shape[0]])
    rows, columns = np.nonzero(mask)
    points = np.column_stack([columns, rows]) * scale
    middle = points.mean(0)
    _, axes = np.linalg.eigh(np.cov((points - middle).T))
    main = axes[:, 1] * np.sign(axes[1, 1] or 1.0)
    along, aside = (points - middle) @ main, (points - middle) @ np.array([main[1], -main[0]])
    low, high = np.percentile(along, (1, 99))
    left, right = np.percentile(aside, (2, 98))
    centre = middle + main * (low + high) / 2 + np.array([main[1], -main[0]]) * (left + right) / 2
    lean = float(np.arctan2(-main[0], main[1]))
    return float(high - low), float(right - left), centre, lean


def _levels(picture: Array) -> Array:
    return np.asarray(np.clip(picture * 255 + 0.5, 0, 255), np.uint8)


def draw_fused(
    request: Request,
    files: Mapping[str, Path],
    regions: Mapping[str, Array],
    front: Sequence[str],
    into: Sequence[Path],
) -> int:
    """Write candidates: the posed contact, then layers from each view of the sheets, then variants.

    Args:
        request: The shot; its references name the pictures.
        files: Local path of every picture that the request names.
        regions: Where each character is on the sketch, (height, width) bool.
        front: Characters from the nearest to the farthest.
        into: PNG paths, one a candidate.

    Returns:
        How many were written.
    """
    places = [Place(name, mask) for name, mask in regions.items()]
    still = _still(request)
    for number, path in enumerate(into):
        way = number % 3
        if way == 0:
            varied = still.model_copy(update={"seed": still.seed + number})
            picture = posed_still(varied, files, places, front)
        else:
            picture = layered_still(still, files, places, front, view=way + number // 3)
        with replacing(path) as partial:
            Image.fromarray(picture).save(partial, format="PNG")
    return len(into)


def _still(request: Request) -> Request:
    """Return a request whose slot is one second of contact, for a still of its middle."""
    second = max(1, round(Fraction(request.rate)))
    slot = {"frames": second, "slot_frames": second, "slot_start": 0, "contact": ((0, second),)}
    return request.model_copy(update=slot)
