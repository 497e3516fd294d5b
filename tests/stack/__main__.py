"""`make stack`: the scaled set-up on loopback until Ctrl-C, in a folder that is removed at the end."""

import signal
import tempfile
from pathlib import Path

from tests.server import until_ready
from tests.stack.stack import Stack


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="albumen-stack-") as folder:
        stack = Stack(Path(folder) / "stack", ALBUMEN_NGINX_PATIENCE="20s", ALBUMEN_EMAIL_URL="consolemail://")
        try:
            stack.start()
            until_ready(stack)
            print(f"{stack.url}/ is nginx. Behind it: 2 gunicorns, 2 serves, 2 workers, PostgreSQL, Redis, a store.")
            print(f"Their logs are in {stack.folder}. Ctrl-C ends everything.", flush=True)
            signal.pause()
        except KeyboardInterrupt:
            pass
        finally:
            stack.remove()


if __name__ == "__main__":
    main()
