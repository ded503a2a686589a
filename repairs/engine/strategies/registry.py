"""Every strategy there is, in one list; a new one is a file, an import and a line."""

from repairs.engine.strategies.base import Strategy
from repairs.engine.strategies.merge_conflicts import MergeConflicts
from repairs.engine.strategies.retry import Retry
from repairs.engine.strategies.ruff_fix import RuffFix
from repairs.engine.strategies.ruff_format import RuffFormat
from repairs.engine.strategies.ruff_unsafe import RuffUnsafe
from repairs.engine.strategies.star_imports import StarImports
from repairs.engine.strategies.syntax_errors import SyntaxErrors
from repairs.engine.types import FailureClass

STRATEGIES: tuple[Strategy, ...] = (
    Retry(),
    MergeConflicts(),
    SyntaxErrors(),
    StarImports(),
    RuffFix(),
    RuffUnsafe(),
    RuffFormat(),
)


def strategy_named(name: str) -> Strategy:
    """The strategy of that name; KeyError when there is none."""
    for strategy in STRATEGIES:
        if strategy.name == name:
            return strategy
    raise KeyError(name)


def strategies_for(failure_class: FailureClass) -> tuple[Strategy, ...]:
    """Strategies that may help against the class, first to try first."""
    fitting = (strategy for strategy in STRATEGIES if failure_class in strategy.failure_classes)
    return tuple(sorted(fitting, key=lambda strategy: (strategy.rank, strategy.name)))
