"""Weighted sums of waves, eight samples at a time: what most operations are."""

from __future__ import annotations

from ..schedule.pack import Tables
from .kernel import compiled, inlined
from .plan import Plan, place, read
from .rings import Array, Lane, get, put, ring_of
from .simd import WIDTH, flushed, plus_times, spread, times


@inlined
def weigh(
    reads: Array,
    gains: Array,
    k: int,
    count: int,
    ring: int,
    mask: int,
    twin: bool,
    ring2: int,
    mask2: int,
    t0: int,
    t1: int,
) -> None:
    """y[t] = sum of c x[t - d] over `count` terms from k on, into a ring, for t0 <= t < t1.

    Sums of two or three terms may have a twin: a second sum of the same terms, into a second ring.
    """
    if count == 1:
        a, ca = place(reads, k), gains[k, 0]
        for t in range(t0, t1, WIDTH):
            put(ring, mask, t, flushed(times(ca, read(a, t))))
    elif count == 2:
        a, b = place(reads, k), place(reads, k + 1)
        ca, cb, da, db = gains[k, 0], gains[k + 1, 0], gains[k, 1], gains[k + 1, 1]
        for t in range(t0, t1, WIDTH):
            x, y = read(a, t), read(b, t)
            put(ring, mask, t, flushed(plus_times(times(ca, x), cb, y)))
            if twin:
                put(ring2, mask2, t, flushed(plus_times(times(da, x), db, y)))
    elif count == 3:
        a, b, c = place(reads, k), place(reads, k + 1), place(reads, k + 2)
        ca, cb, cc = gains[k, 0], gains[k + 1, 0], gains[k + 2, 0]
        da, db, dc = gains[k, 1], gains[k + 1, 1], gains[k + 2, 1]
        for t in range(t0, t1, WIDTH):
            x, y, z = read(a, t), read(b, t), read(c, t)
            put(ring, mask, t, flushed(plus_times(plus_times(times(ca, x), cb, y), cc, z)))
            if twin:
                light = plus_times(plus_times(times(da, x), db, y), dc, z)
                put(ring2, mask2, t, flushed(light))
    else:
        for t in range(t0, t1, WIDTH):
            total = spread(0j)
            for term in range(k, k + count):
                total = plus_times(total, gains[term, 0], read(place(reads, term), t))
            put(ring, mask, t, flushed(total))


@compiled
def weigh_driven(tables: Tables, plan: Plan, o: int, lane: Lane, t0: int, t1: int) -> None:
    """y[t] = sum of c[t] x[t]: the coefficients are waves themselves, because they follow a shape."""
    ring, mask = ring_of(lane, tables.output[o])
    for t in range(t0, t1, WIDTH):
        total = spread(0j)
        for k in range(tables.term_start[o], tables.term_start[o + 1]):
            modulator, modulator_mask = ring_of(lane, tables.term_value[k, 0])
            total = plus_times(total, get(modulator, modulator_mask, t), read(place(plan.reads, k), t))
        put(ring, mask, t, flushed(total))
