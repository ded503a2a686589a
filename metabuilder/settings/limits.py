"""Every META_V4_* variable of the runbook, with the runbook's own value as its default."""

from metabuilder.settings import env

QUEUES = ("cpu", "io", "llm")

# How many jobs a worker of each queue holds at a time (Celery's --concurrency where none is given).
META_V4_WORKERS = {
    "cpu": env.integer("META_V4_CPU_WORKERS", 10, minimum=1),
    "io": env.integer("META_V4_IO_WORKERS", 20, minimum=1),
    "llm": env.integer("META_V4_LLM_WORKERS", 5, minimum=1),
}
META_V4_QUEUE_SIZES = {
    "cpu": env.integer("META_V4_CPU_QUEUE_SIZE", 100, minimum=1),
    "io": env.integer("META_V4_IO_QUEUE_SIZE", 200, minimum=1),
    "llm": env.integer("META_V4_LLM_QUEUE_SIZE", 50, minimum=1),
}
META_V4_PRIORITY_SIZES = {
    "high": env.integer("META_V4_HIGH_PRIORITY_QUEUE_SIZE", 50, minimum=1),
    "normal": env.integer("META_V4_NORMAL_PRIORITY_QUEUE_SIZE", 200, minimum=1),
    "low": env.integer("META_V4_LOW_PRIORITY_QUEUE_SIZE", 500, minimum=1),
}
META_V4_MAX_CONCURRENT_TASKS = env.integer("META_V4_MAX_CONCURRENT_TASKS", 100, minimum=1)
META_V4_MAX_TASKS_PER_WORKER = env.integer("META_V4_MAX_TASKS_PER_WORKER", 10, minimum=1)

META_V4_DEFAULT_TIME_BUDGET_SECONDS = env.integer("META_V4_DEFAULT_TIME_BUDGET_SECONDS", 1800, minimum=1)
META_V4_DEFAULT_COST_BUDGET_USD = env.decimal("META_V4_DEFAULT_COST_BUDGET_USD", "10.0")
META_V4_DEFAULT_ATTEMPT_BUDGET = env.integer("META_V4_DEFAULT_ATTEMPT_BUDGET", 10, minimum=1)
META_V4_CIRCUIT_BREAKER_THRESHOLD = env.integer("META_V4_CIRCUIT_BREAKER_THRESHOLD", 5, minimum=1)
META_V4_CIRCUIT_BREAKER_COOLDOWN_MINUTES = env.integer("META_V4_CIRCUIT_BREAKER_COOLDOWN_MINUTES", 5, minimum=1)

# What nobody may set a run's budget above.
META_V4_MAX_TIME_BUDGET_SECONDS = env.integer("META_V4_MAX_TIME_BUDGET_SECONDS", 86_400, minimum=1)
META_V4_MAX_COST_BUDGET_USD = env.decimal("META_V4_MAX_COST_BUDGET_USD", "1000")
META_V4_MAX_ATTEMPT_BUDGET = env.integer("META_V4_MAX_ATTEMPT_BUDGET", 1000, minimum=1)
META_V4_API_RATE_PER_MINUTE = env.integer("META_V4_API_RATE_PER_MINUTE", 6000)  # calls of one token; 0: no limit

FEATURE_META_V4_ENABLED = env.boolean("FEATURE_META_V4_ENABLED", True)
FEATURE_META_V4_CANARY_PERCENT = env.integer("FEATURE_META_V4_CANARY_PERCENT", 100, maximum=100)
