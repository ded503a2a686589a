"""Renew the leases of the jobs in hand from a thread of its own, so that a busy task never loses its job."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from fleet.services.jobs import Lease, leases_renew

log = structlog.get_logger(__name__)


class LeaseKeeper:
    """One a process; its thread starts with the first lease and has a database connection of its own."""

    def __init__(self) -> None:
        self._leases: dict[int, Lease] = {}
        self._lost: set[int] = set()
        self._mutex = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def hold(self, lease: Lease) -> Iterator[None]:
        with self._mutex:
            self._leases[lease.job_id] = lease
            self._lost.discard(lease.job_id)
            self._start()
        try:
            yield
        finally:
            with self._mutex:
                self._leases.pop(lease.job_id, None)

    def is_lost(self, lease: Lease) -> bool:
        return lease.job_id in self._lost

    def in_hand(self) -> list[Lease]:
        with self._mutex:
            return list(self._leases.values())

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        ticker = threading.Event()
        while not ticker.wait(settings.FLEET_LEASE_SECONDS / 4):
            close_old_connections()
            try:
                self._lost |= leases_renew(self.in_hand())
            except DatabaseError as error:
                log.warning("leases_not_renewed", error=str(error))


keeper = LeaseKeeper()
