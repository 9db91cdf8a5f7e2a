"""Training the judge's vote: small convolutions over cells and frames (PyTorch, training only).

    python contact/net.py LESSONS OUT.npz [--fold K] [--without DOMAIN] [--seeds N] [--epochs 30]

reads the lessons that `python -m contact.lessons` wrote, and writes the weights with what the
net says of the clips that it did not learn from. It imports nothing of the package, so that any
Python with PyTorch runs it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

FOLDS = 4
WIDTH = 24
CROP = 32
"""Analysed frames of one piece of a clip."""
BATCH = 6
SUMMARY = 16
CLIP = 4.0
SCALES = ("planes_mean", "planes_spread", "numbers_mean", "numbers_spread")


@dataclass(frozen=True)
class Lesson:
    """One clip: planes (T, C, H, W), numbers (T, N), truth, and the frames that count."""

    name: str
    domain: str
    group: str
    planes: np.ndarray
    numbers: np.ndarray
    labels: np.ndarray
    wrong: np.ndarray
    counts: np.ndarray


class Net(nn.Module):
    """Cells in space, then in time, then the frame as a whole."""

    def __init__(self, planes: int, numbers: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(planes, WIDTH, 3, padding=1)
        self.second = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.third = nn.Conv2d(WIDTH, WIDTH, 3, padding=2, dilation=2)
        self.near = nn.Conv1d(WIDTH, WIDTH, 3, padding=1)
        self.far = nn.Conv1d(WIDTH, WIDTH, 3, padding=4, dilation=4)
        self.cell = nn.Conv1d(WIDTH, outputs, 1)
        self.summary = nn.Conv1d(2 * WIDTH + outputs + numbers, SUMMARY, 3, padding=1)
        self.long = nn.Conv1d(SUMMARY, SUMMARY, 5, padding=8, dilation=4)
        self.frame = nn.Conv1d(SUMMARY, outputs, 1)

    def forward(self, planes: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of cells (B, T, O, H, W) and of frames (B, T, O)."""
        b, t, c, h, w = planes.shape
        x = F.relu(self.first(planes.reshape(b * t, c, h, w)))
        x = F.relu(x + self.second(x))
        x = F.relu(x + self.third(x))
        x = x.reshape(b, t, WIDTH, h * w).permute(0, 3, 2, 1).reshape(b * h * w, WIDTH, t)
        x = F.relu(x + self.near(x))
        x = F.relu(x + self.far(x))
        cells = self.cell(x)
        cells = cells.reshape(b, h * w, -1, t).permute(0, 3, 2, 1)
        deep = x.reshape(b, h * w, WIDTH, t).permute(0, 3, 2, 1)
        strongest = torch.topk(cells, 8, dim=3).values.mean(3)
        parts = [torch.topk(deep, 8, dim=3).values.mean(3), deep.mean(3), strongest, numbers]
        y = torch.cat(parts, dim=2).permute(0, 2, 1)
        y = F.relu(self.summary(y))
        y = F.relu(y + self.long(y))
        frames = self.frame(y).permute(0, 2, 1) + strongest
        return cells.reshape(b, t, -1, h, w), frames


def read(folder: Path) -> list[Lesson]:
    """Return every lesson of a folder, in the order of their names."""
    found = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as z:
            found.append(Lesson(path.stem, str(z["domain"]), str(z["group"]), z["planes"],
                                z["numbers"], z["labels"], z["wrong"], z["counts"]))  # fmt: skip
    return found


def fold_of(lessons: list[Lesson]) -> np.ndarray:
    """Return each lesson's fold; what shares a group shares a fold."""
    groups = sorted({(one.domain, one.group) for one in lessons})
    return np.array([groups.index((one.domain, one.group)) % FOLDS for one in lessons])


def scaling(lessons: list[Lesson]) -> tuple[np.ndarray, ...]:
    """Return mean and spread of planes and of numbers."""
    rows = [np.moveaxis(one.planes[::8].astype(np.float32), 1, -1) for one in lessons]
    planes = np.concatenate([row.reshape(-1, row.shape[-1]) for row in rows])
    numbers = np.concatenate([one.numbers for one in lessons])
    return (planes.mean(0), planes.std(0) + 1e-3,
            numbers.mean(0), numbers.std(0) + 1e-3)  # fmt: skip


def standard(one: Lesson, scale: tuple[np.ndarray, ...]) -> tuple[Tensor, Tensor]:
    """Return a lesson's planes and numbers, standardised and clipped."""
    planes = (one.planes.astype(np.float32) - scale[0][:, None, None]) / scale[1][:, None, None]
    numbers = (one.numbers - scale[2]) / scale[3]
    return (torch.from_numpy(np.clip(planes, -CLIP, CLIP)),
            torch.from_numpy(np.clip(numbers, -CLIP, CLIP).astype(np.float32)))  # fmt: skip


def piece(one: Lesson, scale: tuple[np.ndarray, ...], rng: np.random.Generator) -> tuple:
    """Return a random stretch of a lesson, mirrored half of the time."""
    total = len(one.counts)
    inside = np.flatnonzero(one.counts)
    middle = int(rng.choice(inside)) if len(inside) else total // 2
    start = int(np.clip(middle - rng.integers(CROP), 0, max(0, total - CROP)))
    at = np.minimum(np.arange(start, start + CROP), total - 1)
    fresh = np.arange(start, start + CROP) < total
    cut = Lesson(one.name, one.domain, one.group, one.planes[at], one.numbers[at], one.labels[at],
                 one.wrong[at], one.counts[at] & fresh)  # fmt: skip
    planes, numbers = standard(cut, scale)
    wrong = torch.from_numpy(cut.wrong)
    if rng.random() < 0.5:
        planes, wrong = planes.flip(3), wrong.flip(2)
    planes = planes * (torch.rand(planes.shape[1]) > 0.06).float()[:, None, None]
    return (
        planes,
        numbers,
        torch.from_numpy(cut.labels).float(),
        wrong,
        torch.from_numpy(cut.counts),
    )


def loss_of(net: Net, batch: list[tuple]) -> Tensor:
    """Return the loss of frames and, lighter, of cells."""
    planes, numbers, labels, wrong, counts = (
        torch.stack(part) for part in zip(*batch, strict=True)
    )
    cells, frames = net(planes, numbers)
    weight = counts.float()
    by_frame = F.binary_cross_entropy_with_logits(frames, labels, reduction="none").mean(2)
    truth = wrong[:, :, None].float() * labels[:, :, :, None, None]
    by_cell = F.binary_cross_entropy_with_logits(cells, truth, reduction="none")
    by_cell = (by_cell * (1 + 3 * truth)).mean((2, 3, 4))
    return ((by_frame + 2.0 * by_cell) * weight).sum() / weight.sum().clamp(min=1)


def batches(lessons: list[Lesson], rng: np.random.Generator) -> list[list[Lesson]]:
    """Return the lessons in random batches; pictures of one batch have one shape."""
    shapes: dict[tuple[int, ...], list[Lesson]] = {}
    for index in rng.permutation(len(lessons)):
        shapes.setdefault(lessons[index].planes.shape[2:], []).append(lessons[index])
    cut = [same[i : i + BATCH] for same in shapes.values() for i in range(0, len(same), BATCH)]
    return [cut[i] for i in rng.permutation(len(cut))]


def fit(lessons: list[Lesson], scale: tuple[np.ndarray, ...], epochs: int, seed: int) -> Net:
    """Return a net that learned from the lessons."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Net(lessons[0].planes.shape[1], lessons[0].numbers.shape[1], lessons[0].labels.shape[1])
    rounds = len(batches(lessons, rng))
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=epochs * rounds)
    for epoch in range(epochs):
        total = 0.0
        for batch in batches(lessons, rng):
            loss = loss_of(net, [piece(one, scale, rng) for one in batch])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(f"seed {seed}, epoch {epoch + 1} of {epochs}: {total / rounds:.4f}", flush=True)
    return net.eval()


def said(nets: list[Net], one: Lesson, scale: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the mean logits of frames, (T, outputs)."""
    planes, numbers = standard(one, scale)
    with torch.no_grad():
        every = [net(planes[None], numbers[None])[1][0] for net in nets]
    return torch.stack(every).mean(0).numpy()


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--fold", type=int, help="the fold not to learn from")
    parser.add_argument("--without", help="the domain not to learn from")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=40)
    options = parser.parse_args()
    lessons = read(options.lessons)
    fold = fold_of(lessons)
    left = [i for i, one in enumerate(lessons)
            if fold[i] == options.fold or one.domain == options.without]  # fmt: skip
    learned = [one for i, one in enumerate(lessons) if i not in set(left)]
    scale = scaling(learned)
    nets = [fit(learned, scale, options.epochs, seed) for seed in range(options.seeds)]
    arrays = {
        "scale_" + name: part.astype(np.float32) for name, part in zip(SCALES, scale, strict=True)
    }
    for number, net in enumerate(nets):
        arrays |= {f"net{number}_{k}": v.numpy() for k, v in net.state_dict().items()}
    opinions = {f"said_{lessons[i].name}": said(nets, lessons[i], scale) for i in left}
    np.savez(options.out, **arrays, **opinions)
    print("wrote", options.out.name, len(opinions), "clips left out", flush=True)


if __name__ == "__main__":
    main()
