from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "metabuilder.access"
    label = "access"
