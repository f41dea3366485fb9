# SPDX-License-Identifier: MIT
"""The judge of tests/soak.sh must see a leak in noise, and none where all is level."""
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

from samples import Trend, slope  # noqa: E402


def series(per_second: float, noise: float, seconds: int = 300, start: float = 50) -> list:
    chance = random.Random(1)
    return [(float(x), start + per_second * x + chance.uniform(-noise, noise)) for x in range(seconds)]


def test_a_line_has_its_slope():
    assert abs(slope([(x, 3 * x) for x in range(10)]) - 3) < 1e-9


def test_noise_alone_is_level():
    assert not Trend(series(0, 8), least=4).rises


def test_a_leak_in_noise_rises():
    assert Trend(series(0.12, 8), least=4).rises


def test_one_jump_that_goes_away_is_level():
    points = series(0, 1)
    points[100:110] = [(x, 500) for x, _ in points[100:110]]
    assert not Trend(points, least=4).rises


def test_a_rise_within_what_is_allowed_is_level():
    assert not Trend(series(0.01, 0.1), least=4).rises


def test_what_falls_is_level():
    assert not Trend(series(-0.2, 1, start=200), least=4).rises
