from django.apps import AppConfig


class ChaosConfig(AppConfig):
    """Room for faults injected on purpose, with a lease each: they will enter through JOB_MIDDLEWARE. There are none yet."""

    name = "chaos"
