"""Names for the arrays that the judge works on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]
"""Rows x columns x BGR (overlays: RGB), 8 bits a channel."""
Maps = NDArray[Any]
"""Rows x columns, or rows x columns x layers, 32-bit floats."""
Numbers = NDArray[Any]
"""Floats; the docstring says what the axes are."""
Flags = NDArray[np.bool_]
