"""What the domain may refuse; `metabuilder.api.problems` alone knows their HTTP status."""

from typing import Any


class DomainError(Exception):
    """A refusal with a stable code, a sentence, and how to mend it.

    Subclasses set `code`; `hint` names the mend; `retry_after_seconds` says when asking again makes sense.
    """

    code = "error"
    hint = ""
    retry_after_seconds: float | None = None

    def __init__(self, detail: str, *, hint: str | None = None, retry_after_seconds: float | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra
        if hint is not None:
            self.hint = hint
        if retry_after_seconds is not None:
            self.retry_after_seconds = retry_after_seconds


class InvalidInput(DomainError):
    code = "invalid_input"


class NotFound(DomainError):
    code = "not_found"


class Conflict(DomainError):
    code = "conflict"


class Forbidden(DomainError):
    code = "forbidden"


class BudgetExhausted(DomainError):
    code = "budget_exhausted"
    hint = "PUT /budgets/{tenant} or POST /runs/{id}/budget-override"


class QueueDraining(DomainError):
    code = "queue_draining"
    hint = "POST /queues/restart"
    retry_after_seconds = 30.0


class QueueFull(DomainError):
    code = "queue_full"
    hint = "Wait, or start more workers for this queue."
    retry_after_seconds = 15.0


class LeaseLost(DomainError):
    """The job was rescued and given to another worker; this worker's result must not be settled."""

    code = "lease_lost"
