from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "metabuilder.console"
    label = "console"
