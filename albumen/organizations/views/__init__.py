"""Organizations, their members and invitations over HTTP."""
