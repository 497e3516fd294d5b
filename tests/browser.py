"""Chromium without a window, over its DevTools protocol: what a page asks for, and how it looks."""

import base64
import json
import os
import shutil
import subprocess
import time
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """One page of a browser with a profile of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        assert CHROMIUM is not None
        options = [
            "--headless=new",
            "--disable-gpu",
            "--no-first-run",
            "--remote-debugging-port=0",
            "--hide-scrollbars",
        ]
        if os.geteuid() == 0:
            options.append("--no-sandbox")
        self.process = subprocess.Popen(
            [CHROMIUM, *options, f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port = self._port(folder / "DevToolsActivePort")
        places = httpx.get(f"http://127.0.0.1:{port}/json/list", timeout=30).json()
        page = next(place for place in places if place["type"] == "page")
        self._opened = ExitStack()
        self._socket = self._opened.enter_context(connect(page["webSocketDebuggerUrl"], max_size=None))
        self._numbers = count(1)
        self.heard: list[dict[str, Any]] = []
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def _port(self, file: Path) -> int:
        deadline = time.monotonic() + 60
        while not file.exists() or not file.read_text():
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return int(file.read_text().split()[0])

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command, and return its result; events that come meanwhile are added to `heard`."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (said := self._next(60)).get("id") != number:
            pass
        assert "error" not in said, said
        result: dict[str, Any] = said["result"]
        return result

    def _next(self, seconds: float) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self._socket.recv(timeout=seconds))
        if "method" in said:
            self.heard.append(said)
        return said

    def open(self, url: str, *, width: int = 1440, height: int = 900, dark: bool = False) -> list[str]:
        """Open a page, wait until its network is quiet, and return the URL of every request that was made."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[theme])
        self.heard.clear()
        self.call("Page.navigate", url=url)
        self.settle()
        return [said["params"]["request"]["url"] for said in self.events("Network.requestWillBeSent")]

    def settle(self) -> None:
        """Wait until the page is loaded and its network has been quiet for a second."""
        quiet = time.monotonic() + 1
        deadline = time.monotonic() + 60
        while time.monotonic() < quiet or not self.events("Page.loadEventFired"):
            assert time.monotonic() < deadline, self.heard[-3:]
            try:
                said = self._next(0.2)
            except TimeoutError:
                continue
            if said.get("method", "").startswith("Network."):
                quiet = time.monotonic() + 1

    def events(self, method: str) -> list[dict[str, Any]]:
        return [said for said in self.heard if said["method"] == method]

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression in the page."""
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression is true in the page."""
        deadline = time.monotonic() + 60
        while not self.run(f"Boolean({script})"):
            assert time.monotonic() < deadline, script
            time.sleep(0.1)

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file in the field of a form, as a person would."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        field = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=field, files=[str(file)])

    def screenshot(self, file: Path, *, whole: bool = False) -> None:
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        self._opened.close()
        self.process.terminate()
        self.process.wait(timeout=30)
