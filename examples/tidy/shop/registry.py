from typing import Callable, Dict, List
import os, sys

DISCOUNTS: Dict[str, Callable[[float], float]] = {}


def register(name):
    def keep(function):
        DISCOUNTS[name] = function
        return function
    return keep


def names() -> List[str]:
    return sorted(DISCOUNTS)
