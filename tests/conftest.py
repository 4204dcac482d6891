"""Two workers share two cores: threads of linear algebra beside them would only wait for one another."""

import os

# Read when NumPy and torch are loaded, which is later than this; subprocesses of tests inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
