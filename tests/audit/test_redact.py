"""What is masked, and what is left alone."""

import pytest

from metabuilder.kernel.log import redact_event
from metabuilder.kernel.redact import MASK, redact, redact_value

SECRETS = [
    "mb_ab12cd34_" + "x" * 43,
    "Authorization: Bearer abcdefghijklmnop",
    "password=hunter2000",
    "api_key: 'abcdef123456'",
    "https://user:hunter2000@example.org/repo.git",
    "https://:hunter2000@example.org/repo.git",
    "ghp_" + "a" * 36,
    "github_pat_" + "a" * 36,
    "AKIAABCDEFGHIJKLMNOP",
    "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\ncut off",
]


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_masked(text: str) -> None:
    masked = redact(f"before {text} after")
    assert MASK in masked
    assert masked.startswith("before ")
    for secret in ("hunter2000", "abcdefghijklmnop", "abcdef123456", "x" * 43, "a" * 36, "AKIAABC", "cut off", "\nabc\n"):
        assert secret not in masked


@pytest.mark.parametrize(
    "text",
    ["", "run_6w4c0j9k2m5n8p1q", "token 8692700c", "F401 `os` imported but unused", "https://example.org/a:b@c", "tokens_used: 12 of 20"],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("key", ["password", "API_KEY", "db.password", "x-authorization", "client_secret"])
def test_a_telling_key_hides_its_whole_value(key: str) -> None:
    assert redact_value({key: {"any": "thing"}}) == {key: MASK}


@pytest.mark.parametrize("key", ["tokens", "secretary", "token_count", "passwordless"])
def test_a_key_that_only_sounds_so_does_not(key: str) -> None:
    assert redact_value({key: 12}) == {key: 12}


def test_a_log_line_is_masked_and_keeps_what_it_says() -> None:
    event = {"event": "git_failed", "url": "https://u:hunter2000@h/x", "token": "abc", "count": 3, "_record": object()}
    masked = redact_event(None, "info", dict(event))
    assert masked == {**event, "url": f"https://{MASK}@h/x", "token": MASK}
