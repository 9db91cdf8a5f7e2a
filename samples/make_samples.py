"""Make the sample project `samples/kitchen/`: a three-clip cut whose hug goes wrong.

python samples/make_samples.py
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from otio_bridge.demo import made_sample
from otio_bridge.errors import BridgeError

HOME = Path(__file__).resolve().parent / "kitchen"


def main() -> None:
    """Draw the sample into a folder of its own, and move it into place when it is whole."""
    draft = HOME.with_name(".kitchen.draft")
    if HOME.exists():
        sys.exit(f"{HOME} is there already; remove it to make it anew.")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        made_sample(draft)
        draft.rename(HOME)
    except BridgeError as error:
        sys.exit(str(error))
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    print(f"Made {HOME / 'kitchen.otio'}")


if __name__ == "__main__":
    main()
