from __future__ import annotations

import subprocess
import sys

import pytest

import otio_bridge


@pytest.mark.parametrize("name", otio_bridge.__all__)
def test_every_name_of_the_front_door_opens(name: str) -> None:
    assert getattr(otio_bridge, name).__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = otio_bridge.nonsense


def test_importing_the_package_loads_no_foreign_library() -> None:
    heavy = "{'cv2', 'av', 'numpy', 'pydantic'}"
    code = f"import otio_bridge, sys; print(sorted({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
