"""The engine's edits carried out in Resolve: exactly as planned, or exactly as before.

A splice stands on the track "Contact" above the picture; the clip under it stays where it is, with
its picture switched off, so that nothing ripples and nothing is lost. A whole take is selected in
the clip's own take selector where that works, else it stands on the track as one piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any

from .bins import BIN, HostRefused, imported
from .host import CONTACT, VIDEO, Host, Piece
from .in_place import Notes, exchanged, refuse_unrepeatable
from .nests import NO_FILE, kept_if_shown, nest_named, nested
from .record import Record
from .surface import Item

Json = dict[str, Any]


class Edits:
    """Carries out edits on one timeline of a host."""

    def __init__(self, host: Host, record: Record) -> None:
        self.host = host
        self.record = record
        self.timeline = host.about()["timeline_id"]
        self.in_place = False
        """Splices replace the clip itself: for a copy of the timeline, which can be thrown away."""

    def carried_out(
        self, edit: Json, fades: tuple[int, int] = (0, 0), was: Json | None = None
    ) -> tuple[list[Json], str]:
        """Do an edit, and return what stands in the slot now, and how it was done.

        Args:
            edit: As the engine hands it out.
            fades: Frames of the slot's start and end that lie under transitions, which stay.
            was: The clip as Resolve exported it, kept with a take that is selected instead of it.

        Raises:
            HostRefused: It cannot be done; the timeline is as before.
        """
        asked, shape = edit["asked"], edit["shape"]
        with self.host.on_edit_page():
            before = self.host.picture()
            try:
                return self._done(asked, shape, fades, was)
            except HostRefused:
                self._guard_unchanged(before, shape)
                raise

    def showing(self, clip: str) -> str:
        """Return the take that we put in a clip's place; "original" where there is none."""
        for known in (self.record.of(self.timeline, clip), self.record.take(self.timeline, clip)):
            if known is not None:
                return str(known.get("take") or "splice")
        return "original"

    def _done(
        self, asked: Json, shape: Json, fades: tuple[int, int], was: Json | None
    ) -> tuple[list[Json], str]:
        replaced = self.record.of(self.timeline, shape["shot"]) or {}
        if "was" not in replaced:
            return self._plainly(asked, shape, fades, was)
        if asked["kind"] == "alternates":
            self._clips({**shape, "placements": ()})
            return [], "The takes are in their bin; the splice in the clip's own place stays."
        self._put_back(shape, replaced)
        if _reverts(asked):
            return [], "The clip is as it was, in its own place."
        try:
            return self._plainly(asked, shape, fades, replaced["was"])
        except HostRefused:
            self._put_in(shape, replaced)
            raise

    def _plainly(
        self, asked: Json, shape: Json, fades: tuple[int, int], was: Json | None
    ) -> tuple[list[Json], str]:
        kind = asked["kind"]
        self._item(shape)
        _refuse_retimed(asked, shape)
        self._refuse_locked(shape)
        if kind == "alternates":
            count = self._offered(shape)
            return [], f"{count} takes are in the clip's take selector."
        if _reverts(asked):
            self._reverted(shape)
            return [], "The clip is as it was."
        if kind == "use" and self.record.of(self.timeline, shape["shot"]) is None:
            selected = self._selected(shape)
            if selected is not None:
                self._take_kept(asked["take"], shape, was)
                return selected, "The take is selected in the clip's take selector."
        if kind == "splice" and self.in_place:
            return self._exchanged(shape, fades, was)
        nest = kind == "splice" and bool(asked.get("nested"))
        how = "The splice stands as one nested timeline" if nest else "The pieces stand"
        return self._spliced(
            shape, fades, asked.get("take"), nest
        ), f"{how} on the track '{CONTACT}'."

    def _item(self, shape: Json) -> Item:
        slot = shape["slot"]
        return self.host.item_at(_track(shape), slot["record_start"], slot["frames"])

    def _refuse_locked(self, shape: Json) -> None:
        track = _track(shape)
        if self.host.locked(track):
            raise HostRefused(f"Video track {track} is locked; unlock it and try again.")

    # -- takes ------------------------------------------------------------------------------------

    def _clips(self, shape: Json, others: Sequence[str] = ()) -> dict[str, Any]:
        """Import every take of a shot into its bin, and return the pool's clips by their files."""
        bins = (BIN, self.host.about()["timeline"], shape["shot"])
        facts = {one["media"]: {"shot": shape["shot"], "take": one["take"], "words": one["name"]}
                 for one in shape["alternates"]}  # fmt: skip
        wanted = {*facts, *(one["media"] for one in shape["placements"]), *others}
        return {
            one: imported(self.host.pool, one, bins, facts.get(one, {})) for one in sorted(wanted)
        }

    def _offered(self, shape: Json) -> int:
        clips = self._clips({**shape, "placements": ()})
        whole = [one for one in shape["alternates"] if one["covers_slot"]]
        takes = [(clips[one["media"]], one["source_start"]) for one in whole]
        return self.host.with_takes(lambda: self._item(shape), takes, shape["slot"]["frames"])

    def _selected(self, shape: Json) -> list[Json] | None:
        """Select a take in the take selector; None where it is not there or does not land."""
        wanted = shape["placements"][0]
        whole = {one["media"]: one for one in shape["alternates"] if one["covers_slot"]}
        retimed = (shape.get("restore") or {}).get("speed", "1") != "1"
        if retimed or len(shape["placements"]) != 1 or wanted["media"] not in whole:
            return None
        try:
            self._offered(shape)
        except HostRefused:
            return None
        for index in range(2, int(self._item(shape).GetTakesCount() or 0) + 1):
            self._item(shape).SelectTakeByIndex(index)
            stand = self.host.stand_of(self._item(shape))
            found = (stand.media, stand.frames, stand.source_start)
            if found == (wanted["media"], wanted["frames"], wanted["source_start"]):
                return [dict(wanted)]
        self._item(shape).SelectTakeByIndex(1)
        return None

    def _take_kept(self, take: str, shape: Json, was: Json | None) -> None:
        """Remember what the clip was before the first take was selected, and where it is read."""
        known = self.record.take(self.timeline, shape["shot"])
        shown = shape["placements"][0]
        facts: Json = {"take": take, "media": shown["media"], "start": shown["source_start"],
                       "was": was if known is None else known["was"]}  # fmt: skip
        self.record.keep_take(self.timeline, shape["shot"], facts)

    # -- pieces -----------------------------------------------------------------------------------

    def _spliced(
        self, shape: Json, fades: tuple[int, int], take: str | None, nest: bool
    ) -> list[Json]:
        """Put pieces on our track, dress them, and switch off the picture under them."""
        old = self.record.of(self.timeline, shape["shot"])
        pieces = shown = _between(shape, fades)
        track = self.host.needed_contact_track()
        clips = self._clips(shape, [one[0] for one in old["pieces"] if one[0]] if old else ())
        facts: Json = {"take": take}
        if nest:
            name = f"{shape['shot']} splice"
            piece, facts["nest"] = nested(self.host, shown, clips, name)
            pieces = [piece]
        off = fades == (0, 0)
        with kept_if_shown(self.host, facts.get("nest")):
            made = self._replaced(old, pieces, clips, track, shape)
            try:
                self.host.dressed(made, self._item(shape))  # handles do not outlive an edit
                if off:
                    self.host.switched(self._item(shape), False)
            except HostRefused:
                self._pieces_taken({"pieces": pieces})
                raise
        facts |= {"pieces": [list(piece) for piece in pieces], "off": off}
        if off:
            facts["at"] = [_track(shape), shape["slot"]["record_start"]]
        self.record.keep(self.timeline, shape["shot"], facts)
        start = shape["slot"]["record_start"]
        return [
            {"media": p.media, "source_start": p.source_start, "frames": p.frames,
             "slot_start": p.start - start}
            for p in shown
        ]  # fmt: skip

    def _exchanged(
        self, shape: Json, fades: tuple[int, int], was: Json | None
    ) -> tuple[list[Json], str]:
        """Put the splice in the place of the clip itself."""
        if fades != (0, 0):
            raise HostRefused(
                f"'{shape['clip']}' lies under a transition, which would go with it; splice on the "
                "track above instead."
            )
        if self.record.of(self.timeline, shape["shot"]) is not None:
            raise HostRefused(
                f"Takes of '{shape['clip']}' stand on the track '{CONTACT}'; revert it first."
            )
        item, track = self._item(shape), _track(shape)
        old, new = [self.host.as_piece(item)], _between(shape, fades)
        ours = {one["media"] for one in shape["alternates"]} | {old[0].media}
        refuse_unrepeatable(self.host, item, ours)
        had = int(item.GetTakesCount() or 0)
        clips = {**self._clips(shape), old[0].media: item.GetMediaPoolItem()}
        try:
            noted = exchanged(self.host, track, old, new, clips)
        except HostRefused:
            self._offered_again(shape, had)
            raise
        facts: Json = {"take": None, "pieces": [list(one) for one in new], "off": False}
        facts |= {"was": was, "track": track, "clip": list(old[0]), "noted": list(noted)}
        facts["takes"] = had
        self.record.keep(self.timeline, shape["shot"], facts)
        shown = [
            {"media": p.media, "source_start": p.source_start, "frames": p.frames,
             "slot_start": p.start - old[0].start}
            for p in new
        ]  # fmt: skip
        return shown, (
            "The pieces stand in the clip's own place, with its grade (current layer), transform, "
            "markers, colour, flags and links."
        )

    def _put_back(self, shape: Json, known: Json) -> None:
        """Put the clip itself back where its splice stands."""
        self._swapped(shape, known, known["pieces"], [known["clip"]])
        self._offered_again(shape, known["takes"])
        self.record.keep(self.timeline, shape["shot"], None)

    def _put_in(self, shape: Json, known: Json) -> None:
        """Put a splice that was put back in the clip's place again."""
        self._swapped(shape, known, [known["clip"]], known["pieces"])
        self.record.keep(self.timeline, shape["shot"], known)

    def _offered_again(self, shape: Json, had: int) -> None:
        """Offer the takes again that a clip had; without them it is still the clip."""
        if had:
            with suppress(HostRefused):
                self._offered(shape)

    def _swapped(self, shape: Json, known: Json, old: list[Any], new: list[Any]) -> None:
        here, there = ([Piece(*one) for one in side] for side in (old, new))
        media = sorted({one.media for one in (*here, *there)})
        clips = self._clips({**shape, "placements": (), "alternates": ()}, media)
        enabled, colour, flags, markers = known["noted"]
        notes = Notes(enabled, colour, tuple(flags), tuple((at, one) for at, one in markers))
        exchanged(self.host, known["track"], here, there, clips, notes)

    def _replaced(
        self,
        old: Json | None,
        pieces: list[Piece],
        clips: dict[str, Any],
        track: int,
        shape: Json,
    ) -> list[Item]:
        """Put pieces on our track in the place of what stood there; the old again if that fails."""
        if old is None:
            return self.host.placed(pieces, clips, track)
        self._pieces_taken(old)
        try:
            return self.host.placed(pieces, clips, track)
        except HostRefused:
            if old.get("nest"):
                clips = {**clips, NO_FILE: nest_named(self.host, old["nest"])}
            again = self.host.placed([Piece(*one) for one in old["pieces"]], clips, track)
            self.host.dressed(again, self._item(shape))
            raise

    def _reverted(self, shape: Json) -> None:
        old = self.record.of(self.timeline, shape["shot"])
        if old is not None:
            self._pieces_taken(old)
            if old["off"]:
                self.host.switched(self._item(shape), True)
            self.record.keep(self.timeline, shape["shot"], None)
        item = self._item(shape)
        if int(item.GetTakesCount() or 0):
            item.SelectTakeByIndex(1)
        self.record.keep_take(self.timeline, shape["shot"], None)

    def _pieces_taken(self, old: Json) -> None:
        """Take our pieces off the track, wherever on it they stand now."""
        track = self.host.contact_track()
        if track is None:
            return
        wanted = [Piece(*one) for one in old["pieces"]]
        mine = [one for one in self.host.items(VIDEO, track) if self.host.as_piece(one) in wanted]
        self.host.taken_away(mine)
        left = [one for one in self.host.items(VIDEO, track) if self.host.as_piece(one) in wanted]
        if left:
            raise HostRefused("Resolve does not delete the old pieces; unlock 'Contact' first.")

    def _guard_unchanged(self, before: Any, shape: Json) -> None:
        """After a refusal nothing may have moved; if it has, the sentence says so."""
        after = self.host.picture()
        changed = {key for key in before if before[key] != after.get(key)}
        if changed:
            raise HostRefused(
                f"The edit of '{shape['clip']}' failed halfway, and these tracks differ: "
                f"{sorted(changed)}; press Ctrl+Z in Resolve and look."
            )


def _reverts(asked: Json) -> bool:
    return asked["kind"] == "revert" or (asked["kind"] == "use" and asked.get("take") == "original")


def _track(shape: Json) -> int:
    """Return the number of the slot's video track."""
    return int(str(shape["slot"]["track"]).partition("/")[0].removeprefix("V"))


def _refuse_retimed(asked: Json, shape: Json) -> None:
    """Refuse what needs the clip's own speed: an append cannot give it (facts sections 3 and 5).

    Raises:
        HostRefused: The clip is retimed, and it or its take selector would have to be shown.
    """
    restore = shape.get("restore") or {}
    own = [one for one in shape["placements"] if one.get("speed", "1") != "1"]
    offered = asked["kind"] == "alternates" and restore.get("speed", "1") != "1"
    if own or offered:
        speed = float(Fraction(own[0]["speed"] if own else restore["speed"])) * 100
        cure = "splice takes alone" if own else "pull or splice a take: it goes on a track above"
        raise HostRefused(
            f"'{shape['clip']}' plays at {speed:g} % and Resolve's scripts cannot repeat that; "
            f"{cure}, or bake it first (right-click > Render in Place)."
        )


def _between(shape: Json, fades: tuple[int, int]) -> list[Piece]:
    """Return the pieces in record frames, cut to what lies between the slot's transitions."""
    slot = shape["slot"]
    first, last = fades[0], slot["frames"] - fades[1]
    pieces = []
    for one in shape["placements"]:
        start = max(first, one["slot_start"])
        end = min(last, one["slot_start"] + one["frames"])
        if start < end:
            source = one["source_start"] + start - one["slot_start"]
            pieces.append(Piece(one["media"], slot["record_start"] + start, source, end - start))
    return pieces
