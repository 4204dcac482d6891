import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import find_peaks

from humpcat.features.peaks import prominent_peaks

# Few different heights, so that flat peaks and equal neighbours are common.
CONTOURS = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=60)


@given(CONTOURS, st.sampled_from([0.0, 1.0, 2.0, 3.5]))
def test_the_peaks_are_those_of_scipy(heights, prominence):
    contour = np.array(heights)
    expected, _ = find_peaks(contour, prominence=prominence)
    assert prominent_peaks(contour, prominence).tolist() == expected.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_the_peaks_of_a_long_contour_are_those_of_scipy(seed):
    contour = 60 + np.random.default_rng(seed).normal(0, 1, 10_000).cumsum()
    expected, _ = find_peaks(contour, prominence=2.0)
    assert len(expected) > 100
    assert prominent_peaks(contour, 2.0).tolist() == expected.tolist()


@pytest.mark.parametrize("contour", [[1.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0, 1.0], [2.0, 2.0, 1.0]])
def test_the_ends_are_no_peaks(contour):
    assert prominent_peaks(np.array(contour), 0.0).tolist() == []
