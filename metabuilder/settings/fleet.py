"""Leases, heartbeats and the doorbell."""

from metabuilder.settings import env

FLEET_LEASE_SECONDS = env.integer("META_V4_LEASE_SECONDS", 30, minimum=1)
FLEET_HEARTBEAT_SECONDS = env.integer("META_V4_HEARTBEAT_SECONDS", 5, minimum=1)
FLEET_REPUBLISH_AFTER_SECONDS = env.integer("META_V4_REPUBLISH_AFTER_SECONDS", 5, minimum=0)
