"""Hubs on this machine: one that holds models, one that does not answer, and the cache that a download leaves."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """A hub that keeps what it was asked.

    Args:
        models: name of each model that it holds to the folder of its files.
        silent: take connections and never answer.
        seconds: how long each file takes.
    """

    daemon_threads = True

    def __init__(self, models: dict[str, Path] | None = None, *, silent: bool = False, seconds: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.models, self.silent, self.seconds = models or {}, silent, seconds
        self.asked: list[str] = []
        self.closing = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        hub = self.server
        hub.asked.append(f"{self.command} {self.path}")
        if hub.silent:
            hub.closing.wait(60)
            return
        for name, folder in hub.models.items():
            if self.path.startswith(f"/api/models/{name}"):
                files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
                tree = [
                    {"type": "file", "path": file, "size": (folder / file).stat().st_size, "oid": COMMIT}
                    for file in files
                ]
                said = {"id": name, "sha": COMMIT, "siblings": [{"rfilename": file} for file in files]}
                self._answer(json.dumps(tree if "/tree/" in self.path else said).encode())
                return
            # /OWNER/NAME/resolve/REVISION/FILE
            file = folder / "/".join(self.path.partition("?")[0].split("/")[5:])
            if self.path.startswith(f"/{name}/resolve/") and file.is_file():
                time.sleep(hub.seconds)
                self._answer(file.read_bytes())
                return
        self.send_response(404)
        self.send_header("X-Error-Code", "EntryNotFound" if "/resolve/" in self.path else "RepoNotFound")
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Take a model: the client makes its place, asks how to send each file, and sends them as one commit."""
        hub, body = self.server, self.rfile.read(int(self.headers["Content-Length"]))
        name = "/".join(self.path.split("/")[3:5])
        if self.path == "/api/repos/create":
            made = json.loads(body)
            name = "/".join(filter(None, (made.get("organization"), made["name"])))
            hub.models[name].mkdir()
            self._answer(json.dumps({"url": f"{hub.address}/{name}"}).encode())
        elif "/preupload/" in self.path:
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            self._answer(json.dumps({"files": files}).encode())
        elif "/commit/" in self.path:
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    file = hub.models[name] / line["value"]["path"]
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(base64.b64decode(line["value"]["content"]))
            done = {"commitUrl": f"{hub.address}/{name}/commit/{COMMIT}", "commitOid": COMMIT}
            self._answer(json.dumps(done).encode())
        else:
            self._answer(b'{"errors": [], "warnings": []}')

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Let a hub answer while the block runs."""
    with hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        yield hub
        hub.closing.set()
        hub.shutdown()


def cached(cache: Path, name: str, folder: Path, files: list[str] | None = None) -> None:
    """Put files of a folder where a download of a model leaves them."""
    place = cache / f"models--{name.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(COMMIT)
    (place / "snapshots" / COMMIT).mkdir(parents=True)
    for file in folder.iterdir():
        if files is None or file.name in files:
            (place / "snapshots" / COMMIT / file.name).write_bytes(file.read_bytes())
