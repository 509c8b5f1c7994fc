"""What comes over a connection and is no request is refused as every request is."""

import uuid
from http import HTTPStatus
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from backend.routes.problems import MEDIA, Problem

LONGEST_HEAD = 64 * 1024
TOO_LONG = f"The headers of a request have {LONGEST_HEAD // 1024} KiB at most"


class Connection(HttpToolsProtocol):
    """A connection whose refusals are problem+json, and that takes no endless head."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head: int | None = None  # bytes of a head that goes on; None within a body

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head is not None and not self.transport.is_closing():
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, TOO_LONG)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0

    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(
            HTTPStatus.BAD_REQUEST, "This is no request of HTTP, or its address is too long"
        )

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        request_id = uuid.uuid4().hex
        problem = Problem(
            type="/problems/bad_request", title=status.phrase.capitalize(), status=status,
            detail=detail, instance=request_id,
        )  # fmt: skip
        body = msgspec.json.encode(problem)
        headers = (
            f"content-type: {MEDIA}\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[status] + headers.encode() + body)
        self.transport.close()
