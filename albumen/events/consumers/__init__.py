"""The WebSocket `/ws/events/`: an `EventSocket` for each connection, and one `Hub` in each process."""

from albumen.events.consumers.hub import Hub
from albumen.events.consumers.socket import EventSocket
