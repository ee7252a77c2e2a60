"""The page in headless Chromium, driven as a user would: plots drawn from the service's answers, controls alive."""

import json
import re
import shutil
import subprocess
import threading
import time

import pytest
import uvicorn
from websockets.sync.client import connect

from argyro.surrogates.serving.http_api import create_app

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE_S = 60


class Page:
    """A tab, spoken to by the browser's debugging protocol."""

    def __init__(self, socket):
        self.socket, self.sent, self.requested = socket, 0, []

    def call(self, method, **parameters):
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(timeout=PATIENCE_S))
            if message.get("method") == "Network.requestWillBeSent":
                self.requested.append(message["params"]["request"]["url"])
            if message.get("id") == self.sent:
                return message["result"]

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, script):
        deadline = time.monotonic() + PATIENCE_S
        while not self.run(script):
            assert time.monotonic() < deadline, self.run("document.body.innerText")
            time.sleep(0.05)

    def text(self, name):
        return self.run(f"document.getElementById('{name}').textContent")

    def set(self, name, value):
        control = f"document.getElementById('{name}')"
        self.run(f"{control}.value = '{value}'; {control}.dispatchEvent(new Event('input'))")

    def changes(self, name, act):
        """The text of an element after an action changed it."""
        before = self.text(name)
        act()
        self.wait_for(f"document.getElementById('{name}').textContent !== {json.dumps(before)}")
        return self.text(name)


@pytest.fixture(scope="module")
def address(oracle):
    oracle.answer(oracle.example())  # compiled before anyone waits for it
    server = uvicorn.Server(uvicorn.Config(create_app(oracle), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def page(address, tmp_path):
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--window-size=1400,1100"]
    command = [BROWSER, *flags, "--remote-debugging-port=0", "about:blank"]
    browser = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        endpoint = next(found[1] for line in browser.stderr if (found := re.search(r"listening on (ws://\S+)", line)))
        root = Page(connect(endpoint, max_size=None))
        target = root.call("Target.createTarget", url="about:blank")["targetId"]
        opened = Page(connect(f"{endpoint.split('/devtools')[0]}/devtools/page/{target}", max_size=None))
        opened.call("Network.enable")
        opened.call("Page.navigate", url=address)
        opened.wait_for("document.querySelectorAll('#grains polyline').length > 0")
        yield opened
    finally:
        browser.kill()
        browser.wait()


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine (Debian: apt-get install chromium)")
def test_the_page_answers_and_its_controls_work(page, address):
    page.changes("headline", lambda: page.set("temperature", 590))
    assert page.run("document.querySelectorAll('#arrhenius polyline').length") == 4  # bulk, two of GB, polycrystal
    assert page.run("document.querySelectorAll('#grains polyline').length") == 2
    assert page.run("document.querySelectorAll('#arrhenius polygon').length") == 3  # their 95 % bands
    assert page.run("document.querySelectorAll('#numbers tr').length") == 5
    assert "Li6PS5I 0 %" in page.text("origin")
    assert not page.run("document.body.innerHTML.includes('NaN')")

    hot = page.changes("headline", lambda: page.set("temperature", 600))
    assert "600 K" in page.text("where") and page.text("note") == ""
    fine = page.changes("headline", lambda: page.set("size", 0))
    assert fine != hot and "25 nm" in page.text("where")

    box = page.run("(b => [b.x, b.y, b.width, b.height])(document.getElementById('grains').getBoundingClientRect())")
    middle = {"x": box[0] + box[2] / 2, "y": box[1] + box[3] / 2, "button": "left", "clickCount": 1}

    def click():
        for kind in ("mousePressed", "mouseReleased"):
            page.call("Input.dispatchMouseEvent", type=kind, **middle)

    assert "1.18 µm" in page.changes("where", click)  # the middle of the picture lies left of the middle of the axis

    assert "is not in the training data" in page.changes("notice", lambda: page.set("composition", "Li6PS5Br"))
    assert "Xx" in page.changes("notice", lambda: page.set("composition", "Li6PS5Xx"))
    assert page.run("document.getElementById('results').className").split()[-1] == "old"
    page.set("composition", "Li6PS5Cl")
    page.wait_for("document.getElementById('notice').textContent === ''")
    page.set("boundary", "bulk")
    page.wait_for("document.querySelectorAll('#numbers tr').length === 3")
    assert "single crystal" in page.text("where")
    assert page.requested and all(url.startswith((address, "data:")) for url in page.requested)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine (Debian: apt-get install chromium)")
def test_the_page_fits_phones_keeps_questions_and_compares_with_experiment(page, address):
    assert page.run("document.getElementById('composition').value") == "Li6PS5Cl"
    assert "experiment: " in page.text("known-values")
    assert "uncertainty of σ from" in page.text("shares-text")
    for width in (360, 414, 768, 1024, 1400):
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        assert page.run("document.documentElement.scrollWidth") <= width
        table = "document.getElementById('numbers').closest('div')"
        assert page.run(f"{table}.scrollWidth - {table}.clientWidth") <= 0
        above = page.run("document.getElementById('results').getBoundingClientRect().top")
        below = page.run("document.querySelector('.controls').getBoundingClientRect().top")
        assert above < below if width <= 900 else above == below
    header, row, *_ = page.run("csvOf(shown)").split("\n")
    assert header.count(",") == row.count(",") and header.startswith("composition,disorder,boundary")
    page.call("Page.navigate", url=page.run("address()").replace("temperature_K=300", "temperature_K=450"))
    page.wait_for("(document.getElementById('where') || {}).textContent?.includes('450 K')")
