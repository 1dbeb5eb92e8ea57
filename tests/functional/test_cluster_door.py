"""A cluster that asks for no token is none; for one that does, see test_cluster_nodes."""

from contextlib import closing

import pytest

from benchmarks.killing.nodes import Nodes, free_port
from search.cluster.authentication import knocked
from search.study.errors import InputError

pytestmark = pytest.mark.ray


def test_a_cluster_that_asks_for_no_token_is_refused() -> None:
    with closing(Nodes(token=False)) as nodes:
        with pytest.raises(InputError, match="anyone who"):
            knocked(nodes.address)
        assert knocked(nodes.address, unauthenticated=True) == (nodes.address, False)


def test_where_nobody_listens_is_no_cluster() -> None:
    with pytest.raises(InputError, match="no Ray cluster answers there"):
        knocked(f"127.0.0.1:{free_port()}")
