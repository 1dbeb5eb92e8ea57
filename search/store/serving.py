"""A run's study in optuna-dashboard, to look at: nothing that comes over the wire can write."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from search.store.optuna_compat import storage_of
from search.store.run import StoredRun

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LOOPBACK = "127.0.0.1"
_READS = ("GET", "HEAD")
_NAMES = (LOOPBACK, "localhost")


def application(run: StoredRun) -> "WSGIApplication":
    """The pages, which follow the run while it goes.

    The study is that of a reader, whose storage cannot append; and a request that would is refused
    before, as is one from a page elsewhere whose name was made to lead to this machine.
    """
    import optuna_dashboard

    dashboard: WSGIApplication = optuna_dashboard.wsgi(storage_of(run.study))

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if environ.get("HTTP_HOST", "").rpartition(":")[0] not in _NAMES:
            return _refusal(start, "403 Forbidden", "Open this page by the address 127.0.0.1.\n")
        if environ["REQUEST_METHOD"] not in _READS:
            return _refusal(start, "405 Method Not Allowed", "This run can only be looked at.\n")
        return dashboard(environ, start)

    return answer


def _refusal(start: "StartResponse", status: str, sentence: str) -> list[bytes]:
    headers = [("Content-Type", "text/plain"), ("Allow", ", ".join(_READS))]
    start(status, headers)
    return [sentence.encode()]
