"""Celery: the broker is a doorbell; `fleet.Job` is the ledger, so results and Celery's own retries are off."""

from kombu import Exchange, Queue

from metabuilder.settings.limits import META_V4_MAX_TASKS_PER_WORKER, QUEUES

# The default exchange routes by queue name and needs no binding in the broker: a FLUSHALL loses messages, never the routes.
CELERY_TASK_QUEUES = tuple(Queue(name, Exchange("", type="direct"), routing_key=name) for name in QUEUES)
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_DEFAULT_EXCHANGE = ""
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Early acknowledgement: a lost message costs nothing, since the ledger knows the job and beat rings again.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = META_V4_MAX_TASKS_PER_WORKER * 100
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10.0
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "priority_steps": [0, 3, 6],  # high, normal, low
    "queue_order_strategy": "priority",
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "fleet-rescue": {"task": "fleet.rescue_jobs", "schedule": 5.0, "options": {"queue": "io"}},
    "fleet-republish": {"task": "fleet.republish_jobs", "schedule": 5.0, "options": {"queue": "io"}},
}
CELERY_TIMEZONE = "UTC"
