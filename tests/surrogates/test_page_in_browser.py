"""The page in headless Chromium: plots drawn from the service's answers, nothing fetched from elsewhere."""

import re
import shutil
import subprocess
import threading

import pytest
import uvicorn

from argyro.surrogates.service import create_app

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_page_draws_both_plots_and_the_numbers(oracle, tmp_path):
    server = uvicorn.Server(uvicorn.Config(create_app(oracle), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--virtual-time-budget=8000"]
    command = [BROWSER, *flags, "--dump-dom", f"http://127.0.0.1:{port}/"]
    page = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    server.should_exit = True
    thread.join(timeout=10)
    arrhenius, grains = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert arrhenius.count("<polyline") == 3
    assert grains.count("<polyline") == 1
    assert "NaN" not in page
    assert len(re.findall(r"<tr>", page)) == 6
    assert 'value="sigma5(001)[001]"' in page
