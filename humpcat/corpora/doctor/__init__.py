"""The corpus doctor: is this copy whole, is its audio sound, and what does it hold?"""

from humpcat.corpora.doctor.checkup import Checkup, check
from humpcat.corpora.doctor.findings import Finding, Remark, Severity

__all__ = ["Checkup", "Finding", "Remark", "Severity", "check"]
