"""Packages that are broken in chosen ways, a hub of our own, and an environment of known content."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from humpcat.environment.folders import Folder
from humpcat.environment.hub import Hub
from humpcat.environment.loading import Device, Import
from humpcat.environment.model import ShippedModel
from humpcat.environment.packages import Installed
from humpcat.environment.processor import Processor
from humpcat.environment.report import Environment
from humpcat.packages import PACKAGES

WORKING_TORCH = """
import types
__version__ = "9.9.9+cpu"
dtype = str
float32, bfloat16 = "torch.float32", "torch.bfloat16"
device = lambda name: types.SimpleNamespace(type=name)
cuda = types.SimpleNamespace(is_available=lambda: False)
version = types.SimpleNamespace(cuda=None)
get_num_threads = lambda: 3
mkldnn = types.SimpleNamespace(is_available=lambda: False)
cpu = types.SimpleNamespace(get_cpu_capability=lambda: "AVX9")
backends = types.SimpleNamespace(mkldnn=mkldnn, cpu=cpu)
"""
"""As much of torch as the report asks, without the seconds that torch takes."""

MODEL = "openai/whisper-base"
"""What the hub is asked for."""

CRASH = "import os, signal; os.kill(os.getpid(), getattr(signal, 'SIGSEGV', signal.SIGTERM))"


def fake(folder: Path, name: str, code: str) -> Path:
    """Write a package that is found before the one that is installed, if its folder comes first."""
    package = folder / name
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(code, encoding="utf-8")
    return folder


class Server(ThreadingHTTPServer):
    """A hub that gives one answer and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.answer: tuple[int, str] | None = (200, json.dumps({"id": MODEL}))
        self.closing = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.server.answer is None:
            self.server.closing.wait(60)
            return
        status, text = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass


def healthy() -> Environment:
    """Return an environment in which all is well."""
    return Environment(
        humpcat={"version": "0.1.0", "folder": "/c/humpcat"},
        python={"version": "3.11.7", "implementation": "CPython", "executable": "/c/bin/python"},
        platform="Linux-6.1-x86_64",
        processor=Processor(
            "AMD EPYC", "x86_64", 2, dict.fromkeys(("amx_bf16", "avx512_bf16", "bf16"), False) | {"avx2": True}
        ),
        packages={package.name: Installed("1.0", True, package.extra or None) for package in PACKAGES},
        torch=Import(True, "2.14.1+cu130"),
        torchaudio=Import(True, "2.11.1+cu132"),
        pair_known_to_load=True,
        device=Device("cpu", "float32", "bfloat16", "AVX2", 2, "13.0"),
        folders={
            "cache": Folder("/c/humpcat", True, 3_210_000, 12, True, True, 5 * 10**9),
            "features": Folder("/c/humpcat/features", False, 0, 0, True, True, 5 * 10**9),
            "hub": Folder("/c/hub", True, 2_100_000_000, 40, False, False, None),
        },
        model=ShippedModel("mini", ()),
        hub=Hub("https://huggingface.co", False),
        problems=(),
    )
