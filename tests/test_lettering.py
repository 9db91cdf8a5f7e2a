"""Letters on pictures are ones the bundled font has, and fit their room."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from otio_bridge.lettering import drawable, fitted, font, shortened


def test_names_of_many_languages_stay_drawable() -> None:
    assert drawable("Zoë – 4× Øst") == "Zoe - 4x Ost"
    assert drawable("拥抱_010") == "??_010"


@given(st.text(max_size=30))
def test_every_letter_is_in_the_font(text: str) -> None:
    absent = bytes(font(20).getmask("\uffff"))
    assert all(bytes(font(20).getmask(sign)) != absent for sign in drawable(text))


@given(st.text(alphabet="abc WM_01", max_size=60), st.integers(40, 600))
def test_text_fits_its_room(text: str, room: int) -> None:
    letters = font(20)
    assert letters.getlength(shortened(text, letters, room)) <= max(room, letters.getlength("…"))
    smaller = fitted(text, 20, room)
    assert smaller.size == 8 or smaller.getlength(text) <= room * 1.05
