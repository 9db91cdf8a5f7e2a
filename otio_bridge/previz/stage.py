"""Everything a shot needs, gathered once: looks, bodies, textures, set, prop and camera path."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from otio_bridge.model import Performer, Request
from otio_bridge.previz.body import Body, anatomy
from otio_bridge.previz.camera import Camera
from otio_bridge.previz.choreography import Cast
from otio_bridge.previz.costume import dressed, painted
from otio_bridge.previz.geometry import Array, eased, turned, vector
from otio_bridge.previz.lighting import Light
from otio_bridge.previz.look import Look, dice, look_of
from otio_bridge.previz.moment import Moment, Variation, variation_of
from otio_bridge.previz.places import place_of
from otio_bridge.previz.portrait import look_from_picture
from otio_bridge.previz.props import Prop, prop_of
from otio_bridge.previz.sets import Place

WIDEST = 960
"""Pixels; larger requests are drawn at this width and enlarged."""
OVERSAMPLING = 1.3
ROOM = {"hug": 1.7, "handshake": 2.1, "carry": 2.0, "pass": 2.1, "rope": 3.0, "other": 1.9}
"""Metres that the frame shows across during the contact of two."""
RIDER = 0.34
"""Metres by which somebody carried on a back rises above the carrier."""
TALL = {"hug": 0.80, "handshake": 0.80, "carry": 0.92, "pass": 0.78, "rope": 0.95, "other": 0.82}
"""Shares of the tallest performer's height that the frame shows during the contact, at least."""
NOBODY_NAMED = (Performer(name="Alex"), Performer(name="Bo", side="right"))
ORDER = {"left": 0, "center": 1, "right": 2}


@dataclass(frozen=True)
class Stage:
    """A shot ready to be drawn."""

    request: Request
    looks: tuple[Look, ...]
    """From left to right, as `bodies`."""
    bodies: tuple[Body, ...]
    order: tuple[int, ...]
    """Place from the left of every performer of the request."""
    wardrobe: tuple[Body, ...]
    """The bodies, and a stranger for the failures of somebody alone."""
    prop: Prop | None
    textures: Array
    """(layers, cell, cell, 3): every body of the wardrobe, then the prop."""
    place: Place
    variation: Variation
    size: tuple[int, int]
    """Pixels at which figures and set are drawn."""

    @property
    def cast(self) -> Cast:
        """The performers as the choreography knows them."""
        width = self.prop.wide if self.prop else None
        return Cast(self.bodies, self.request.kind, width, self.variation)

    @property
    def parts(self) -> int:
        """Textures of one body."""
        return len(anatomy().part_names)


def staged(request: Request, files: Mapping[str, Path]) -> Stage:
    """Return the stage of a request.

    Args:
        request: The shot; its references name the pictures.
        files: Local path of every picture that the request names.
    """
    performers = request.performers or NOBODY_NAMED
    by_side = sorted(range(len(performers)), key=lambda index: ORDER[performers[index].side])
    looks = _looks(request, performers, files)
    left_to_right = [looks[index] for index in by_side]
    worn = [*left_to_right, *([_stranger(looks[0])] if len(looks) == 1 else [])]
    bodies, prop = tuple(dressed(look) for look in worn), _prop(request, files)
    paints = [painted(look) for look in worn] + ([prop.textures] if prop else [])
    return Stage(
        request=request,
        looks=tuple(left_to_right),
        bodies=bodies[: len(looks)],
        order=tuple(by_side.index(index) for index in range(len(performers))),
        wardrobe=bodies,
        prop=prop,
        textures=np.concatenate(paints),
        place=place_of(request.location, _picture(request, files, "location")),
        variation=variation_of(request),
        size=drawing_size(request.size),
    )


def _stranger(look: Look) -> Look:
    return look_of("somebody else", [look])


def _picture(request: Request, files: Mapping[str, Path], role: str) -> Path | None:
    """Return the first picture that a reference of that role carries."""
    for reference in request.references:
        if reference.role == role and reference.images and reference.images[0] in files:
            return files[reference.images[0]]
    return None


def _prop(request: Request, files: Mapping[str, Path]) -> Prop | None:
    usual = {"pass": "juice box", "rope": "rope"}.get(request.kind)
    name = next(iter(request.props), usual)
    if name is None:
        return None
    prop = prop_of(name, _picture(request, files, "prop"))
    if request.kind == "rope" and not prop.flexible:
        return prop_of("rope")
    return prop


def _looks(
    request: Request, performers: tuple[Performer, ...], files: Mapping[str, Path]
) -> list[Look]:
    sheets = {
        reference.name.casefold(): files[reference.images[0]]
        for reference in request.references
        if reference.role == "character" and reference.images and reference.images[0] in files
    }
    looks: dict[str, Look] = {
        performer.name: look_from_picture(performer.name, sheets[performer.name.casefold()])
        for performer in performers
        if performer.name.casefold() in sheets
    }
    for performer in performers:
        if performer.name not in looks:
            looks[performer.name] = look_of(performer.name, list(looks.values()))
    return [looks[performer.name] for performer in performers]


def drawing_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which a picture is drawn: oversampled, within 960 x 540 by area."""
    scale = min(OVERSAMPLING, WIDEST / size[0], math.sqrt(WIDEST * 540 / (size[0] * size[1])))
    return max(32, round(size[0] * scale)), max(32, round(size[1] * scale))


def camera_at(stage: Stage, moment: Moment) -> Camera:
    """Return the camera of an instant: one slow move for the whole shot, a little unsteady."""
    request, size = stage.request, stage.size
    roll = dice("camera", request.shot)
    side, rise, push = roll.uniform(-0.5, 0.5), roll.uniform(-0.12, 0.2), roll.uniform(0.0, 0.12)
    way = roll.choice((-1.0, 1.0)) * roll.uniform(0.25, 0.6)
    length = float(request.slot_frames / Fraction(request.rate))
    through = eased(moment.seconds / max(length, 0.1) * 0.8 + 0.1)
    tallest = max(float(body.vertices[:, 1].max()) for body in stage.bodies)
    tallest += RIDER if request.kind == "carry" else 0.0
    aspect = size[0] / size[1]
    room = ROOM[request.kind] + 0.62 * max(0, len(stage.bodies) - 2)
    apart, together = (
        max(1.16 * tallest, room * 1.35 / aspect),
        max(TALL[request.kind] * tallest, room / aspect),
    )
    together *= 1 - push
    high = apart + (together - apart) * moment.focus
    focal = 1.55 * size[1]
    distance = focal * high / size[1]
    shake = stage.variation.camera
    unsteady = vector(math.sin(1.3 * moment.seconds), math.sin(1.7 * moment.seconds + 1), 0) * 0.006
    aim = min(0.5 * high / tallest, 0.5) + (1.06 - high / tallest)
    centre = vector(0, tallest * max(0.50, min(aim, 0.74)), 0)
    angle = side * 0.35 + way * (through - 0.5) * 0.5
    place = centre + distance * vector(math.sin(angle), 0.10 + 0.3 * rise, math.cos(angle))
    offset = np.array(shake) * moment.jitter
    return Camera(place + unsteady + offset, centre + unsteady * 0.5, focal, size)


def light_at(stage: Stage, moment: Moment) -> Light:
    """Return the place's light, its key turned a little as the take has it."""
    light = stage.place.light
    turn = turned(stage.variation.light * moment.jitter)
    return replace(light, key=turn @ light.key)


def loose_parts() -> Array:
    """Return the numbers of parts that are seen from both sides."""
    return np.array([anatomy().part("hair"), anatomy().part("skirt")])
