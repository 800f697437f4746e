"""Results: what the API answers, by attribute or by item, with whatever members it has."""
from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Dict, FrozenSet, List, Type, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class Object(Dict[str, Any]):
    """A JSON object: `result.summary` is `result["summary"]`. Members whose names are methods of a dict, as an output
    may have them, are read as items. json.dumps writes it as it came."""

    SECRET: FrozenSet[str] = frozenset()    # members that repr does not show

    if not TYPE_CHECKING:    # a type checker knows the members that the classes declare, and tells of others

        def __getattr__(self, name):
            try:
                return self[name]
            except KeyError:
                raise AttributeError(f"{type(self).__name__} has no member {name!r}") from None

        def __setattr__(self, name, value):
            self[name] = value

        def __delattr__(self, name):
            try:
                del self[name]
            except KeyError:
                raise AttributeError(f"{type(self).__name__} has no member {name!r}") from None

    def __dir__(self) -> List[str]:
        return sorted({*super().__dir__(), *self})

    def __repr__(self) -> str:
        shown = (f"{name}={'***' if name in self.SECRET and value else repr(value)}" for name, value in self.items())
        return f"{type(self).__name__}({', '.join(shown)})"

    __str__ = __repr__


@functools.lru_cache(maxsize=None)
def _members(cls: Type[Object]) -> Dict[str, Any]:
    hints = get_type_hints(cls)
    return {name: hint for name, hint in hints.items() if name != "SECRET"}


def shape(hint: Any, value: Any) -> Any:
    """The value as the type says: Objects in it become the declared classes. What does not fit stays as it is: a server
    may be newer than this package."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Union:
        hint = next(a for a in arguments if a is not type(None))
        return shape(hint, value)
    if origin is list and isinstance(value, list):
        return [shape(arguments[0], each) for each in value]
    if isinstance(hint, type) and issubclass(hint, Object) and isinstance(value, dict):
        known = _members(hint)
        return hint((name, shape(known[name], each) if name in known else each) for name, each in value.items())
    return value


def fits(hint: Any, value: Any) -> bool:
    """Whether the value is at least an object or a list, where the type is one."""
    if get_origin(hint) is list:
        return isinstance(value, list) and all(fits(get_args(hint)[0], each) for each in value)
    return isinstance(value, dict) if isinstance(hint, type) and issubclass(hint, Object) else True
