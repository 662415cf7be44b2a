"""Interferometer and phase shifter against products of elementary matrices."""

import numpy as np
import pytest

from .physics import scattering

COUPLER = np.array([[1, 1j], [1j, 1]]) / np.sqrt(2)


@pytest.mark.parametrize(("theta", "phi", "loss"), [(0.3, 1.1, 0), (2.0, -0.4, 1.5), (0, 0, 0), (np.pi, 2, 0)])
def test_mzi_is_the_product_of_its_elements(theta, phi, loss):
    """Amplitudes (lower, upper); the upper output is o3, the lower o4."""
    s = scattering("mzi", theta=theta, phi=phi, loss=loss)
    upper_phase = [np.diag([1, np.exp(1j * x)]) for x in (phi, theta)]
    product = 10 ** (-loss / 20) * COUPLER @ upper_phase[1] @ COUPLER @ upper_phase[0]
    np.testing.assert_allclose(s[[3, 2]][:, [0, 1]], product, atol=1e-15)
    np.testing.assert_allclose(s, s.T, atol=1e-15)


def test_mzi_limits():
    cross, bar = scattering("mzi", theta=0), scattering("mzi", theta=np.pi)
    assert abs(cross[2, 0]) == pytest.approx(1)
    assert abs(bar[3, 0]) == pytest.approx(1)


def test_phase_shifter():
    s = scattering("phase_shifter", phase=0.5, loss=6.0)
    expected = 10**-0.3 * np.exp(0.5j)
    np.testing.assert_allclose(s, [[0, expected], [expected, 0]], atol=1e-15)
