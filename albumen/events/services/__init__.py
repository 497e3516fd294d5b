"""Write the log, read it, prune it; and the bell that rings when somebody has written."""

from albumen.events.services.log import Happening, Page, events_after, last_number, last_numbers, prune_events, publish

__all__ = ["Happening", "Page", "events_after", "last_number", "last_numbers", "prune_events", "publish"]
