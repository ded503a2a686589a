"""The search for a text that compiles: a few candidates round each error, the cheapest that makes sense."""

import time
from collections.abc import Iterator

from repairs.engine.strategies.codemods.bracket_candidates import bracket_candidates
from repairs.engine.strategies.codemods.candidate import Broken, Candidate, Generator
from repairs.engine.strategies.codemods.layout_candidates import layout_candidates
from repairs.engine.strategies.codemods.python2 import modernise
from repairs.engine.strategies.codemods.sense import error_in, odd_expressions, parses, undefined_names, useless_statements, warnings_of
from repairs.engine.strategies.codemods.text_candidates import text_candidates
from repairs.engine.strategies.codemods.token_candidates import token_candidates

GENERATORS: tuple[Generator, ...] = (layout_candidates, bracket_candidates, text_candidates, token_candidates)
MAX_ERRORS = 25  # a file with more is not broken but something else
MAX_CANDIDATES = 250  # for one error
MAX_SECONDS = 25.0
UNDEFINED_COST = 0.6  # for every name that a candidate uses and nobody defines
USELESS_COST = 0.8  # for every statement it leaves without effect
ODD_COST = 0.7  # for every expression that nobody writes
AMBIGUOUS_COST = 2.6  # dearer than this is a guess, and guesses are not made
WINDOW = 24  # only so many cheapest compiling candidates are compared for sense


def mend_syntax(text: str) -> str | None:
    """A text that compiles and differs little, or None when there is none that one could believe in."""
    deadline = time.monotonic() + MAX_SECONDS
    renewed = modernise(text)
    starts = [renewed, text] if renewed != text else [text]
    for start in starts:
        found = _mended(start, deadline)
        if found is not None:
            return found
    return None


def _mended(text: str, deadline: float) -> str | None:
    for _ in range(MAX_ERRORS):
        error = error_in(text)
        if error is None:
            return text
        if time.monotonic() > deadline:
            return None
        better = _step(text, error, deadline)
        if better is None:
            return None
        text = better
    return None


def _step(text: str, error: SyntaxError, deadline: float) -> str | None:
    """The best candidate that compiles; failing that, the one after which the first error comes much later."""
    broken = Broken.from_error(text, error)
    compiling: list[Candidate] = []
    progressing: list[tuple[int, float, str]] = []
    for candidate in _candidates(broken):
        if time.monotonic() > deadline or len(compiling) >= WINDOW:
            break
        found = error_in(candidate.text)
        if found is None:
            compiling.append(candidate)
        elif (found.lineno or 0) > broken.line + _added_lines(text, candidate.text) and candidate.cost < AMBIGUOUS_COST / 2:
            progressing.append((-(found.lineno or 0), candidate.cost, candidate.text))
    if compiling:
        scored = sorted((_score(candidate, text), number) for number, candidate in enumerate(compiling))
        best = compiling[scored[0][1]]
        return best.text if best.cost <= AMBIGUOUS_COST else None
    return min(progressing)[2] if progressing else None


def _added_lines(before: str, after: str) -> int:
    return max(after.count("\n") - before.count("\n"), 0)


def _candidates(broken: Broken) -> Iterator[Candidate]:
    """Distinct candidates, cheapest first."""
    found = [candidate for generator in GENERATORS for candidate in generator(broken)]
    seen = {broken.text}
    for candidate in sorted(found, key=lambda candidate: candidate.cost)[: MAX_CANDIDATES * 2]:
        if candidate.text not in seen and len(seen) <= MAX_CANDIDATES:
            seen.add(candidate.text)
            yield candidate


def _score(candidate: Candidate, before: str) -> float:
    tree = parses(candidate.text)
    assert tree is not None
    size = abs(len(candidate.text) - len(before)) / 400
    doubts = ODD_COST * (odd_expressions(tree) + warnings_of(candidate.text)) + USELESS_COST * useless_statements(tree)
    return candidate.cost + size + doubts + UNDEFINED_COST * len(undefined_names(candidate.text))
