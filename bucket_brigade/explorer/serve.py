"""A page served to this machine alone, which may ask the program behind it for more.

The server listens on the loopback address only. Requests that name another host, as they would if
some site's name were made to lead here, or that another site's page sends, are refused.
"""

import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from bucket_brigade.errors import BucketBrigadeError, InvalidValue
from bucket_brigade.explorer.bundle import Bundle
from bucket_brigade.explorer.page import html_page

__all__ = ["Answer", "PageServer", "Params"]

#: Parameters of a question, each with its values in order.
Params = Mapping[str, list[str]]
#: Answers a question with what JSON can hold.
Answer = Callable[[Params], Any]

_LOOPBACK = "127.0.0.1"
#: What may ask: the page itself, and whoever types the address.
_OWN_SITES = (None, "same-origin", "none")


class PageServer:
    """A server of one page and of the answers to its questions.

    Use it as a context manager, or call `run` to serve until Ctrl-C.

    Parameters
    ----------
    bundle : dict
        What the page shows (see `bundle.bundled`).
    answers : mapping of str to callable
        What answers questions, by their path, such as ``"/episode"``. Errors of this package are
        told to the page in words.
    port : int
        Where to listen, on 127.0.0.1; 0 takes a free port.

    Raises
    ------
    InvalidValue
        If `port` is none, or one that is taken or that this user may not have.
    """

    def __init__(self, bundle: Bundle, answers: Mapping[str, Answer], port: int = 0) -> None:
        if not 0 <= port < 1 << 16:
            raise InvalidValue("port", port, "a port from 0 (any that is free) to 65535")
        page = html_page(bundle, connect=["'self'"]).encode("utf-8")
        handler = type("Handler", (_Handler,), {"page": page, "answers": answers})
        try:
            self._server = ThreadingHTTPServer((_LOOPBACK, port), handler)
        except OSError as error:
            raise InvalidValue("port", port, f"one that is free ({error.strerror})") from error
        self._server.daemon_threads = True  # an answer that takes long does not hold up the end
        self.address = f"http://{_LOOPBACK}:{self._server.server_port}/"

    def run(self) -> None:
        """Serve until the process is interrupted."""
        try:
            self._server.serve_forever()
        finally:
            self._server.server_close()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    page: bytes
    answers: Mapping[str, Answer]

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if not self._is_own():
            self._tell(HTTPStatus.FORBIDDEN, "only this machine's own page is answered")
        elif asked.path == "/":
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", self.page)
        elif asked.path in self.answers:
            self._answer(self.answers[asked.path], parse_qs(asked.query, keep_blank_values=True))
        else:
            self._tell(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _is_own(self) -> bool:
        """Whether a request is for this server by its own name, and from its own page."""
        port = self.server.server_port  # type: ignore[attr-defined]
        hosts = [f"{_LOOPBACK}:{port}", f"localhost:{port}"]
        origin = self.headers.get("Origin")
        return (
            self.headers.get("Host") in hosts
            and self.headers.get("Sec-Fetch-Site") in _OWN_SITES
            and (origin is None or origin in [f"http://{host}" for host in hosts])
        )

    def _answer(self, answer: Answer, params: Params) -> None:
        try:
            content = json.dumps(answer(params), allow_nan=False).encode()
        except (BucketBrigadeError, OSError, MemoryError) as error:
            self._tell(HTTPStatus.BAD_REQUEST, str(error) or type(error).__name__)
        else:
            self._send(HTTPStatus.OK, "application/json", content)

    def _tell(self, status: HTTPStatus, error: str) -> None:
        self._send(status, "application/json", json.dumps({"error": error}).encode())

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: whoever looks at the page sees what it asks for."""
