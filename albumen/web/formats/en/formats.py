"""How pages in English write times: shortly, and so that a day cannot be taken for a month."""

DATETIME_FORMAT = "Y-m-d H:i"
