"""Rows of the fleet."""

from fleet.models.breaker import Breaker
from fleet.models.job import Job
from fleet.models.queue import Queue
from fleet.models.worker import Worker

__all__ = ["Breaker", "Job", "Queue", "Worker"]
