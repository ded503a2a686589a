"""The one list of strategies."""

import pytest

from repairs.engine.strategies.registry import STRATEGIES, strategies_for, strategy_named
from repairs.engine.types import FailureClass


def test_names_are_unique_and_found() -> None:
    names = [strategy.name for strategy in STRATEGIES]
    assert len(set(names)) == len(names)
    assert all(strategy_named(name).name == name for name in names)


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        strategy_named("wishful_thinking")


def test_lint_strategies_come_safest_first() -> None:
    names = [strategy.name for strategy in strategies_for(FailureClass.LINT)]
    assert names.index("ruff_fix") < names.index("ruff_unsafe") < names.index("ruff_format")


def test_queues_and_phases_are_known_words() -> None:
    assert {strategy.queue for strategy in STRATEGIES} <= {"cpu", "io", "llm"}
    assert {strategy.phase for strategy in STRATEGIES} <= {"retry", "patch", "re-plan", "rollback"}
