"""Calls operations by their names and keeps the first call of each as its example."""

import re
from typing import Any

import msgspec

from tests.office import Office, Person

Example = dict[str, Any]
# What differs each time, and what stands for it in an example.
SECRET = "vrk_the-token-is-shown-in-this-answer-alone"
DIFFERS = {"token": SECRET, "prefix": SECRET[:8]}


class Teller:
    """Somebody who tells a story by calling the API, and remembers what was answered."""

    def __init__(self, office: Office, contract: dict[str, Any], **people: Person) -> None:
        self.office = office
        self.people = people
        self.told: dict[str, Example] = {}
        self.ids: dict[str, Any] = {}
        self._operations = {
            operation["operationId"]: (method, path, operation)
            for path, methods in contract["paths"].items()
            for method, operation in methods.items()
        }

    def __getitem__(self, name: str) -> Any:
        """The id of a record that was made in the story."""
        return self.ids[name]

    async def __call__(
        self,
        name: str,
        *on: str | int,
        body: Any = None,
        by: str = "boss",
        keep: str | None = None,
        **query: Any,
    ) -> Any:
        """Call an operation on what was made before; what it answers, under the id's new name."""
        method, path, operation = self._operations[name]
        names = re.findall(r"{(\w+)}", path)
        values = [self.ids.get(str(one), one) for one in on]
        given = dict(zip(names, values, strict=True))
        query = {key.rstrip("_"): value for key, value in query.items()}
        place = path.format(**given).removeprefix("/api/v1")
        http = self.people[by].http
        headers = await self._version(operation, place, by)
        reply = await http.request(
            method.upper(),
            place if path.startswith("/api/v1") else f"http://voronka.test{path}",
            params=query,
            headers={**headers, "X-Request-Id": name},
            **({} if body is None else {"json": body}),
        )
        assert reply.status_code < 300, f"{name}: {reply.status_code} {reply.text}"
        answer = _answer(reply)
        if keep is not None:
            self.ids[keep] = answer["id"]
        self.told.setdefault(name, _example(given, query, headers, body, answer))
        return answer

    async def _version(self, operation: dict[str, Any], place: str, by: str) -> dict[str, str]:
        """If-Match, where it is demanded, with the tag of the record that the address names."""
        asked = {one.get("$ref", "").rpartition("/")[2] for one in operation["parameters"]}
        if "IfMatch" not in asked:
            return {}
        while True:
            reply = await self.people[by].http.get(place)
            if reply.status_code == 200 and "version" in (_answer(reply) or ()):
                return {"If-Match": reply.headers["etag"]}
            place = place.rpartition("/")[0]


def _answer(reply: Any) -> Any:
    if reply.headers.get("content-type") != "application/json" or not reply.content:
        return None
    return _settled(reply.json())


def _settled(value: Any) -> Any:
    """An answer without what is made by chance."""
    if isinstance(value, list):
        return [_settled(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: DIFFERS[name] if name in DIFFERS and one is not None else _settled(one)
        for name, one in value.items()
    }


def _example(path: Any, query: Any, headers: Any, body: Any, answer: Any) -> Example:
    parts = {"path": path, "query": query, "headers": headers, "body": body, "answer": answer}
    return {name: part for name, part in parts.items() if part not in (None, {})}


def encoded(told: dict[str, Example]) -> bytes:
    """The examples as they are kept in the file."""
    plain = msgspec.json.encode(told, order="sorted")
    return msgspec.json.format(plain, indent=1) + b"\n"
