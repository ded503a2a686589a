"""Rows of the workshop."""

from repairs.models.attempt import RepairAttempt
from repairs.models.check_result import CheckResult, CheckRound
from repairs.models.failure import RunFailure
from repairs.models.patch import Patch
from repairs.models.run import RepairRun
from repairs.models.timeline import TimelineEvent

__all__ = ["CheckResult", "CheckRound", "Patch", "RepairAttempt", "RepairRun", "RunFailure", "TimelineEvent"]
