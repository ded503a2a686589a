"""Readings of a weather station."""

import re


class Station:
    def __init__(self, name: str, height: float = None) -> None:
        self.name = name
        self.height = height

    def add(self, line: str, strict: bool = None):
        reading = parse(line)
        print(f"{self.name}: {reading}")


def parse(line: str) -> float:
    match = re.match(r"(-?\d+(?:\.\d+)?) C", line)
    return float(match.group(1))


def mean(values: list[float]) -> float:
    return sum(values) / len(values)  # type: ignore[no-any-return]
