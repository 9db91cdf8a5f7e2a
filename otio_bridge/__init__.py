"""Takes of a contact shot, judged second by second and spliced in place, carried by OTIO."""

__version__ = "0.1.0"
