"""The workshop in the admin: for looking."""

from repairs.admin import attempts, runs

__all__ = ["attempts", "runs"]
