import sys
from pathlib import Path

import pytest

from humpcat.environment.hub import Hub, ask_hub, find_hub

from .making import MODEL, Server


def test_a_hub_that_answers_is_asked_once_and_nothing_is_kept(server: Server, tmp_path: Path) -> None:
    found = ask_hub(Hub(server.address, False), MODEL, seconds=30)
    assert found == Hub(server.address, False, asked=True, answers=True)
    assert server.asked == [f"/api/models/{MODEL}"]
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ((404, "{}"), "status 404"),
        ((503, ""), "status 503"),
        ((200, "<html>Log in</html>"), "an answer that is no hub's"),
    ],
)
def test_other_answers_are_told(answer: tuple[int, str], detail: str, server: Server) -> None:
    server.answer = answer
    found = ask_hub(Hub(server.address, False), MODEL, seconds=30)
    assert (found.asked, found.answers, found.detail) == (True, False, detail)
    assert len(server.asked) == 1


def test_a_hub_that_does_not_answer_is_not_waited_for(server: Server) -> None:
    server.answer = None
    found = ask_hub(Hub(server.address, False), MODEL, seconds=0.5)
    assert (found.asked, found.answers) == (True, False)
    assert found.detail


def test_a_hub_that_is_not_there(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    found = ask_hub(Hub("http://127.0.0.1:9", False), MODEL, seconds=30)
    assert (found.asked, found.answers) == (True, False)
    assert found.detail


def test_a_hub_that_must_not_be_asked_is_not(server: Server) -> None:
    assert ask_hub(Hub(server.address, True), MODEL) == Hub(server.address, True, detail="HF_HUB_OFFLINE is set")
    assert server.asked == []


def test_the_hub_is_found_without_asking_it(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"https://me:secret@{server.address[7:]}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert find_hub() == (Hub(f"https://{server.address[7:]}", False), tmp_path)
    assert server.asked == []


def test_without_its_client_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    hub, folder = find_hub()
    assert (hub.endpoint, folder) == (None, None)
    assert hub.detail is not None
    assert hub.detail.startswith("huggingface_hub cannot be imported (")
    assert ask_hub(hub, MODEL) == hub
