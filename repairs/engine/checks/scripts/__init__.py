"""Programs that run inside the sandbox, with the environment's Python; they import nothing of ours."""
