import os

from vault.store import cache_key, free_space, load, scratch_file


def test_a_document_is_read():
    assert load("{a: [1, 2]}") == {"a": [1, 2]}


def test_the_key_of_a_document_stays():
    assert cache_key(b"x") == "9dd4e461268c8034f5c8564e155c67a6"


def test_the_disk_is_asked():
    assert "Filesystem" in free_space()


def test_a_scratch_file_exists():
    path = scratch_file()
    assert path.endswith(".doc") and os.path.exists(path)
