"""E-mails: a mail is a task, so that it outlives a restart, is tried again, and makes no request wait."""
