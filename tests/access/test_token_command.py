"""`metabuilder token`: what a person types."""

import argparse

import pytest
from django.test import Client

from metabuilder.access.models import ApiToken
from metabuilder.commands import token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token, "django_ready", lambda: None)  # Django is ready here, and its tables are the tests'


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    token.add_parser(parser.add_subparsers())
    return token.run(parser.parse_args(["token", *words]))


def test_the_printed_token_comes_in_until_it_is_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("create", "ci", "--role", "viewer", "--tenant", "tenant_123") == 0
    text = capsys.readouterr().out.strip()
    client = Client(headers={"Authorization": f"Bearer {text}"})
    assert client.get("/api/meta/v4/runs").status_code == 200
    assert run("revoke", ApiToken.objects.get().prefix) == 0
    assert client.get("/api/meta/v4/runs").status_code == 401


def test_the_list_shows_prefix_role_and_state_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    run("create", "ci", "--role", "admin", "--days", "30")
    text = capsys.readouterr().out.strip()
    assert run("list") == 0
    listed = capsys.readouterr().out
    row = ApiToken.objects.get()
    assert row.prefix in listed
    assert "admin" in listed
    assert "valid" in listed
    assert text not in listed
    assert row.expires_at is not None
    assert (row.expires_at - row.created_at).days in (29, 30)


def test_wrong_usage_is_2_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("revoke", "00000000") == 2
    assert run("create", "ci", "--role", "viewer", "--tenant", "") == 2
    assert "no tenant id" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        run("create", "ci", "--role", "viewer", "--days", "0")
    assert stop.value.code == 2
