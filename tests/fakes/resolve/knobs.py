"""Every way the facts say Resolve misbehaves, as one frozen set of knobs, kind by default.

Each knob is a `field` that carries its fact (hence RUF009). A section number means
`facts/resolve.md`; "10 lines" its opening list.
"""

# ruff: noqa: RUF009
from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

Build = tuple[int, int, int, int]
Landing = Literal["dropped", "none", "dead", "slid"]
"""Where an item that cannot land goes: nowhere, nowhere with `[None]`, nowhere with a dead handle,
or to the next free frame."""


def knob(default: Any, fact: str, *, unverified: bool = False) -> Any:
    """One knob with its kind default and the fact that it stands for."""
    return field(default=default, metadata={"fact": fact, "unverified": unverified})


def guess(default: Any, fact: str) -> Any:
    """One knob for a question that nobody has measured: both answers are possible."""
    return knob(default, fact, unverified=True)


@dataclass(frozen=True)
class Knobs:
    """What this Resolve does wrong; `Knobs()` is as kind as any Resolve could be."""

    build: Build = knob((21, 0, 4, 5), "2, 3: methods are there only from their build on")
    studio: bool = knob(True, "2: Studio, or free")
    mac_app_store: bool = knob(False, "2: Mac App Store builds have no scripting API")
    modal_after_studio_call: bool = knob(
        False, "2: a Studio-only call in free raises a modal; unrelated later calls fail"
    )
    refuses: frozenset[str] = knob(frozenset(), "10 lines, 8: these methods fail quietly")

    end_frame_inclusive: bool = knob(False, "5: endFrame is inclusive on 19.1.x only")
    collision: Landing = knob("dropped", "5: append never overwrites; four ways to miss")
    append_fault: Landing | None = knob(None, "5: one placement misses, as if it collided")
    append_fault_at: int = knob(1, "5: which placement misses, counted from 1")
    locked_tracks_succeed: bool = knob(False, "5: a locked track returns items, places nothing")
    append_needs_pool_selection: bool = knob(
        False, "5: before 20.3.2 append failed when no pool clip was selected"
    )
    errored_appends_linger: bool = knob(
        False, "5: what an errored call placed vanishes only when the project is saved"
    )

    source_start_off_by_one: bool = knob(False, "6: GetSourceStartFrame is -1 on some items")
    transitions_in_lists: bool = knob(False, "6: GetItemListInTrack includes transitions")
    attributes_never_raise: bool = knob(False, "6: hasattr(obj, anything) is always True")
    needs_current_timeline: bool = knob(
        False, "6, 9: take and track getters answer 0/False, setters fail off the current timeline"
    )
    switching_moves_playhead: bool = knob(False, "6: SetCurrentTimeline moves the playhead")
    handles_die: bool = knob(False, "6: item handles die after edits")

    add_take_needs_extents: bool = knob(False, "7: AddTake without extents gave False")
    ripple_takes: bool = knob(False, "7: unequal takes follow the user's 'ripple take' setting")
    takes_land: bool = knob(True, "12: AddTake answers True and adds nothing when off")
    select_take_lands: bool = knob(True, "12: SelectTakeByIndex says True, does nothing when off")

    delete_fails_once: bool = knob(False, "9: DeleteClips is sometimes False once and then fine")
    deliver_disturbs_marks: bool = knob(False, "9: the Deliver page disturbs the in/out marks")
    render_needs_deliver: bool = knob(False, "9: rendering in practice needs the Deliver page")
    localised_status: bool = knob(False, "9: JobStatus is in the user's language")
    export_leaves_empty_file: bool = knob(False, "9: Export says True, the file has no bytes")
    export_holds_path: bool = knob(False, "9: Windows keeps the handle: a path works only once")
    import_true_cancels: bool = knob(
        False, "9: 21.1.0.14: importSourceClips True gives None when the media is in the pool"
    )
    import_false_offline: bool = knob(
        False, "9: 19.1.3.7, 21.0.2.4: importSourceClips False leaves everything offline"
    )
    import_duplicates_media: bool = knob(False, "9: importSourceClips True duplicates the pool")
    untitled_cannot_save: bool = knob(False, "9: SaveProject is False on 'Untitled Project'")

    dirty_project_blocks_new: bool = knob(
        False, "9: CreateProject may be None while the current project is dirty"
    )

    otio_nameless: bool = knob(False, '11: the exported timeline\'s name is often ""')
    otio_drops_metadata: bool = knob(
        False, "8, 11: a round trip drops unknown keys, colours, flags"
    )
    otio_renames_transitions: bool = knob(False, "11: imported transitions are renamed")
    otio_trims_transitions: bool = knob(False, "11: imported transitions are cut to the handles")
    otio_rejects_file_urls: bool = knob(False, "11: 20.2 rejects file:// (OTIO issue 1985)")
    otio_title_breaks_import: bool = knob(False, "11: a Fusion title makes re-import fail hard")
    otio_floors_ntsc: bool = knob(False, "11: 23.976 floors a frame away; +0.25 avoids it")
    otio_decimal_rates: bool = knob(False, "11: 23.976 is written for 24000/1001")
    otio_retimes_drift: bool = knob(False, "11: 19: speed-ups end off by frames, reverse is wrong")

    audio_end_frame_inclusive: bool | None = guess(
        None, "5: measured for video; None: audio does what video does"
    )
    start_frame_counts_timecode: bool = guess(
        False, "5, 15: startFrame of media with a start timecode counts from that timecode"
    )
    overlong_append_clamps: bool = guess(False, "5: a range past the media's end is cut short")
    new_take_is_selected: bool = guess(False, "7, 15: what is selected after AddTake")
    reimport_duplicates: bool = guess(True, "9: ImportMedia of a path that is in the pool")
    otio_exports_original_take: bool = guess(False, "7, 15: which take an OTIO export carries")
    otio_keeps_custom_data: bool = guess(True, "8, 15: customData of markers through OTIO")
    otio_honours_active_key: bool = guess(True, "11, 15: active_media_reference_key is honoured")
    otio_minds_extra_keys: bool = guess(
        False, "11, 15: `enabled` on Effects and `color: null` on items are refused"
    )

    def __post_init__(self) -> None:
        if self.append_fault_at < 1:
            raise ValueError("append_fault_at counts placements from 1")


FACTS: dict[str, str] = {one.name: one.metadata["fact"] for one in fields(Knobs)}
"""Knob -> the fact it stands for, with its section."""
UNVERIFIED: tuple[str, ...] = tuple(one.name for one in fields(Knobs) if one.metadata["unverified"])
"""Knobs whose right position nobody has measured: calibration must answer them."""
ASSUMED: tuple[str, ...] = (
    "AddSubFolder with a name that its folder has answers None",
    "a locked track refuses deletion, takes, enabling and speed; properties and marks are taken",
    "GetCurrentVideoItem looks at enabled tracks only, at disabled clips too",
    "GetTakeByIndex out of range answers None",
    "a take shorter than its item shortens it when takes do not ripple",
    "an OTIO clip counts its source_range in the media's rate when that is not the timeline's",
    "timeline markers lie on the OTIO top stack, counted from the timeline's start",
    "multicam leaves as a Stack whose Sequence Type is 'Multicam Clip'",
    "SetSpeed with RippleTimeline moves other tracks, it does not cut their audio",
    "a ripple delete closes the gap on every unlocked track as far as nothing overlaps",
    "CreateCompoundClip answers None when another item lies between those given",
    "ImportMedia answers [] for a file that cannot be read",
    "fusion.UIManager is absent in every edition: nothing of ours uses it",
    "xmeml, AAF, EDL and FCPXML are neither read nor written; Item.from_xml shows xmeml's zeros",
    "ExportFrame, DeleteGaps, CopyAttributes and AddEffect (21.1.2) are absent: arguments unknown",
    "OTIO parameter names other than zoom, pan, tilt and opacity follow the same pattern",
)
"""What the facts do not say and a running fake must still decide."""

_ALWAYS = Knobs(
    transitions_in_lists=True,
    attributes_never_raise=True,
    needs_current_timeline=True,
    switching_moves_playhead=True,
    handles_die=True,
    locked_tracks_succeed=True,
    source_start_off_by_one=True,
    add_take_needs_extents=True,
    deliver_disturbs_marks=True,
    render_needs_deliver=True,
    import_duplicates_media=True,
    untitled_cannot_save=True,
    dirty_project_blocks_new=True,
    errored_appends_linger=True,
    modal_after_studio_call=True,
    otio_nameless=True,
    otio_drops_metadata=True,
    otio_renames_transitions=True,
    otio_trims_transitions=True,
    otio_title_breaks_import=True,
    otio_floors_ntsc=True,
)
AS_MEASURED: dict[str, Knobs] = {
    "19.1.3.7": replace(
        _ALWAYS, build=(19, 1, 3, 7), end_frame_inclusive=True, append_needs_pool_selection=True,
        import_false_offline=True, otio_retimes_drift=True,
    ),
    "20.2.0.0": replace(
        _ALWAYS, build=(20, 2, 0, 0), append_needs_pool_selection=True, otio_rejects_file_urls=True,
        import_false_offline=True,
    ),
    "21.0.2.4": replace(_ALWAYS, build=(21, 0, 2, 4), import_false_offline=True),
    "21.0.4.5": replace(_ALWAYS, build=(21, 0, 4, 5), import_false_offline=True),
    "21.0.4.5 free": replace(_ALWAYS, build=(21, 0, 4, 5), studio=False, import_false_offline=True),
    "21.1.0.14": replace(_ALWAYS, build=(21, 1, 0, 14), import_true_cancels=True),
    "21.1.2.10": replace(_ALWAYS, build=(21, 1, 2, 10), import_true_cancels=True),
    "21.1.2.10 free": replace(
        _ALWAYS, build=(21, 1, 2, 10), studio=False, import_true_cancels=True
    ),
}  # fmt: skip
"""A build -> everything the facts say of it at once."""
