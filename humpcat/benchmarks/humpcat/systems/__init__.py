"""What the benchmark compares: a system is one file of this folder, with a ``TargetSystem`` in its ``EXPORT``."""

from humpcat.benchmarks.humpcat.target import TargetSystem
from humpcat.errors import SettingsError
from humpcat.registry import Registry

SYSTEMS: Registry[TargetSystem] = Registry(
    "humpcat.benchmarks.humpcat.systems", "system", SettingsError, group="humpcat.systems"
)
"""The systems that are known, in the order of the tables."""

__all__ = ["SYSTEMS", "TargetSystem"]
