"""Lists that come in pages: gone through entry by entry, or page by page."""
from __future__ import annotations

from typing import Any, AsyncIterator, Callable, Coroutine, Generic, Iterator, List, Mapping, Optional, Type, TypeVar

from ._core import Core
from ._objects import shape
from ._request import Request
from .errors import ResponseError

T = TypeVar("T")
R = TypeVar("R")


class Page(List[T]):
    """The entries of one page. next_cursor is None at the end, and where pages go on by something else."""
    next_cursor: Optional[str] = None
    has_more: bool = False
    position: Mapping[str, Any] = {}      # the query that led here


class Pages(Generic[T]):
    """A list that is asked for page by page. following gives what leads to the page behind one, as a query."""

    def __init__(self, core: Core, path: str, kind: Type[List[T]], query: Mapping[str, Any],
                 following: Optional[Callable[[Page[T]], Mapping[str, Any]]] = None) -> None:
        self.core, self._path, self._kind, self._query = core, path, kind, query
        self._following = following or (lambda page: {"cursor": page.next_cursor or ""})

    async def first(self) -> Page[T]:
        return await self._page({})

    async def after(self, page: Page[T]) -> Optional[Page[T]]:
        """None behind the last. A page without entries may have others behind it; a server that leads in a circle is
        not followed."""
        if not page.has_more:
            return None
        position = self._following(page)
        if position == page.position or "" in position.values():
            raise ResponseError("The server names no next page", status=200)
        return await self._page(position)

    async def _page(self, position: Mapping[str, Any]) -> Page[T]:
        _, answer = await self.core.exchange(Request("GET", self._path, self._kind, {**self._query, **position}))
        page: Page[T] = Page(shape(self._kind, answer["data"]))
        page.next_cursor, page.has_more = answer.get("next_cursor"), answer.get("has_more") is True
        page.position = position
        return page


class Listing(Generic[T]):
    """Goes over all entries of all pages; each time it is gone through it is asked for anew."""

    def __init__(self, pages: Pages[T]) -> None:
        self._pages = pages

    def first_page(self) -> Page[T]:
        return self._run(self._pages.first())

    def pages(self) -> Iterator[Page[T]]:
        page: Optional[Page[T]] = self.first_page()
        while page is not None:
            yield page
            page = self._run(self._pages.after(page))

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page

    def _run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        result: R = self._pages.core.io.run(coroutine)
        return result


class AsyncListing(Generic[T]):
    """Listing, for asyncio."""

    def __init__(self, pages: Pages[T]) -> None:
        self._pages = pages

    async def first_page(self) -> Page[T]:
        return await self._pages.first()

    async def pages(self) -> AsyncIterator[Page[T]]:
        page: Optional[Page[T]] = await self._pages.first()
        while page is not None:
            yield page
            page = await self._pages.after(page)

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for entry in page:
                yield entry
