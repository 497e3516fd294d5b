"""`make bench`: every measurement in one run. Read the ratios: absolute figures do not travel between machines."""

from bench import events, growth, imaging, lists, memory, slow, stack, stall, tasks, uploads


def main() -> None:
    for title, run in (
        ("(a) 12 MP JPEG to heights 400 and 200", imaging.run),
        ("(b) uploads a second, two thumbnails each, through HTTP", uploads.run),
        ("(c) memory of the web process while large pictures go in", memory.run),
        ("(d) lists of a million pictures", lists.run),
        ("(e) the commonest requests as users grow", growth.run),
        ("(f) empty tasks a second, on each engine", tasks.run),
        ("(g) events: from the commit to the socket, and memory", events.run),
        ("(h) the scaled set-up, through nginx", stack.run),
        ("(i) ordinary clients beside 500 slow ones, through nginx", slow.run),
        ("(j) ordinary clients beside one account that links slow pictures and uploads large ones", stall.run),
    ):
        print(f"\n== {title}")
        run()


if __name__ == "__main__":
    main()
