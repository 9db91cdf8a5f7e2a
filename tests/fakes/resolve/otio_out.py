"""Resolve's OTIO dialect, written (facts 11; the shape of the three public exports)."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from .model import Item, Sequence, Track, cut_of, source_span

if TYPE_CHECKING:
    from .fake import FakeResolve

OWN = "Resolve_OTIO"
EXPORT_OTIO, EXPORT_FCPXML_1_10 = 7, 6
VIDEO_EFFECTS = (
    ("Transform", 2), ("Cropping", 3), ("Dynamic Zoom", 59), ("Composite", 1),
    ("Lens Correction", 43), ("Retime and Scaling", 22), ("Video Faders", 36),
)  # fmt: skip
PARAMETERS: dict[str, tuple[str, str, Any]] = {
    "Pan": ("Transform", "transformationPan", 0.0),
    "Tilt": ("Transform", "transformationTilt", 0.0),
    "ZoomX": ("Transform", "transformationZoomX", 1.0),
    "ZoomY": ("Transform", "transformationZoomY", 1.0),
    "RotationAngle": ("Transform", "transformationRotationAngle", 0.0),
    "Pitch": ("Transform", "transformationPitch", 0.0),
    "Yaw": ("Transform", "transformationYaw", 0.0),
    "FlipX": ("Transform", "transformationFlipX", False),
    "FlipY": ("Transform", "transformationFlipY", False),
    "CropLeft": ("Cropping", "croppingLeft", 0.0),
    "CropRight": ("Cropping", "croppingRight", 0.0),
    "CropTop": ("Cropping", "croppingTop", 0.0),
    "CropBottom": ("Cropping", "croppingBottom", 0.0),
    "Opacity": ("Composite", "opacity", 100.0),
    "CompositeMode": ("Composite", "compositeMode", 0),
}
"""SetProperty key -> (effect, parameter id, rest position)."""


def write_export(fake: FakeResolve, sequence: Sequence, path: Path, kind: float) -> bool:
    """Write a timeline as OTIO; other kinds say False, except the one that lies (facts 9)."""
    if fake.knobs.export_holds_path and path in fake.held:
        return False
    fake.held.add(path)
    if fake.knobs.export_leaves_empty_file or kind == EXPORT_FCPXML_1_10:
        path.write_bytes(b"")
        return True
    if kind != EXPORT_OTIO:
        return False
    path.write_text(exported(fake, sequence), encoding="utf-8")
    return True


def exported(fake: FakeResolve, sequence: Sequence) -> str:
    """The OTIO text of a timeline."""
    writer = _Writer(fake)
    timeline = otio.schema.Timeline("" if fake.knobs.otio_nameless else sequence.name)
    timeline.global_start_time = writer.time(sequence.start, sequence.rate)
    timeline.metadata[OWN] = {"Resolve OTIO Meta Version": "1.0"}
    writer.keep(timeline, sequence.foreign)
    timeline.tracks.name = ""
    timeline.tracks[:] = writer.tracks(sequence)
    timeline.tracks.markers[:] = writer.markers(sequence.markers, 0, sequence.rate)
    text = otio.adapters.write_to_string(
        timeline, "otio_json", target_schema_versions={"Clip": 2, "Marker": 2}
    )
    return json.dumps(_as_older_writer(json.loads(text)), indent=4)


def _as_older_writer(value: Any) -> Any:
    """Drop what Resolve's older library does not write: `enabled` on effects, `color: null`."""
    if isinstance(value, list):
        return [_as_older_writer(one) for one in value]
    if not isinstance(value, dict):
        return value
    schema = value.get("OTIO_SCHEMA", "")
    effect = schema.startswith(("Effect.", "LinearTimeWarp.", "TimeEffect."))
    return {
        key: _as_older_writer(one) for key, one in value.items()
        if not (key == "enabled" and effect) and not (key == "color" and one is None)
    }  # fmt: skip


class _Writer:
    def __init__(self, fake: FakeResolve) -> None:
        self.knobs = fake.knobs

    def rate(self, rate: Fraction) -> float:
        return round(float(rate), 3) if self.knobs.otio_decimal_rates else float(rate)

    def time(self, frames: Fraction | int, rate: Fraction) -> RationalTime:
        return RationalTime(float(frames), self.rate(rate))

    def span(self, start: Fraction | int, frames: Fraction | int, rate: Fraction) -> TimeRange:
        return TimeRange(self.time(start, rate), self.time(frames, rate))

    def keep(self, target: Any, foreign: dict[str, Any]) -> None:
        if not self.knobs.otio_drops_metadata:
            for key, value in foreign.items():
                target.metadata[key] = value

    def tracks(self, sequence: Sequence) -> list[otio.schema.Track]:
        return [
            self.track(track, sequence)
            for kind in ("video", "audio")
            for track in sequence.tracks[kind]
        ]

    def track(self, track: Track, sequence: Sequence) -> otio.schema.Track:
        """Clips with gaps before them, and one more gap to the timeline's length."""
        made = otio.schema.Track(track.name, kind=track.kind.title())
        made.metadata[OWN] = {"Locked": track.locked}
        if track.kind == "audio":
            made.metadata[OWN] = {
                "Audio Type": track.subtype.title(), "Locked": track.locked, "SoloOn": False
            }  # fmt: skip
        cuts = {cut_of(one): one for one in track.transitions()}
        end = sequence.start
        for item in track.clips():
            if item.start > end:
                made.append(self.gap(item.start - end, sequence.rate))
            if item.start in cuts:
                made.append(self.transition(cuts.pop(item.start), sequence.rate))
            made.append(self.item(item, sequence))
            end = item.end
        if end in cuts:
            made.append(self.transition(cuts.pop(end), sequence.rate))
        if end < sequence.end or not len(made):
            made.append(self.gap(sequence.end - end, sequence.rate))
        return made

    def gap(self, frames: int, rate: Fraction) -> otio.schema.Gap:
        return otio.schema.Gap(source_range=self.span(0, frames, rate))

    def transition(self, item: Item, rate: Fraction) -> otio.schema.Transition:
        made = otio.schema.Transition(
            item.name, "SMPTE_Dissolve",
            self.time(item.offsets[0], rate), self.time(item.offsets[1], rate),
        )  # fmt: skip
        sound = item.name == "Cross Fade 0 dB"
        effect = {"Effect Name": item.name, "Enabled": True, "Name": item.name, "Parameters": []}
        made.metadata[OWN] = {
            "Effects": {**effect, "Type": 40 if sound else 9},
            "Transition Type": "Cross Fade 0DB" if sound else "Cross Dissolve",
        }
        self.keep(made, item.foreign)
        return made

    def item(self, item: Item, sequence: Sequence) -> Any:
        nested = item.media.sequence if item.media else None
        return self.stack(item, nested, sequence) if nested else self.clip(item, sequence)

    def stack(self, item: Item, nested: Sequence, outer: Sequence) -> otio.schema.Stack:
        made = otio.schema.Stack(nested.name)
        made.source_range = self.span(item.left, source_span(item, outer.rate), nested.rate)
        multicam = item.media is not None and item.media.type == "Multicam"
        made.metadata[OWN] = {
            "Sequence Fps": self.rate(nested.rate), "Sequence ID": f"{{{nested.uid}}}",
            "Sequence Type": "Multicam Clip" if multicam else "Compound Clip",
        }  # fmt: skip
        if item.link is not None:
            made.metadata[OWN]["Link Group ID"] = item.link
        made.enabled = item.enabled
        made[:] = self.tracks(nested)
        made.markers[:] = self.markers(item.markers, 0, nested.rate)
        self.keep(made, item.foreign)
        return made

    def clip(self, item: Item, sequence: Sequence) -> otio.schema.Clip:
        media, left, rate, timecode = item.media or item.lost, item.left, sequence.rate, 0
        if self.knobs.otio_exports_original_take and item.takes:
            media, left = item.takes[0].media, item.takes[0].start
        if media is not None and not media.still:
            rate, timecode = media.rate, media.timecode
        frames = item.duration * rate / sequence.rate
        made = otio.schema.Clip(
            media.name if media else item.name,
            source_range=self.span(left + timecode, frames, rate),
            metadata={OWN: self.facts(item)},
        )
        made.media_reference = self.reference(item, media)
        made.enabled = item.enabled
        made.effects[:] = self.effects(item)
        made.markers[:] = self.markers(item.markers, timecode, rate)
        self.keep(made, item.foreign)
        return made

    def facts(self, item: Item) -> dict[str, Any]:
        known: dict[str, Any] = {} if item.link is None else {"Link Group ID": item.link}
        if item.kind == "audio":
            known["Channels"] = [{"Source Channel ID": n, "Source Track ID": 0} for n in (0, 1)]
        return known

    def reference(self, item: Item, media: Any) -> otio.core.MediaReference:
        if item.kind == "generator":
            parameters = [{"Effect Name": item.name, "Parameters": [], "Type": 5}]
            return otio.schema.GeneratorReference(
                item.name, item.name, parameters={OWN: parameters}
            )
        if media is None:
            return otio.schema.MissingReference(item.name)
        span = self.span(media.timecode, media.length, media.rate)
        if item.media is None or not media.online:
            return otio.schema.MissingReference(media.name, span)
        made = otio.schema.ExternalReference(media.path, span)
        made.name = media.name
        return made

    def effects(self, item: Item) -> list[otio.schema.Effect]:
        named = () if item.kind == "audio" else VIDEO_EFFECTS
        made = [self.effect(item, name, number) for name, number in named]
        if item.speed != 1:
            made.append(otio.schema.LinearTimeWarp("", time_scalar=float(item.speed)))
        return made

    def effect(self, item: Item, name: str, number: int) -> otio.schema.Effect:
        """Only parameters that are not in their rest position are written."""
        moved = [
            {"Parameter ID": known, "Parameter Value": item.properties[key],
             "Default Parameter Value": rest}
            for key, (effect, known, rest) in PARAMETERS.items()
            if effect == name and item.properties.get(key, rest) != rest
        ]  # fmt: skip
        about = {"Effect Name": name, "Enabled": True, "Name": name}
        return otio.schema.Effect(
            "", "Resolve Effect", {OWN: {**about, "Parameters": moved, "Type": number}}
        )

    def markers(
        self, markers: dict[int, dict[str, Any]], timecode: int, rate: Fraction
    ) -> list[otio.schema.Marker]:
        return [self.marker(frame + timecode, one, rate) for frame, one in sorted(markers.items())]

    def marker(self, frame: int, known: dict[str, Any], rate: Fraction) -> otio.schema.Marker:
        about = {"Keywords": [], "Note": known["note"]}
        if self.knobs.otio_keeps_custom_data and known["customData"]:
            about["Custom Data"] = known["customData"]
        return otio.schema.Marker(
            name=known["name"], color=known["color"].upper(), metadata={OWN: about},
            marked_range=self.span(frame, known["duration"], rate),
        )  # fmt: skip
