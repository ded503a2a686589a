"""A system-call filter for the sandbox: no new user namespaces, no kernel keyrings, no other doors a build never needs."""

import platform
import struct
from errno import ENOSYS, EPERM

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # classic BPF: ld abs word, jeq, jge, jset, ret
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_CLONE_NEWUSER = 0x10000000
_OFFSET_NUMBER, _OFFSET_ARCH, _OFFSET_FIRST_ARGUMENT = 0, 4, 16

_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# name -> number on (x86_64, aarch64)
_REFUSED = {
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "mount_setattr": (442, 442),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "open_by_handle_at": (304, 265),
    "swapon": (167, 224),
    "reboot": (169, 142),
    "syslog": (103, 116),
    "acct": (163, 89),
    "quotactl": (179, 60),
}
_CLONE, _UNSHARE, _CLONE3 = (56, 220), (272, 97), (435, 435)
_X32_BIT = 0x40000000


def filter_program() -> bytes | None:
    """The filter as `struct sock_filter[]`, or None for an architecture whose numbers we do not know.

    clone3 answers ENOSYS, since its flags lie in memory a filter cannot read; libraries fall back to clone.
    """
    machine = platform.machine()
    if machine not in _ARCH:
        return None
    column = list(_ARCH).index(machine)
    rows = [(_LOAD, 0, 0, _OFFSET_ARCH), (_JUMP_EQUAL, 1, 0, _ARCH[machine]), (_RETURN, 0, 0, _ERRNO | ENOSYS)]
    rows.append((_LOAD, 0, 0, _OFFSET_NUMBER))
    if machine == "x86_64":
        rows += [(_JUMP_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _ERRNO | ENOSYS)]
    rows += [(_JUMP_EQUAL, 0, 1, _CLONE3[column]), (_RETURN, 0, 0, _ERRNO | ENOSYS)]
    for numbers in _REFUSED.values():
        rows += [(_JUMP_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _ERRNO | EPERM)]
    for numbers in (_CLONE, _UNSHARE):
        rows += [
            (_JUMP_EQUAL, 0, 4, numbers[column]),
            (_LOAD, 0, 0, _OFFSET_FIRST_ARGUMENT),
            (_JUMP_SET, 0, 1, _CLONE_NEWUSER),
            (_RETURN, 0, 0, _ERRNO | EPERM),
            (_RETURN, 0, 0, _ALLOW),
        ]
    rows.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *row) for row in rows)
