"""Media through real files, written here with PyAV and read back through the room."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest
from PIL import Image

from otio_bridge import media
from otio_bridge.errors import MediaError

SHARED = Path(__file__).resolve().parents[2] / "shared"
CLIPS = SHARED / "data" / "clips"
NTSC = [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)]


@pytest.fixture(scope="session")
def codes() -> ModuleType:
    path = SHARED / "tools" / "frame_codes.py"
    if not path.exists():
        pytest.skip("the tool frame_codes is not here")
    spec = importlib.util.spec_from_file_location("frame_codes", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def numbered(frames: int, size: tuple[int, int] = (160, 96)) -> Iterator[np.ndarray]:
    """Grey pictures that grow brighter by eight a frame."""
    for number in range(frames):
        yield np.full((size[1], size[0], 3), 16 + 8 * number, np.uint8)


def number_in(picture: np.ndarray) -> int:
    return round((float(picture.mean()) - 16) / 8)


def quadrants(size: tuple[int, int]) -> np.ndarray:
    """Red at the top left, green at the top right, blue below."""
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2, 0] = 255
    picture[: height // 2, width // 2 :, 1] = 255
    picture[height // 2 :, :, 2] = 255
    return picture


def write_raw(
    path: Path,
    pictures: list[np.ndarray],
    *,
    encoder: str = "libx264",
    pixel_format: str = "yuv420p",
    pixels: str = "rgb24",
    times: list[int] | None = None,
    rotation: int = 0,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write an odd file straight through PyAV; times are in milliseconds."""
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=24, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        if rotation:
            stream.set_display_rotation(rotation)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format=pixels)
            if times:
                frame.pts, frame.time_base = times[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        block = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        block.sample_rate, block.pts = 48000, 0
        container.mux(stream.encode(block))
        container.mux(stream.encode(None))
    return path


def tags(path: Path) -> tuple[int, int, int, int]:
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        return (
            int(context.color_primaries),
            int(context.color_trc),
            int(context.colorspace),
            int(context.color_range),
        )


@pytest.mark.parametrize("rate", [Fraction(24), *NTSC, Fraction(120), Fraction(25, 2)])
def test_rates_and_counts_are_exact(tmp_path: Path, rate: Fraction) -> None:
    path = tmp_path / "a.mp4"
    assert media.write_film(path, numbered(25), rate=rate, size=(160, 96)) == 25
    footage = media.probe(path)
    assert (footage.rate, footage.frames, footage.duration) == (rate, 25, 25 / rate)
    assert (footage.size, footage.variable_rate, footage.has_audio) == ((160, 96), False, False)
    assert (footage.is_still, footage.has_alpha, footage.codec) == (False, False, "h264")
    assert [number_in(picture) for picture in media.frames_of(path)] == list(range(25))


@pytest.mark.parametrize("ending", ["mkv", "webm", "avi", "ts"])
def test_every_container_is_counted(tmp_path: Path, ending: str) -> None:
    encoder = "libvpx-vp9" if ending == "webm" else "libx264"
    pictures = list(numbered(14))
    path = write_raw(tmp_path / f"a.{ending}", pictures, encoder=encoder)
    assert media.probe(path).frames == 14
    assert media.probe(path).rate == 24
    assert [number_in(media.frame_at(path, n)) for n in (13, 0, 6)] == [13, 0, 6]


def test_every_frame_of_a_long_group_is_found(tmp_path: Path, codes: ModuleType) -> None:
    path = tmp_path / "a.mp4"
    codes.write_clip(path, take=7, frames=60, rate=NTSC[0])
    for number in (0, 1, 11, 12, 13, 30, 58, 59):
        seen = codes.read(media.frame_at(path, number, pixels="gray"))
        assert seen == codes.Code(7, number)
    picked = media.frames_of(path, pixels="gray", size=(320, 180), start=10, stop=50, step=7)
    assert [codes.read(picture).frame for picture in picked] == list(range(10, 50, 7))


def test_sparse_frames_of_key_pictures(tmp_path: Path, codes: ModuleType) -> None:
    source = tmp_path / "a.mp4"
    codes.write_clip(source, take=4, frames=90, rate=24)
    media.proxy(source, tmp_path / "p.mp4")
    media.conformed(source, tmp_path / "d.mov", rate=Fraction(24), timecode="10:00:00:00")
    for path in (source, tmp_path / "p.mp4", tmp_path / "d.mov"):
        picked = media.frames_of(path, pixels="gray", start=3, step=17)
        assert [codes.read(picture).frame for picture in picked] == list(range(3, 90, 17))


def test_kinds_of_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    media.write_film(path, [quadrants((160, 96))], rate=Fraction(24), size=(160, 96))
    rgb = media.frame_at(path, 0)
    assert np.abs(rgb.astype(int) - quadrants((160, 96)))[10, 10].max() < 12
    np.testing.assert_array_equal(media.frame_at(path, 0, pixels="bgr24")[..., ::-1], rgb)
    assert media.frame_at(path, 0, pixels="gray").shape == (96, 160)
    assert media.frame_at(path, 0, size=(40, 24)).shape == (24, 40, 3)


def test_two_frames_are_enough(tmp_path: Path) -> None:
    source, out = tmp_path / "a.mp4", tmp_path / "b.mov"
    media.write_film(source, numbered(2), rate=Fraction(24), size=(160, 96))
    assert media.conformed(source, out, rate=Fraction(24)).frames == 2
    assert media.probe(out).frames == 2


@pytest.mark.parametrize("ending", ["mkv", "mp4"])
def test_variable_rate_becomes_a_constant_grid(tmp_path: Path, ending: str) -> None:
    # 25 a second with a pause of five frames after the third picture
    times = [0, 40, 80, 280, 320, 360, 400]
    path = write_raw(tmp_path / f"a.{ending}", list(numbered(7)), times=times)
    footage = media.probe(path)
    assert (footage.variable_rate, footage.rate, footage.frames) == (True, 25, 11)
    shown = [number_in(picture) for picture in media.frames_of(path)]
    assert shown == [0, 1, 2, 2, 2, 2, 2, 3, 4, 5, 6]
    assert number_in(media.frame_at(path, 6)) == 2
    assert [number_in(p) for p in media.frames_of(path, start=5, stop=9)] == [2, 2, 3, 4]


def test_rounded_time_stamps_are_not_a_variable_rate(tmp_path: Path) -> None:
    times = [round(n * 1001 / 24) for n in range(28)]
    path = write_raw(tmp_path / "a.mkv", list(numbered(28)), times=times)
    footage = media.probe(path)
    assert (footage.variable_rate, footage.frames) == (False, 28)
    assert abs(footage.rate - NTSC[0]) < Fraction(3, 100)


def test_a_telephones_rate_is_its_nominal_one(tmp_path: Path) -> None:
    # thirty a second as telephones write them: uneven, with one picture left out
    times = [0, 33, 67, 100, 133, 167, 200, 267, 300, 333, 367, 400, 433]
    path = write_raw(tmp_path / "a.mp4", list(numbered(13)), times=times)
    footage = media.probe(path)
    assert (footage.variable_rate, footage.rate, footage.frames) == (True, 30, 14)
    shown = [number_in(picture) for picture in media.frames_of(path)]
    assert shown == [0, 1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10, 11, 12]


@pytest.mark.parametrize("options", [{"movflags": "frag_keyframe+empty_moov"}, {"bf": "3"}])
def test_fragments_and_late_starts(tmp_path: Path, options: dict[str, str]) -> None:
    path = tmp_path / "a.mp4"
    write_raw(path, list(numbered(12)), times=[480 + 40 * n for n in range(12)], options=options)
    footage = media.probe(path)
    assert (footage.variable_rate, footage.rate, footage.frames) == (False, 25, 12)
    assert [number_in(picture) for picture in media.frames_of(path)] == list(range(12))
    assert number_in(media.frame_at(path, 7)) == 7


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_rotation_stands_upright(tmp_path: Path, rotation: int) -> None:
    # A display matrix of +90 degrees turns the picture counter-clockwise, as np.rot90 does.
    stored = quadrants((160, 96))
    path = write_raw(tmp_path / "a.mp4", [stored] * 3, rotation=rotation)
    footage = media.probe(path)
    upright = np.rot90(stored, rotation // 90)
    assert footage.size == (upright.shape[1], upright.shape[0])
    for made in (path, _conformed(path, tmp_path / "b.mov")):
        picture = media.frame_at(made, 2)
        difference = np.abs(picture.astype(int) - upright)
        assert np.median(difference) < 6 and difference.mean() < 8
    assert media.probe(tmp_path / "b.mov").rotation == 0


def _conformed(path: Path, into: Path) -> Path:
    media.conformed(path, into, rate=Fraction(24))
    return into


def test_ten_bits_stay_ten_bits(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 320).astype(np.uint16)
    picture = np.broadcast_to(ramp[None, :, None], (128, 320, 3)).copy()
    path = write_raw(
        tmp_path / "a.mkv", [picture] * 2, pixel_format="yuv420p10le", pixels="rgb48le"
    )
    done = media.conformed(path, tmp_path / "b.mov", rate=Fraction(24))
    footage = media.probe(done.path)
    assert (done.codec, footage.pixel_format) == ("dnxhr10", "yuv422p10le")
    levels = media.frame_at(done.path, 0, pixels="rgb48le")[64, :, 1]
    assert len(np.unique(levels)) > 256


@pytest.mark.parametrize("encoder", ["prores_ks", "png", "qtrle"])
def test_transparency_is_kept(tmp_path: Path, encoder: str) -> None:
    picture = np.full((100, 180, 4), (200, 60, 40, 255), np.uint8)
    picture[:, :90, 3] = 0
    pixel_format = {"prores_ks": "yuva444p10le", "png": "rgba", "qtrle": "argb"}[encoder]
    options = {"profile": "4444"} if encoder == "prores_ks" else {}
    path = tmp_path / "a.mov"
    write_raw(
        path, [picture] * 3, encoder=encoder, pixel_format=pixel_format, pixels="rgba",
        options=options,
    )  # fmt: skip
    assert media.probe(path).has_alpha
    done = media.conformed(path, tmp_path / "b.mov", rate=Fraction(24))
    assert done.codec == "prores4444" and "transparency" in done.notes[0]
    seen = media.frame_at(done.path, 1, pixels="rgba")
    assert seen[50, 20, 3] < 5 and seen[50, 160, 3] > 250
    assert np.abs(seen[50, 160, :3].astype(int) - (200, 60, 40)).max() < 8
    flat = media.conformed(path, tmp_path / "c.mp4", rate=Fraction(24), codec="h264")
    assert "transparency dropped" in flat.notes[0]


@pytest.mark.parametrize("codec", ["dnxhr", "prores", "h264"])
def test_odd_sizes_lose_nothing(tmp_path: Path, codec: str) -> None:
    picture = quadrants((301, 161))
    path = tmp_path / "a.mkv"
    write_raw(path, [picture] * 3, encoder="ffv1", pixel_format="yuv444p")
    assert media.probe(path).size == (301, 161)
    into = tmp_path / ("b.mp4" if codec == "h264" else "b.mov")
    done = media.conformed(path, into, rate=Fraction(24), codec=codec)  # type: ignore[arg-type]
    assert done.size == media.probe(into).size == (302, 162)
    assert "odd size padded to 302x162" in done.notes
    seen = media.frame_at(into, 2)
    assert np.abs(seen[:161, :301].astype(int) - picture).mean() < 8
    assert np.abs(seen[40, 301].astype(int) - (0, 255, 0)).max() < 30


def test_pixel_aspect_is_applied(tmp_path: Path) -> None:
    path = write_raw(tmp_path / "a.mp4", list(numbered(3)), aspect=Fraction(4, 3))
    assert media.probe(path).size == (213, 96)
    assert media.frame_at(path, 0).shape == (96, 213, 3)


@pytest.mark.parametrize("codec", ["dnxhr", "prores"])
def test_takes_for_editors(tmp_path: Path, codec: str) -> None:
    source, into = tmp_path / "a.mp4", tmp_path / "b.mov"
    colours = quadrants((320, 180))
    media.write_film(source, [colours] * 4, rate=Fraction(24), size=(320, 180))
    seen: list[float] = []
    media.conformed(
        source, into, rate=NTSC[0], codec=codec, timecode="00:59:59:12", progress=seen.append  # type: ignore[arg-type]
    )  # fmt: skip
    footage = media.probe(into)
    assert (footage.frames, footage.rate) == (4, NTSC[0])
    assert footage.codec == {"dnxhr": "dnxhd", "prores": "prores"}[codec]
    assert (footage.start_timecode, footage.has_audio) == ("00:59:59:12", False)
    assert tags(into) == (1, 1, 1, 1)
    assert seen == [0.25, 0.5, 0.75, 1.0]
    assert np.median(np.abs(media.frame_at(into, 3).astype(int) - colours)) < 4
    assert not list(tmp_path.glob(".*"))


def test_untagged_small_material_keeps_its_colours(tmp_path: Path) -> None:
    # FFmpeg writes untagged RGB with the BT.601 matrix; the take says BT.709 and must look alike.
    path = write_raw(tmp_path / "a.mp4", [quadrants((320, 180))] * 2)
    into = _conformed(path, tmp_path / "b.mov")
    difference = media.frame_at(path, 0).astype(int) - media.frame_at(into, 0)
    assert np.abs(difference).mean() < 3


def test_small_pictures_become_prores(tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    media.write_film(source, numbered(3), rate=Fraction(24), size=(160, 96))
    done = media.conformed(source, tmp_path / "b.mov", rate=Fraction(24))
    assert (done.codec, done.size) == ("prores", (160, 96))
    assert "too small for DNxHR" in done.notes[0]


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25)])
def test_rates_that_agree_play_frame_for_frame(
    tmp_path: Path, codes: ModuleType, rate: Fraction
) -> None:
    source, into = tmp_path / "a.mp4", tmp_path / "b.mov"
    codes.write_clip(source, take=1, frames=30, rate=NTSC[0])
    done = media.conformed(source, into, rate=rate)
    assert media.probe(source).has_audio and not media.probe(into).has_audio
    assert (done.how, done.frames, media.probe(into).rate) == ("frame for frame", 30, rate)
    assert codes.read_codes(into) == codes.expected((1, 0, 30))


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (30, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        (24, [0, 1, 1, 2, 2, 3, 4, 4, 5, 5]),
        (5, [0, 3]),
    ],
)
def test_other_rates_show_the_nearest_frame(
    tmp_path: Path, codes: ModuleType, rate: int, shown: list[int]
) -> None:
    source, into = tmp_path / "a.mp4", tmp_path / "b.mov"
    codes.write_clip(source, take=1, frames=6, rate=15)
    done = media.conformed(source, into, rate=Fraction(rate))
    assert done.how == "nearest frame"
    assert [code.frame for code in codes.read_codes(into)] == shown
    assert media.probe(into).frames == done.frames == len(shown)


@pytest.mark.skipif(not CLIPS.exists(), reason="the real clips are not here")
@pytest.mark.parametrize("name", ["chess", "piggyback", "puppy", "rider"])
def test_real_clips(tmp_path: Path, name: str) -> None:
    path = CLIPS / f"{name}.mp4"
    footage = media.probe(path)
    assert (footage.frames, footage.rate, footage.size) == (45, 15, (350, 350))
    done = media.conformed(path, tmp_path / "a.mov", rate=Fraction(24), timecode="01:00:00:00")
    assert (done.frames, done.how, done.codec) == (72, "nearest frame", "dnxhr")
    original, taken = media.frame_at(path, 44), media.frame_at(done.path, 71)
    assert np.abs(original.astype(int) - taken).mean() < 3


def test_media_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    media.write_film(path, numbered(2), rate=Fraction(24), size=(160, 96))
    before = path.read_bytes()
    with pytest.raises(MediaError, match="never overwritten"):
        media.write_film(path, numbered(2), rate=Fraction(24), size=(160, 96))
    with pytest.raises(MediaError, match="never overwritten"):
        media.proxy(path, path)
    assert path.read_bytes() == before


def test_nothing_is_left_of_a_film_that_fails(tmp_path: Path) -> None:
    def breaking() -> Iterator[np.ndarray]:
        yield from numbered(3)
        raise RuntimeError("no more")

    size = (160, 96)
    with pytest.raises(RuntimeError, match="no more"):
        media.write_film(tmp_path / "a.mp4", breaking(), rate=Fraction(24), size=size)
    with pytest.raises(MediaError, match="without a frame"):
        media.write_film(tmp_path / "a.mp4", [], rate=Fraction(24), size=size)
    with pytest.raises(ValueError, match="frame 0"):
        media.write_film(tmp_path / "a.mp4", numbered(1), rate=Fraction(24), size=(96, 160))
    with pytest.raises(MediaError, match="must end in"):
        media.write_film(tmp_path / "a.mp4", [], rate=Fraction(24), size=size, codec="dnxhr")
    with pytest.raises(MediaError, match="does not exist; create it"):
        media.write_film(tmp_path / "none" / "a.mp4", [], rate=Fraction(24), size=size)
    assert list(tmp_path.iterdir()) == []


def _text(folder: Path) -> Path:
    (folder / "notes.txt").write_text("Not a film, only words.\n" * 20)
    return folder / "notes.txt"


def _text_named_film(folder: Path) -> Path:
    (folder / "film.mp4").write_text("Not a film, only words.\n" * 20)
    return folder / "film.mp4"


def _empty(folder: Path) -> Path:
    (folder / "empty.mov").touch()
    return folder / "empty.mov"


def _truncated_head(folder: Path) -> Path:
    media.write_film(folder / "whole.mp4", numbered(20), rate=Fraction(24), size=(160, 96))
    (folder / "cut.mp4").write_bytes((folder / "whole.mp4").read_bytes()[:60])
    return folder / "cut.mp4"


def _truncated_tail(folder: Path) -> Path:
    media.write_film(folder / "whole.mp4", numbered(20), rate=Fraction(24), size=(160, 96))
    whole = (folder / "whole.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) - 300])
    return folder / "cut.mp4"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "gone.mov", "There is no media file"),
        (lambda folder: folder, "is a folder"),
        (_empty, "is empty"),
        (_text, "is a text"),
        (_text_named_film, "is no video"),
        (lambda folder: write_sound(folder / "sound.m4a"), "sound but no picture"),
        (_truncated_head, "is no video"),
        (_truncated_tail, "ends early, only"),
    ],
)
def test_what_is_no_video_gets_one_sentence(
    tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    path = make(tmp_path)
    with pytest.raises(MediaError, match=words) as caught:
        media.probe(path)
    sentence = str(caught.value)
    assert str(path) in sentence and sentence.endswith(".") and "\n" not in sentence
    with pytest.raises(MediaError):
        list(media.frames_of(path))


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    media.write_film(path, numbered(4), rate=Fraction(24), size=(160, 96))
    assert media.probe(path).frames == 4
    path.unlink()
    media.write_film(path, numbered(9), rate=Fraction(24), size=(160, 96))
    assert media.probe(path).frames == 9


def test_high_dynamic_stills_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("exr", rate=24)
        stream.width, stream.height, stream.pix_fmt = 60, 40, "gbrpf32le"
        frame = av.VideoFrame.from_ndarray(quadrants((60, 40)), format="rgb24")
        # FFmpeg's threads race when they convert to floats (one picture in six had bad pixels).
        container.mux(stream.encode(frame.reformat(format="gbrpf32le", threads=1)))
        container.mux(stream.encode(None))
    footage = media.probe(path)
    assert (footage.frames, footage.is_still, footage.codec) == (1, True, "exr")
    assert np.abs(media.frame_at(path, 0).astype(int) - quadrants((60, 40))).max() < 4


@pytest.mark.parametrize("ending", ["png", "jpg", "tiff", "webp"])
def test_stills_are_footage_of_one_frame(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    Image.fromarray(quadrants((91, 61))).save(path)
    footage = media.probe(path)
    assert (footage.frames, footage.is_still, footage.size) == (1, True, (91, 61))
    assert media.frame_at(path, 0)[10, 10, 0] > 240
    with pytest.raises(MediaError, match="no frame 1"):
        media.frame_at(path, 1)


def test_cut(tmp_path: Path, codes: ModuleType) -> None:
    source = tmp_path / "a.mp4"
    codes.write_clip(source, take=2, frames=40, rate=NTSC[1])
    for name in ("b.mov", "b.mp4"):
        done = media.cut(source, tmp_path / name, 13, 9)
        assert codes.read_codes(done.path) == codes.expected((2, 13, 9))
        assert (done.frames, media.probe(done.path).rate) == (9, NTSC[1])
    with pytest.raises(MediaError, match="no frames 35 to 44; choose them from 0 to 39"):
        media.cut(source, tmp_path / "c.mov", 35, 10)


def test_proxies_hold_key_pictures_only(tmp_path: Path, codes: ModuleType) -> None:
    source = tmp_path / "a.mp4"
    codes.write_clip(source, take=2, frames=20, size=(1280, 720))
    done = media.proxy(source, tmp_path / "b.mp4")
    assert done.size == media.probe(done.path).size == (640, 360)
    assert codes.read_codes(done.path) == codes.expected((2, 0, 20))
    with av.open(str(done.path)) as container:
        stream = container.streams.video[0]
        assert all(packet.is_keyframe for packet in container.demux(stream) if packet.size)
        assert "Baseline" in stream.profile
    whole = done.path.read_bytes()
    assert whole.index(b"moov") < whole.index(b"mdat")


def test_thumbnails(tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    media.write_film(source, numbered(20), rate=Fraction(24), size=(160, 96))
    found = media.thumbnails(source, [12, 3, 3, 19], 80)
    assert [number_in(picture) for picture in found] == [12, 3, 3, 19]
    assert found[0].shape == (48, 80, 3)
    media.thumbnail(source, 5, tmp_path / "t.png", 64)
    with Image.open(tmp_path / "t.png") as picture:
        assert number_in(np.asarray(picture)) == 5
