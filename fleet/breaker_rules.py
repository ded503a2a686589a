"""When a breaker opens and for how long: pure."""

from datetime import timedelta

MAX_COOLDOWN = timedelta(hours=2)


def opens(failures_in_row: int, *, threshold: int) -> bool:
    return failures_in_row >= threshold


def cooldown(trips_in_row: int, *, first: timedelta) -> timedelta:
    """`first`, doubled for every opening since the last success, at most two hours."""
    doublings: int = min(max(trips_in_row - 1, 0), 16)
    return min(first * (1 << doublings), MAX_COOLDOWN)
