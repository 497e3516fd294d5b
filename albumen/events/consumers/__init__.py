"""The WebSocket `/ws/events/`: an `EventSocket` for each, and one `Hub` a process that watches the log for all."""

from albumen.events.consumers.hub import Hub
from albumen.events.consumers.socket import EventSocket
