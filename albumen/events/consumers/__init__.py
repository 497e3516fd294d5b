"""The WebSocket `/ws/events/`: a consumer for each socket, and one hub a process that watches the log for all."""

from albumen.events.consumers.hub import Hub
from albumen.events.consumers.socket import EventSocket

__all__ = ["EventSocket", "Hub"]
