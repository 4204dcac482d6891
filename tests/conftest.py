"""Two workers share two cores: threads of linear algebra beside them would only wait for one another."""

import gc
import os

import pytest

# Read when NumPy and torch are loaded, which is later than this; subprocesses of tests inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep what is imported and collected out of the search for garbage, which every training asks for at its end."""
    gc.collect()
    gc.freeze()
