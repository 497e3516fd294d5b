"""Write, read and prune the log of events."""

from albumen.events.services.log import NewEvent, Page, events_after, last_number, last_numbers, prune_events, publish
