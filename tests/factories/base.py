"""What all factories of requests share."""

from functools import cache
from typing import Any, TypeVar

import msgspec
from polyfactory.factories.msgspec_factory import MsgspecFactory
from polyfactory.field_meta import FieldMeta

from tests.office import Person

T = TypeVar("T", bound=msgspec.Struct)


class RequestFactory(MsgspecFactory[T]):
    """Makes the body of a request: what is required, and what the test says; nothing else."""

    __is_base_factory__ = True
    __use_defaults__ = True
    __random_seed__ = 1

    @classmethod
    def should_use_default_value(cls, field_meta: FieldMeta) -> bool:
        own = hasattr(cls, field_meta.name)
        return not own and super().should_use_default_value(field_meta)

    @classmethod
    @cache
    def get_model_fields(cls) -> list[FieldMeta]:
        """Read from the annotations once, not for each body anew."""
        return super().get_model_fields()

    @classmethod
    def body(cls, **fields: Any) -> dict[str, Any]:
        """The body as JSON has it; a field that is no field fails here and not in the product."""
        built: dict[str, Any] = msgspec.to_builtins(cls.build(**fields))
        return built


async def made(
    person: Person, path: str, factory: type[RequestFactory[Any]], **fields: Any
) -> dict[str, Any]:
    """POST what a factory builds; the record."""
    reply = await person.post(path, factory.body(**fields))
    assert reply.status_code == 201, reply.text
    record: dict[str, Any] = reply.json()
    return record
