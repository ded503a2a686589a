from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "metabuilder.api"
    label = "api"
