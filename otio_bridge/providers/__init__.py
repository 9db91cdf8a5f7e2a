"""Generators: each keeps the promise of `otio_bridge.provider` in one file."""
