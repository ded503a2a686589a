"""What the workspace may refuse; the office turns these into its own errors by `code`."""


class WorkspaceError(Exception):
    """A refusal with a stable code, a sentence, and how to mend it."""

    def __init__(self, code: str, detail: str, hint: str = "") -> None:
        super().__init__(detail if not hint else f"{detail} {hint}")
        self.code = code
        self.detail = detail
        self.hint = hint


class SandboxUnavailable(WorkspaceError):
    """No backend that isolates works here, and isolation is required."""

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__("sandbox_unavailable", detail, hint)


class SandboxFailed(WorkspaceError):
    """The sandbox itself could not be built; the command never ran. A fault of the platform, not of the tree."""

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__("sandbox_failed", detail, hint)
