"""The numbers that stand for spans along an axis of a series."""

import numpy as np
import pytest

from boltzsim.case.series import SeriesAxis

PATH = "contact.detector.span.x"


@pytest.mark.parametrize("seed", range(5))
def test_spans_count_by_their_middles_or_by_their_widths_where_the_middle_stays(seed):
    rng = np.random.default_rng(seed)
    middles, widths = rng.uniform(1e-6, 2e-6, 4), rng.uniform(1e-8, 1e-6, 4)

    def axis(middle):
        return SeriesAxis("axis", {PATH: np.stack([middle - widths / 2, middle + widths / 2], 1).tolist()}, {PATH: "m"})

    moved, widened = axis(middles), axis(middles[0])
    np.testing.assert_allclose(moved.coordinate, middles, rtol=1e-12)
    np.testing.assert_allclose(widened.coordinate, widths, rtol=1e-9)
    assert moved.unit == widened.unit == "m" and widened.words is None
