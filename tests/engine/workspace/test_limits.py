"""Where control groups may be made, and what is limited without them."""

import resource
from pathlib import Path

import pytest

from repairs.engine.types import Limits
from repairs.engine.workspace import limits as module
from repairs.engine.workspace.limits import control_group_create, find_parents, resource_limits


def make(root: Path, **files: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / name.replace("__", ".")).write_text(text)
    return root


def test_version_1_groups_are_made_below_our_own(tmp_path: Path) -> None:
    memory, pids = make(tmp_path / "memory" / "job"), make(tmp_path / "pids")
    rows = "8:pids:/\n4:memory:/job\n1:cpu:/\n0::/\n"
    assert find_parents(rows, tmp_path) == ((frozenset({"pids"}), pids), (frozenset({"memory"}), memory))


def test_version_2_is_used_where_the_controllers_are_ours(tmp_path: Path) -> None:
    own = make(tmp_path / "unit", cgroup__subtree_control="cpu memory pids\n", cgroup__controllers="cpu memory pids\n")
    assert find_parents("0::/unit\n", tmp_path) == ((frozenset({"memory", "pids"}), own),)
    assert find_parents("0::/unit/metabuilder-worker\n", tmp_path) == ((frozenset({"memory", "pids"}), own),)


def test_version_2_is_left_alone_where_nobody_gave_it_to_us(tmp_path: Path) -> None:
    make(tmp_path / "session", cgroup__subtree_control="\n", cgroup__controllers="cpu memory pids\n", cgroup__procs="1\n")
    assert find_parents("0::/session\n", tmp_path) == ()
    assert not (tmp_path / "session" / "metabuilder-worker").exists()


def test_a_delegated_version_2_group_is_opened_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = make(tmp_path / "unit", cgroup__subtree_control="\n", cgroup__controllers="memory pids\n", cgroup__procs="41\n42\n")
    monkeypatch.setattr(module, "_is_marked_ours", lambda path: path == own)
    assert find_parents("0::/unit\n", tmp_path) == ((frozenset({"memory", "pids"}), own),)
    assert (own / "metabuilder-worker" / "cgroup.procs").read_text() == "42"
    assert (own / "cgroup.subtree_control").read_text() == "+memory +pids"


def test_nothing_is_made_where_there_are_no_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_parents", lambda: ())
    group = control_group_create(Limits())
    assert (group.folders, group.memory, group.is_out_of_memory) == ([], None, False)
    group.close()


def test_address_space_is_limited_only_without_a_group() -> None:
    limits = Limits(seconds=1.5, memory_bytes=100, processes=7, disk_bytes=9)
    alone = resource_limits(limits, has_memory_group=False)
    assert alone[resource.RLIMIT_AS] == 100
    assert resource.RLIMIT_AS not in resource_limits(limits, has_memory_group=True)
    assert (alone[resource.RLIMIT_CORE], alone[resource.RLIMIT_CPU], alone[resource.RLIMIT_NPROC], alone[resource.RLIMIT_FSIZE]) == (
        0,
        3,
        7,
        9,
    )
