"""Walks lists."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from .models import LabelFilter

T = TypeVar("T")


class Page(Protocol[T]):
    """A page of any list."""

    items: list[T]
    next_page: str | None


def items(list_page: Callable[..., Page[T]], *args: Any, **kwargs: Any) -> Iterator[T]:
    """Yields the items of all pages of a list. An item that exists when the first page is read is
    yielded exactly once.

        for run in items(list_runs.sync, client=client, statuses=[Status.RUNNING]):

    Args:
        list_page: The function sync of the module of a list. It gets the other arguments.
    """
    page = list_page(*args, **kwargs)
    yield from page.items
    while page.next_page is not None:
        page = list_page(*args, **{**kwargs, "page": page.next_page})
        yield from page.items


def label_filter(labels: Mapping[str, str]) -> LabelFilter:
    """Returns the argument labels of a list, which matches what has all of these labels."""
    # The query has a parameter labels[key] for each label, for which the generator has no style.
    return LabelFilter.from_dict({f"labels[{key}]": value for key, value in labels.items()})
