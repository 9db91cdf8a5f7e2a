"""Refresh what the README shows of the demo: its words and its picture.

python docs/make_front.py
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 1200
"""Pixels."""
MOST_BYTES = 150_000


def main() -> None:
    """Run the demo and put what it says and draws into README.md and docs/."""
    with TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "otio_bridge.cli", "demo", "--out", "demo"]
        done = subprocess.run(words, cwd=folder, capture_output=True, check=True, encoding="utf-8")
        said = done.stdout.replace(str(Path(folder).resolve()), "...").replace(folder, "...")
        _picture(Path(folder) / "demo" / "hug_takes.png", ROOT / "docs" / "takes.jpg")
    lines = "\n".join(line.rstrip() for line in said.splitlines())
    readme = ROOT / "README.md"
    text = re.sub(
        r"(<!-- output -->\n```text\n).*?(```)",
        lambda found: f"{found[1]}{lines}\n{found[2]}",
        readme.read_text(encoding="utf-8"),
        flags=re.S,
    )
    readme.write_text(text, encoding="utf-8")


def _picture(board: Path, target: Path) -> None:
    """Save the board as the best JPEG that stays small."""
    with Image.open(board) as opened:
        size = (WIDTH, round(opened.height * WIDTH / opened.width))
        picture = opened.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    for quality in range(88, 40, -4):
        picture.save(target, quality=quality, optimize=True, progressive=True)
        if target.stat().st_size <= MOST_BYTES:
            return
    sys.exit(f"{target} stays above {MOST_BYTES} bytes.")


if __name__ == "__main__":
    main()
