"""How the API speaks: problem documents and error codes, paging, renderers, throttling, the OpenAPI description."""
