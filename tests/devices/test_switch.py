"""Switches: two resistances, and thresholds with hysteresis between."""

import pytest

from tdsim.devices.switch import CurrentSwitch, VoltageSwitch


def prepared(kind, **values):
    return kind.prepare({**{k: p.default for k, p in kind.params.items()}, **values}, 27.0, 27.0)


@pytest.mark.parametrize(("kind", "keys"), [(VoltageSwitch, ("vt", "vh")), (CurrentSwitch, ("it", "ih"))])
def test_thresholds_are_half_a_hysteresis_away(kind, keys):
    p = prepared(kind, **dict(zip(keys, (2.5, 1.0), strict=True)), ron=20.0, roff=1e8)
    assert kind.characteristic(p, (2.0, 9.0), 1)[0] == (0.1,)
    assert kind.characteristic(p, (2.0, 9.0), 0)[0] == pytest.approx((2e-8,))
    for state, control, stays in ((0, 3.4, True), (0, 3.6, False), (1, 1.6, True), (1, 1.4, False)):
        assert (kind.margin(p, (0.0, control), state) > 0) is stays
    assert kind.margin(p, (0.0, 3.0), 0) == pytest.approx(0.5)


def test_defaults_are_those_of_ngspice():
    p = prepared(VoltageSwitch)
    assert (p.on, p.off, p.rises, p.falls) == (1.0, 1e-12, 0.0, 0.0)
