"""The hand-written loops: a node reads what its links hold, some samples ago, and writes what leaves it.

Waves live in ring buffers, real and imaginary parts apart (`re`, `im`). A wave that a node reads is (base, mask,
delay, jump), one that it writes is (base, mask): sample t stands at base + (t & mask) * stride. What enters is kept
window by window, all inputs of a window side by side: `jump` leads from one window to the next one. Eight numbers
are computed at once: eight moments of one run (step 8, stride 1), or one moment of eight runs (step 1, stride 8).
In the first case the first eight slots of a ring are written again behind its last one, so that a read never wraps
around.

`delay` is at least `window` wherever a node reads what a later node of the list writes. Coefficients hold the links'
transmissions; they are hoisted out of the loop over time.
"""

from __future__ import annotations

from numba.np.unsafe.ndarray import to_fixed_tuple

from .lanes import load, loop, store


@loop
def put(re, im, base, mask, t, stride, x, y):
    """Write a wave's samples at t, twice in the first slots."""
    slot = t & mask
    store(re, base + slot * stride, x)
    store(im, base + slot * stride, y)
    if slot == 0 and stride == 1:
        store(re, base + mask + 1, x)
        store(im, base + mask + 1, y)


@loop
def pairs(re, im, edges, gains, t0, t1, window, step, stride):
    """Nodes of two inputs and two outputs with any complex coefficients: rings, rows of rings, meshes."""
    for t in range(t0, t1, window):
        for d in range(edges.shape[0]):
            s0, m0, d0, j0, s1, m1, d1, j1, w0, n0, w1, n1 = to_fixed_tuple(edges[d], 12)
            p0r, p0i, p1r, p1i, q0r, q0i, q1r, q1i = to_fixed_tuple(gains[d], 8)
            s0, s1 = s0 + t // window * j0, s1 + t // window * j1
            for s in range(t, min(t + window, t1), step):
                a, b = s0 + ((s - d0) & m0) * stride, s1 + ((s - d1) & m1) * stride
                ar, ai, br, bi = load(re, a), load(im, a), load(re, b), load(im, b)
                pr = p0r * ar - p0i * ai + p1r * br - p1i * bi
                pi = p0r * ai + p0i * ar + p1r * bi + p1i * br
                qr = q0r * ar - q0i * ai + q1r * br - q1i * bi
                qi = q0r * ai + q0i * ar + q1r * bi + q1i * br
                put(re, im, w0, n0, s, stride, pr, pi)
                put(re, im, w1, n1, s, stride, qr, qi)


@loop
def torus(re, im, edges, gains, t0, t1, window, step, stride):
    """Nodes of a coupler and a tap: up = p0 a + p1 b, m = q0 a + q1 b, right = t m + i k s, out = i k m + t s."""
    for t in range(t0, t1, window):
        for d in range(edges.shape[0]):
            s0, m0, d0, j0, s1, m1, d1, j1, w0, n0, w1, n1, s2, j2, w2, n2 = to_fixed_tuple(edges[d], 16)
            s0, s1, s2 = s0 + t // window * j0, s1 + t // window * j1, s2 + t // window * j2
            p0r, p0i, p1r, p1i, q0r, q0i, q1r, q1i, through, cross = to_fixed_tuple(gains[d], 10)
            for s in range(t, min(t + window, t1), step):
                a, b, c = s0 + ((s - d0) & m0) * stride, s1 + ((s - d1) & m1) * stride, s2 + (s - t) * stride
                ar, ai, br, bi, cr, ci = load(re, a), load(im, a), load(re, b), load(im, b), load(re, c), load(im, c)
                pr = p0r * ar - p0i * ai + p1r * br - p1i * bi
                pi = p0r * ai + p0i * ar + p1r * bi + p1i * br
                qr = q0r * ar - q0i * ai + q1r * br - q1i * bi
                qi = q0r * ai + q0i * ar + q1r * bi + q1i * br
                put(re, im, w1, n1, s, stride, pr, pi)
                put(re, im, w0, n0, s, stride, through * qr - cross * ci, through * qi + cross * cr)
                put(re, im, w2, n2, s, stride, through * cr - cross * qi, through * ci + cross * qr)


@loop
def swirl(re, im, edges, gains, t0, t1, window, step, stride):
    """Nodes of a tap in, a coupler and a tap out; what the source adds to `across` is real, to `b` imaginary."""
    for t in range(t0, t1, window):
        for d in range(edges.shape[0]):
            s0, m0, d0, j0, s1, m1, d1, j1, w0, n0, w1, n1, s2, j2, w2, n2 = to_fixed_tuple(edges[d], 16)
            s0, s1, s2 = s0 + t // window * j0, s1 + t // window * j1, s2 + t // window * j2
            p0r, p0i, p1r, p1i, q0r, q0i, q1r, q1i, p2, q2, through, cross = to_fixed_tuple(gains[d], 12)
            for s in range(t, min(t + window, t1), step):
                a, b, c = s0 + ((s - d0) & m0) * stride, s1 + ((s - d1) & m1) * stride, s2 + (s - t) * stride
                ar, ai, br, bi, cr, ci = load(re, a), load(im, a), load(re, b), load(im, b), load(re, c), load(im, c)
                pr = p0r * ar - p0i * ai + p1r * br - p1i * bi + p2 * cr
                pi = p0r * ai + p0i * ar + p1r * bi + p1i * br + p2 * ci
                qr = q0r * ar - q0i * ai + q1r * br - q1i * bi - q2 * ci
                qi = q0r * ai + q0i * ar + q1r * bi + q1i * br + q2 * cr
                put(re, im, w1, n1, s, stride, pr, pi)
                put(re, im, w0, n0, s, stride, through * qr, through * qi)
                put(re, im, w2, n2, s, stride, -cross * qi, cross * qr)
