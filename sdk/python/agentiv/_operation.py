"""How one method serves both clients.

A resource's methods are coroutines. Behind `operation` they are called as such on AsyncAgentiv's resources, and as
functions that block on Agentiv's; type checkers see the one or the other by the resource's parameter. What `listing`
and `streaming` decorate gives something to go through, by `for` or by `async for`."""
from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Generic, TypeVar, overload

from ._asyncio import AsyncioIO
from ._blocking import BlockingIO
from ._core import Core
from ._events import AsyncEventStream, EventStream, Steps
from ._io import IO
from ._paging import AsyncListing, Listing, Pages

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec
    P = ParamSpec("P")
else:
    P = TypeVar("P")
T = TypeVar("T")
IO_T = TypeVar("IO_T", BlockingIO, AsyncioIO)


class Resource(Generic[IO_T]):
    """A part of the client, as client.agents. IO_T: which client's."""

    def __init__(self, core: Core) -> None:
        self._core = core


class Method:
    """A descriptor: the function bound to a resource, its result given by given()."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    @staticmethod
    def given(io: IO, result: Any) -> Any:
        return io.run(result)

    def bound(self, instance: Any) -> Any:
        if instance is None:
            return self
        method = types.MethodType(self._function, instance)

        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            return self.given(instance._core.io, method(*args, **kwargs))
        return call


class Operation(Method, Generic[P, T]):
    @overload
    def __get__(self, instance: Resource[BlockingIO], owner: Any) -> Callable[P, T]: ...

    @overload
    def __get__(self, instance: Resource[AsyncioIO], owner: Any) -> Callable[P, Coroutine[Any, Any, T]]: ...

    @overload
    def __get__(self, instance: None, owner: Any) -> Operation[P, T]: ...

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self.bound(instance)


class ListOperation(Method, Generic[P, T]):
    @staticmethod
    def given(io: IO, result: Any) -> Any:
        return AsyncListing(result) if io.asynchronous else Listing(result)

    @overload
    def __get__(self, instance: Resource[BlockingIO], owner: Any) -> Callable[P, Listing[T]]: ...

    @overload
    def __get__(self, instance: Resource[AsyncioIO], owner: Any) -> Callable[P, AsyncListing[T]]: ...

    @overload
    def __get__(self, instance: None, owner: Any) -> ListOperation[P, T]: ...

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self.bound(instance)


class StreamOperation(Method, Generic[P]):
    @staticmethod
    def given(io: IO, result: Any) -> Any:
        return AsyncEventStream(result) if io.asynchronous else EventStream(result)

    @overload
    def __get__(self, instance: Resource[BlockingIO], owner: Any) -> Callable[P, EventStream]: ...

    @overload
    def __get__(self, instance: Resource[AsyncioIO], owner: Any) -> Callable[P, AsyncEventStream]: ...

    @overload
    def __get__(self, instance: None, owner: Any) -> StreamOperation[P]: ...

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self.bound(instance)


def operation(function: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> Operation[P, T]:
    return Operation(function)


def listing(function: Callable[Concatenate[Any, P], Pages[T]]) -> ListOperation[P, T]:
    return ListOperation(function)


def streaming(function: Callable[Concatenate[Any, P], Steps]) -> StreamOperation[P]:
    return StreamOperation(function)
