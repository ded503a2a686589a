"""Rewrites of Python source that run in the sandbox: `calling` is the caller's side, `worker` the other one."""
