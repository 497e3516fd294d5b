"""`make bench`: every measurement, or those that are named. Read the ratios: absolute figures do not travel between
machines."""

import signal
import sys

from bench import beside, events, growth, imaging, lists, memory, slow, stack, stall, tasks, uploads

PARTS = {
    "beside": ("the goals beside PocketBase, Directus and nginx", beside.run),
    "imaging": ("12 MP JPEG to heights 400 and 200", imaging.run),
    "uploads": ("uploads a second, two thumbnails each, through HTTP", uploads.run),
    "memory": ("memory of the web process while large pictures go in", memory.run),
    "lists": ("lists of a million pictures", lists.run),
    "growth": ("the commonest requests as users grow", growth.run),
    "tasks": ("empty tasks a second, on each engine", tasks.run),
    "events": ("events: from the commit to the socket, and memory", events.run),
    "stack": ("the scaled set-up beside bare views, through nginx", stack.run),
    "slow": ("ordinary clients beside 500 slow ones, through nginx", slow.run),
    "stall": ("ordinary clients beside one account that links slow pictures and uploads large ones", stall.run),
}


def main() -> None:
    # What was started ends with this, as at Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if unknown := set(sys.argv[1:]) - PARTS.keys():
        sys.exit(f"No part is called {', '.join(sorted(unknown))}. There are {', '.join(PARTS)}.")
    for name in sys.argv[1:] or PARTS:
        title, run = PARTS[name]
        print(f"\n== {name}: {title}", flush=True)
        run()


if __name__ == "__main__":
    main()
