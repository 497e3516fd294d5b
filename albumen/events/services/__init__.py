"""Writes, reads and prunes the log of events, and wakes those who wait for new ones."""

from albumen.events.services.log import NewEvent, Page, events_after, last_number, last_numbers, prune_events, publish
