"""The HTTP service in a real server on this machine."""

import contextlib
import threading

import pytest
import requests
import uvicorn

from argyro.surrogates.service import LARGEST_BODY_BYTES, create_app

QUESTION = {
    "composition": "Li6PS5Cl",
    "disorder": 0.5,
    "boundary": "sigma5(001)[001]",
    "temperature_K": 300.0,
    "grain_size_nm": 100.0,
}


@pytest.fixture(scope="module")
def address(oracle):
    server = uvicorn.Server(uvicorn.Config(create_app(oracle), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


def test_predict_answers_as_python_does(address, oracle):
    from argyro.surrogates.answer import Question

    response = requests.post(f"{address}/predict", json=QUESTION, timeout=10)
    assert response.status_code == 200
    assert response.json() == oracle.answer(Question(**QUESTION))


def test_curves(address):
    question = QUESTION | {"temperatures_K": [300.0, 600.0], "grain_sizes_nm": [25.0, 100.0, 1e4]}
    data = requests.post(f"{address}/curves", json=question, timeout=10).json()
    assert len(data["curves"]["bulk_cm2_s"]) == 2
    sizes = data["curves"]["conductivity_mS_cm"]
    assert sizes[1] == pytest.approx(data["answer"]["conductivity_mS_cm"])
    assert len(sizes) == 3


def test_health_options_page_and_openapi(address):
    assert requests.get(f"{address}/health", timeout=10).json()["status"] == "ok"
    assert "sigma5(001)[001]" in requests.get(f"{address}/options", timeout=10).json()["boundaries"]
    page = requests.get(f"{address}/", timeout=10).text
    assert "<svg" in page
    assert "http://www.w3.org/2000/svg" in page
    assert page.count("http") == page.count("http://www.w3.org/2000/svg")  # nothing is fetched from elsewhere
    schema = requests.get(f"{address}/openapi.json", timeout=10).json()
    assert {"/predict", "/curves", "/health"} <= set(schema["paths"])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"composition": "Na3PS4"}, "Na"),
        ({"boundary": "sigma7(001)[001]"}, "sigma"),
        ({"disorder": 1.5}, "less than or equal to 1"),
        ({"disorder": "0.5"}, "valid number"),
        ({"temperature_K": 0}, "greater than 0"),
        ({"grain_size_nm": 5.0}, "too small"),
        ({"pressure": 1}, "not permitted"),
    ],
)
def test_bad_questions_are_refused_with_reasons(address, changes, says):
    response = requests.post(f"{address}/predict", json=QUESTION | changes, timeout=10)
    assert response.status_code == 422
    assert says in response.text


def test_malformed_and_huge_bodies(address):
    assert requests.post(f"{address}/predict", data=b"{not json", timeout=10).status_code == 422
    assert requests.post(f"{address}/predict", data=b" " * 2**20, timeout=10).status_code == 413
    chunks = (b" " * 4096 for _ in range(LARGEST_BODY_BYTES // 4096 + 2))
    with contextlib.suppress(requests.ConnectionError):  # the server may hang up while the client still sends
        assert requests.post(f"{address}/predict", data=chunks, timeout=10).status_code == 413
    assert requests.post(f"{address}/predict", json=QUESTION, timeout=10).status_code == 200


def test_out_of_domain_is_said(address):
    answer = requests.post(f"{address}/predict", json=QUESTION | {"temperature_K": 1300.0}, timeout=10).json()
    assert not answer["in_domain"]
    assert "1300 K" in answer["warnings"][0]
