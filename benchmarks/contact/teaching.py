"""Teaching nets: `otio_bridge.scoring.nets` written for JAX, and how it learns from clips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from contact.table import Seen
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.features import CONSTANTS, backwards, columns_of, curves_behind, measured
from otio_bridge.scoring.learned import Panel
from otio_bridge.scoring.nets import APART, BESIDE, Net

Weights = dict[str, jax.Array]


@dataclass(frozen=True)
class Way:
    """How a net of the panel learns."""

    seen: tuple[str, ...]
    """Of the MEASURES."""
    laid_over: bool
    """Whether clips are laid over one another. Nets so taught rank kinds of drawings never seen
    better, and bodies worse; with the others they are better at both."""


WAYS = (
    Way(("odd",), False),
    Way(("off",), True),
    Way(("odd", "off"), True),
    Way(("odd", "off", "amount"), False),
)
"""By net: nets that learned otherwise err elsewhere."""
WIDTH = 64
ROUNDS = 40
"""How often every clip is learned from."""
AT_ONCE = 32
"""Clips of a step."""
TOGETHER = 4
"""Clips whose errors are worked out together: what more of them need leaves the cache, and takes
twice as long."""
RATE, WARM, DECAY = 2e-3, 200, 0.02
"""Of AdamW: its rate at most, after so many steps, falling as a cosine; its decay of weights."""
DECAYING = ("first", "layers", "last")
GAIN = 0.3
"""Standard deviation of the logarithm by which curves of a clip are made stronger or weaker each
time it is learned from: once all of them together, once each by itself. How strong a change shows
depends on the kind of picture, and pictures of other kinds will come."""
UNSEEN_CURVES, UNSEEN_WIDTH = 0.1, 0.2
"""Share of a clip's curves, and of the numbers inside the net, that are left out each time."""
KIND = 0.2
"""What an error on one kind weighs beside one on any failure."""


@dataclass(frozen=True)
class Lesson:
    """A clip as nets learn from it; rows are its analysed frames."""

    measures: Numbers
    labels: NDArray[np.bool_]
    counts: NDArray[np.bool_]

    def backwards(self) -> Lesson:
        """Return the clip as it would be if time ran the other way."""
        return Lesson(backwards(self.measures), self.labels[::-1], self.counts[::-1])


def fit_panel(clips: Sequence[Seen]) -> Panel:
    """Teach the nets of a panel on clips."""
    usual = np.concatenate([one.curves for one in clips]).std(axis=0) + np.float32(1e-4)
    lessons = [
        Lesson(measured(one.curves, one.constants, usual), one.labels, one.counts) for one in clips
    ]
    return Panel(usual, tuple(fit_net(lessons, way, seed) for seed, way in enumerate(WAYS)))


@dataclass(frozen=True)
class Batch:
    """Clips that are learned from together, padded to one length: clips x frames x ..."""

    measures: jax.Array | Numbers
    labels: jax.Array | Numbers
    counts: jax.Array | Numbers
    real: jax.Array | Numbers
    """1 where a clip has a frame, 0 after its end."""


jax.tree_util.register_dataclass(Batch)


def fit_net(lessons: Sequence[Lesson], way: Way, seed: int) -> Net:
    """Teach one net."""
    curves = curves_behind(lessons[0].measures)
    key = jax.random.key(seed)
    columns = columns_of(way.seen, curves)
    weights = _first_weights(key, len(columns), lessons[0].labels.shape[1])
    steps = ROUNDS * (len(lessons) // AT_ONCE)
    optimizer = _optimizer(steps)
    strengths = jnp.array([0.0 if name == "odd" else 1.0 for name in way.seen])

    @jax.jit
    def shown(batch: Batch, key: jax.Array) -> Batch:
        change, over = jax.random.split(key)
        changed = replace(batch, measures=_changed(batch.measures, strengths, curves, change))
        return _laid_over(changed, over) if way.laid_over else changed

    @jax.jit
    def learned(
        weights: Weights, state: optax.OptState, batch: Batch, key: jax.Array
    ) -> tuple[Weights, optax.OptState]:
        updates, state = optimizer.update(_mean_slope(weights, batch, key), state, weights)
        return optax.apply_updates(weights, updates), state

    state = optimizer.init(weights)
    for number, batch in enumerate(_batches(lessons, columns, steps, seed)):
        change, inner = jax.random.split(jax.random.fold_in(key, number))
        weights, state = learned(weights, state, shown(batch, change), inner)
    net = _as_net(weights, columns)
    _check(net, lessons[0])
    return net


def _optimizer(steps: int) -> optax.GradientTransformation:
    rate = optax.warmup_cosine_decay_schedule(0.0, RATE, WARM, max(steps, WARM + 1))
    return optax.adamw(
        rate, b2=0.99, weight_decay=DECAY,
        mask=lambda weights: {name: name in DECAYING for name in weights},
    )  # fmt: skip


def _batches(
    lessons: Sequence[Lesson], columns: NDArray[np.int64], steps: int, seed: int
) -> Iterator[Batch]:
    """Yield so many batches; every lesson once a round, every other time backwards."""
    chance = np.random.default_rng(seed)
    longest = max(len(one.measures) for one in lessons)
    every = _batch([*lessons, *(one.backwards() for one in lessons)], columns, longest)
    np.sinh(every.measures[..., :-CONSTANTS], out=every.measures[..., :-CONSTANTS])
    order: list[int] = []
    for _ in range(steps):
        if len(order) < AT_ONCE:
            order = chance.permutation(len(lessons)).tolist()
        chosen = [order.pop() + len(lessons) * int(chance.integers(2)) for _ in range(AT_ONCE)]
        yield jax.tree.map(lambda rows, chosen=chosen: rows[chosen], every)


def _batch(lessons: Sequence[Lesson], columns: NDArray[np.int64], longest: int) -> Batch:
    def padded(rows: NDArray[np.generic], mode: str = "edge") -> NDArray[np.float32]:
        tail = [(0, longest - len(rows)), *[(0, 0)] * (rows.ndim - 1)]
        return np.pad(rows.astype(np.float32), tail, mode)

    return Batch(
        np.stack([padded(one.measures[:, columns]) for one in lessons]),
        np.stack([padded(one.labels) for one in lessons]),
        np.stack([padded(one.counts, "constant") for one in lessons]),
        np.stack([padded(np.ones(len(one.counts)), "constant") for one in lessons]),
    )


def _changed(measures: jax.Array, strengths: jax.Array, curves: int, key: jax.Array) -> jax.Array:
    """Return measures as if curves had been stronger or weaker, and some had not been seen.

    Args:
        measures: Their hyperbolic sines, so that a gain can be put on before large ones are drawn
            together.
        strengths: By measure: 1 where a stronger curve measures more; it is as odd as before.
        curves: Curves of which measures were made.
        key: What is drawn from.
    """
    clips, frames, _ = measures.shape
    together, each, lost = jax.random.split(key, 3)
    gain = jnp.exp(
        GAIN * (jax.random.normal(together, (clips, 1)) + jax.random.normal(each, (clips, curves)))
    )
    shown = jax.random.bernoulli(lost, 1 - UNSEEN_CURVES, (clips, curves)) / (1 - UNSEEN_CURVES)
    numbers = measures[..., :-CONSTANTS].reshape(clips, frames, len(strengths), curves)
    stronger = _drawn_together(numbers * gain[:, None, None] ** strengths[:, None])
    numbers = (stronger * shown[:, None, None]).reshape(clips, frames, -1)
    return jnp.concatenate([numbers, measures[..., -CONSTANTS:]], axis=-1)


def _drawn_together(numbers: jax.Array) -> jax.Array:
    """Return inverse hyperbolic sines, less exact near 0 than JAX's in half the time."""
    size = jnp.abs(numbers)
    return jnp.sign(numbers) * jnp.log(size + jnp.sqrt(size * size + 1))


def _laid_over(batch: Batch, key: jax.Array) -> Batch:
    """Return every clip mixed with a share of another, and so its labels (Zhang et al. 2018)."""
    share = jax.random.uniform(key, (len(batch.real), 1, 1), minval=0.5)
    other = jax.tree.map(lambda rows: rows[::-1], batch)
    return Batch(
        share * batch.measures + (1 - share) * other.measures,
        share * batch.labels + (1 - share) * other.labels,
        batch.counts * other.counts,
        batch.real * other.real,
    )


def _mean_slope(weights: Weights, batch: Batch, key: jax.Array) -> Weights:
    """Return the slope of the mean error of a batch, worked out a few clips at a time."""
    count = len(batch.real) // TOGETHER
    few = jax.tree.map(lambda rows: rows.reshape(count, TOGETHER, *rows.shape[1:]), batch)

    def error(weights: Weights, few: Batch, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        return _error(odds_of(weights, few.measures, few.real, key), few)

    def added(
        so_far: tuple[Weights, jax.Array], more: tuple[Batch, jax.Array]
    ) -> tuple[tuple[Weights, jax.Array], None]:
        slope, frames = jax.grad(error, has_aux=True)(weights, *more)
        return jax.tree.map(jnp.add, so_far, (slope, frames)), None

    nothing = jax.tree.map(jnp.zeros_like, weights), jnp.zeros(())
    (slope, frames), _ = jax.lax.scan(added, nothing, (few, jax.random.split(key, count)))
    return jax.tree.map(lambda one: one / frames, slope)


def _error(odds: jax.Array, batch: Batch) -> tuple[jax.Array, jax.Array]:
    """Return the sum of the cross entropies of the frames that count, and how many do."""
    each = jnp.logaddexp(0.0, odds) - batch.labels * odds
    weighed = KIND * each[..., :-1].sum(-1) + each[..., -1]
    return (weighed * batch.counts).sum(), batch.counts.sum()


def odds_of(
    weights: Weights, measures: jax.Array, real: jax.Array, key: jax.Array | None = None
) -> jax.Array:
    """Return what `Net.odds_together` does, of padded clips; a key leaves some numbers out."""
    keys = jax.random.split(key, len(APART) + 1) if key is not None else [None] * (len(APART) + 1)
    shown = real[..., None]
    inside = shown * jax.nn.gelu(measures @ weights["first"] + weights["first_level"])
    for layer, apart in enumerate(APART):
        even = _thinned(_evened(inside) * weights["gains"][layer], keys[layer])
        beside = jnp.concatenate([_moved(even, by * apart) for by in BESIDE], axis=-1)
        added = jax.nn.gelu(beside @ weights["layers"][layer] + weights["levels"][layer])
        inside = shown * (inside + added)
    even = _thinned(_evened(inside), keys[-1])
    mean = even.sum(1, keepdims=True) / shown.sum(1, keepdims=True)
    largest = jnp.where(shown > 0, even, -jnp.inf).max(1, keepdims=True)
    whole = [jnp.broadcast_to(one, even.shape) for one in (mean, largest)]
    return jnp.concatenate([even, *whole], axis=-1) @ weights["last"] + weights["last_level"]


def _evened(numbers: jax.Array) -> jax.Array:
    return numbers * jax.lax.rsqrt((numbers * numbers).mean(-1, keepdims=True) + 1e-5)


def _thinned(numbers: jax.Array, key: jax.Array | None) -> jax.Array:
    if key is None:
        return numbers
    shown = jax.random.bernoulli(key, 1 - UNSEEN_WIDTH, (len(numbers), 1, numbers.shape[-1]))
    return numbers * shown / (1 - UNSEEN_WIDTH)


def _moved(rows: jax.Array, later: int) -> jax.Array:
    nothing = jnp.zeros_like(rows[:, : abs(later)])
    kept = rows[:, : rows.shape[1] - later] if later >= 0 else rows[:, -later:]
    return jnp.concatenate([nothing, kept] if later >= 0 else [kept, nothing], axis=1)


def _first_weights(key: jax.Array, columns: int, outputs: int) -> Weights:
    first, *layers, last = jax.random.split(key, len(APART) + 2)
    beside = len(BESIDE) * WIDTH
    drawn = [jax.random.normal(one, (beside, WIDTH)) for one in layers]
    return {
        "first": jax.random.normal(first, (columns, WIDTH)) / columns**0.5,
        "first_level": jnp.zeros(WIDTH),
        "gains": jnp.ones((len(APART), WIDTH)),
        "layers": jnp.stack(drawn) * (0.5 / beside**0.5),
        "levels": jnp.zeros((len(APART), WIDTH)),
        "last": jax.random.normal(last, (3 * WIDTH, outputs)) * 0.01,
        "last_level": jnp.full(outputs, -1.0, jnp.float32),
    }


def _as_net(weights: Weights, columns: NDArray[np.int64]) -> Net:
    """Return the net with its weights as precise as they will be stored."""
    stored = {name: np.asarray(one).astype(np.float16) for name, one in weights.items()}
    return Net(columns.astype(np.int16), **{n: one.astype(np.float32) for n, one in stored.items()})


def _check(net: Net, lesson: Lesson) -> None:
    """Raise AssertionError unless NumPy says what JAX says."""
    weights = {
        name: jnp.asarray(getattr(net, name), jnp.float32)
        for name in Net.__dataclass_fields__ if name != "columns"
    }  # fmt: skip
    batch = _batch([lesson], net.columns.astype(np.int64), len(lesson.measures) + 9)
    other = odds_of(weights, batch.measures, batch.real)[0, : len(lesson.measures)]
    np.testing.assert_allclose(net.odds_together(lesson.measures), other, atol=1e-3, rtol=1e-3)
