"""The HTTP service in a real server on this machine."""

import contextlib
import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from argyro.surrogates.serving import http_api
from argyro.surrogates.serving.compute_queue import ComputeQueue
from argyro.surrogates.serving.http_api import LARGEST_BODY_BYTES, create_app
from argyro.surrogates.serving.http_server import http_server, shared_socket

QUESTION = {
    "composition": "Li6PS5Cl",
    "disorder": 0.5,
    "boundary": "sigma5(001)[001]",
    "temperature_K": 300.0,
    "grain_size_nm": 100.0,
}


@contextlib.contextmanager
def served(app):
    """The address of an application in a server of its own."""
    server, opened = http_server(app), shared_socket("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{opened.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=60)


@pytest.fixture(scope="module")
def address(oracle):
    oracle.answer(oracle.example())  # compiled before anyone waits for it
    with served(create_app(oracle)) as found:
        yield found


def test_predict_answers_as_python_does(address, oracle):
    from argyro.surrogates.serving.predictor import Question

    response = requests.post(f"{address}/predict", json=QUESTION, timeout=60)
    assert response.status_code == 200
    assert response.json() == oracle.answer(Question(**QUESTION))


def test_curves_pass_through_the_answer(address):
    question = QUESTION | {"temperatures_K": [300.0, 600.0], "grain_sizes_nm": [25.0, 100.0, 1e4]}
    data = requests.post(f"{address}/curves", json=question, timeout=60).json()
    curves, answer = data["curves"], data["answer"]
    assert len(curves["conductivity_mS_cm"]) == 3
    assert curves["conductivity_mS_cm"][1] == pytest.approx(answer["conductivity_mS_cm"])
    for name in ("bulk_cm2_s", "boundary_parallel_cm2_s", "boundary_perpendicular_cm2_s", "effective_cm2_s"):
        assert len(curves[name]) == 2
        assert curves[name][0] == pytest.approx(answer[name])


def test_health_options_page_and_openapi(address):
    assert requests.get(f"{address}/health", timeout=60).json()["status"] == "ok"
    options = requests.get(f"{address}/options", timeout=60).json()
    assert "sigma5(001)[001]" in options["boundaries"]
    assert options["origin"]["materials"] == ["Li6PS5Cl 50 %", "Li6PS5I 0 %"]
    assert requests.post(f"{address}/predict", json=options["example"], timeout=60).json()["in_domain"]
    page = requests.get(f"{address}/", timeout=60).text
    assert "<svg" in page
    assert "http://www.w3.org/2000/svg" in page
    outside = page.replace('href: "https://doi.org/"', "")  # links of published values
    assert outside.count("http") == outside.count("http://www.w3.org/2000/svg")  # nothing is fetched from elsewhere
    links = re.findall(r'href: "([^"]+)"', outside)
    assert links and all(requests.get(f"{address}/{link}", timeout=60).ok for link in links)
    schema = requests.get(f"{address}/openapi.json", timeout=60).json()
    assert {"/predict", "/curves", "/health"} <= set(schema["paths"])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"composition": "Na3PS4"}, "Na"),
        ({"composition": "Li6PS5Xx"}, "Xx"),
        ({"composition": ""}, "text that is not empty"),
        ({"boundary": "sigma7(001)[001]"}, "sigma"),
        ({"boundary": 5}, "write text"),
        ({"boundaries": {"sigma5(001)[001]": 1.0}}, "give one of them"),
        ({"boundary": None, "boundaries": {"sigma5(001)[001]": 0.3}}, "add up to 0.3"),
        ({"disorder": 1.5}, "1.5 % is 0.015"),
        ({"disorder": 50}, "50 % is 0.5"),
        ({"disorder": -0.1}, "not a share from 0 to 1"),
        ({"disorder": "0.5"}, "write a number"),
        ({"temperature_K": 0}, "at least 150"),
        ({"temperature_K": -300}, "at least 150"),
        ({"temperature_K": 10.0}, "at least 150"),
        ({"temperature_K": 1e6}, "at most 3000"),
        ({"grain_size_nm": 1e7}, "at most 1e+06"),
        ({"temprature_K": 400}, "did you mean 'temperature_K'?"),
        ({"grain_size_nm": 5.0}, "too small"),
        ({"pressure": 1}, "is not known; remove it"),
    ],
)
def test_bad_questions_are_refused_with_reasons(address, changes, says):
    response = requests.post(f"{address}/predict", json=QUESTION | changes, timeout=60)
    assert response.status_code == 422
    assert says in response.json()["detail"][0]["msg"]


@pytest.mark.parametrize("name", ["disorder", "temperature_K", "grain_size_nm"])
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(address, name, number):
    body, kind = f'{{"composition": "Li6PS5Cl", "{name}": {number}}}', {"content-type": "application/json"}
    response = requests.post(f"{address}/predict", data=body, headers=kind, timeout=60)
    assert response.status_code == 422
    assert name in response.json()["detail"][0]["loc"]


def test_malformed_and_huge_bodies(address):
    assert requests.post(f"{address}/predict", data=b"{not json", timeout=60).status_code == 422
    assert requests.post(f"{address}/predict", data=b" " * 2**20, timeout=60).status_code == 413
    chunks = (b" " * 4096 for _ in range(LARGEST_BODY_BYTES // 4096 + 2))
    with contextlib.suppress(requests.ConnectionError):  # the server may hang up while the client still sends
        assert requests.post(f"{address}/predict", data=chunks, timeout=60).status_code == 413
    assert requests.post(f"{address}/predict", json=QUESTION, timeout=60).status_code == 200


def test_out_of_domain_is_said(address):
    answer = requests.post(f"{address}/predict", json=QUESTION | {"temperature_K": 1300.0}, timeout=60).json()
    assert not answer["in_domain"]
    assert "1300 K" in answer["warnings"][0]


def test_answers_below_the_coldest_run_say_that_they_are_extrapolated(address):
    answer = requests.post(f"{address}/predict", json=QUESTION, timeout=60).json()
    assert answer["in_domain"]
    assert "300 K is extrapolated" in answer["notes"][0]
    assert not requests.post(f"{address}/predict", json=QUESTION | {"temperature_K": 650.0}, timeout=60).json()["notes"]


def test_a_token_guards_all_but_the_page_and_health(oracle):
    with served(create_app(oracle, token="s3cret")) as address:

        def ask(path, token=None):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            body = {"json": QUESTION} if path == "/predict" else {}
            return requests.request("POST" if body else "GET", address + path, headers=headers, timeout=60, **body)

        assert ask("/").status_code == ask("/health").status_code == 200
        assert "Bearer" in ask("/predict").text
        for path in ("/predict", "/options", "/openapi.json"):
            assert ask(path).status_code == ask(path, "wrong").status_code == 401
            assert ask(path, "s3cret").status_code == 200


def test_the_page_may_run_its_own_script_only_and_in_no_frame(address):
    policy = requests.get(f"{address}/", timeout=60).headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'sha256-" in policy and "frame-ancestors 'none'" in policy
    headers = requests.post(f"{address}/predict", json=QUESTION, timeout=60).headers
    assert headers["x-frame-options"] == "DENY" and headers["x-content-type-options"] == "nosniff"


def test_a_foreign_host_name_is_refused(address):
    answer = requests.get(f"{address}/options", headers={"host": "attacker.example.com"}, timeout=60)
    assert answer.status_code == 421 and "--allow-host" in answer.text


def test_repeated_questions_are_computed_once(oracle, monkeypatch):
    with served(create_app(oracle)) as address:
        first = requests.post(f"{address}/predict", json=QUESTION, timeout=60)
        monkeypatch.setattr(type(oracle), "answer_query", None)
        assert requests.post(f"{address}/predict", json=QUESTION, timeout=60).content == first.content


@pytest.fixture
def held():
    """A service whose thread computes until the gate opens."""
    gate, started, queue = threading.Event(), threading.Event(), ComputeQueue(time_limit_s=0.5, stuck_after_s=0.5)

    def steps():
        started.set()
        gate.wait(60)
        return None
        yield

    def hold():
        queue.submit(steps(), 9)
        started.wait(60)

    yield queue, hold
    gate.set()


def test_a_queue_that_hangs_answers_503_and_health_says_so_within_a_second(oracle, held, monkeypatch):
    queue, hold = held
    monkeypatch.setattr(http_api, "MOST_CURVES_WAITING", 1)
    with served(create_app(oracle, queue=queue)) as address:
        assert requests.get(f"{address}/health", timeout=60).json()["status"] == "ok"
        hold()
        late = requests.post(f"{address}/predict", json=QUESTION, timeout=60)
        assert late.status_code == 503 and late.headers["retry-after"] and "exceeds" in late.text
        curves = QUESTION | {"temperatures_K": [300.0], "grain_sizes_nm": [100.0]}
        full = requests.post(f"{address}/curves", json=curves, timeout=60)
        assert full.status_code == 503 and full.headers["retry-after"] and "wait" in full.text
        health = requests.get(f"{address}/health", timeout=1)
        assert health.status_code == 503 and health.json()["status"] == "stuck"


def test_a_client_that_leaves_ends_its_computation(oracle, monkeypatch):
    """The first of many steps meets the client; after it left no step follows."""
    entered, ended = threading.Event(), threading.Event()

    def endless(self, question):
        try:
            while True:
                entered.set()
                yield
        finally:
            ended.set()

    monkeypatch.setattr(http_api._Answers, "_curves_steps", endless)
    body = json.dumps(QUESTION | {"temperatures_K": [300.0], "grain_sizes_nm": [100.0]}).encode()
    with served(create_app(oracle)) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as client:
            head = "POST /curves HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            client.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            assert entered.wait(60)
        assert ended.wait(60)


def test_many_clients_of_curves_are_all_answered(address):
    """Several threads in one JAX evaluation hung here for ever."""
    temperatures = [200.0 + 10 * i for i in range(20)]

    def ask(number):
        question = QUESTION | {"temperatures_K": temperatures, "grain_sizes_nm": [1e4 + number, 2e5]}
        return requests.post(f"{address}/curves", json=question, timeout=60).status_code

    with ThreadPoolExecutor(8) as clients:
        assert list(clients.map(ask, range(24))) == [200] * 24


def test_boundaries_with_shares_are_a_population(address):
    shares = {"sigma5(001)[001]": 1.0}
    question = {name: value for name, value in QUESTION.items() if name != "boundary"}
    answer = requests.post(f"{address}/predict", json=question | {"boundaries": shares}, timeout=60).json()
    assert answer["boundaries"] == shares
    assert (
        answer["effective_cm2_s"]
        == requests.post(f"{address}/predict", json=QUESTION, timeout=60).json()["effective_cm2_s"]
    )


def test_a_question_without_disorder_states_its_origin(address):
    question = {name: value for name, value in QUESTION.items() if name != "disorder"}
    answer = requests.post(f"{address}/predict", json=question, timeout=60).json()
    assert answer["disorder"]["origin"] == "estimated"
    assert answer["disorder"]["low"] < 0.62 < answer["disorder"]["high"]  # refined, Kraft et al. 2017
