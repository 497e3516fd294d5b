"""Write, read and prune the log of events, and notify listeners of new ones."""

from albumen.events.services.log import NewEvent, Page, events_after, last_number, last_numbers, prune_events, publish
