"""A client of inndx runs, a control plane for web crawls.

connect returns a client, with which the functions of the modules in inndx_runs.api call the
operations of the API. An operation that fails raises an ApiError.

The client repeats what the service refuses for the moment, sends an Idempotency-Key with each POST,
and accepts members, values and kinds that it does not know, because later versions add some.
"""

from ._connect import ApiError, connect
from ._lists import items, label_filter
from ._wait import follow_log, wait_run
from .client import Client

__all__ = ("ApiError", "Client", "connect", "follow_log", "items", "label_filter", "wait_run")
