"""How bytes come in: the ASGI and WSGI applications, the servers under them, and the workers beside them."""
