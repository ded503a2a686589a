from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "metabuilder.tenancy"
    label = "tenancy"
