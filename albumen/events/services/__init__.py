"""Write the log, read it, prune it; and the bell that rings when somebody has written."""

from albumen.events.services.log import NewEvent, Page, events_after, last_number, last_numbers, prune_events, publish

__all__ = ["NewEvent", "Page", "events_after", "last_number", "last_numbers", "prune_events", "publish"]
