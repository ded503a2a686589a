"""The schema generates without a warning, and its page works without the internet."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client


def test_the_schema_is_valid_and_generates_without_a_warning() -> None:
    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    schema = out.getvalue()
    assert "application/problem+json" in schema
    assert "scheme: bearer" in schema


@pytest.mark.django_db
def test_the_page_needs_no_token_and_loads_nothing_from_elsewhere() -> None:
    client = Client()
    response = client.get("/api/docs/")
    assert response.status_code == 200
    sources = re.findall(r'(?:src|href)="([^"]+)"', response.content.decode())
    assert sources
    for source in sources:
        assert source.startswith("/static/")
        assert client.get(source).status_code == 200
    assert client.get("/api/schema/").status_code == 200
