"""Nobody gets into a cluster without its token; for a local run, see test_terminal."""

from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.killing.nodes import Nodes, free_port
from search.cluster.authentication import knocked
from search.study.errors import InputError
from tests.functional.command import search
from tests.functional.test_limits import SMALL

pytestmark = pytest.mark.ray


def test_a_cluster_of_another_token_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("00" * 32)
    (tmp_path / "small.py").write_text(SMALL)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "token"))
    with closing(Nodes()) as nodes:
        ended = search(tmp_path, "run", "small.py", "--address", nodes.address)
    assert ended.code == 2
    assert ended.err == (
        f"search: --address {nodes.address}: this cluster has another token than yours; put its "
        "own into ~/.ray/auth_token, or name a file with it by RAY_AUTH_TOKEN_PATH\n"
    )
    assert not list((tmp_path / "runs").iterdir())


def test_a_cluster_that_asks_for_no_token_is_refused() -> None:
    with closing(Nodes(token=False)) as nodes:
        with pytest.raises(InputError, match="anyone who"):
            knocked(nodes.address)
        assert knocked(nodes.address, unauthenticated=True) == (nodes.address, False)


def test_where_nobody_listens_is_no_cluster() -> None:
    with pytest.raises(InputError, match="no Ray cluster answers there"):
        knocked(f"127.0.0.1:{free_port()}")
