"""Whether a running cluster lets this session in, and nobody else: asked before Ray joins it.

Ray itself tries a cluster that does not answer for minutes and a wrong token for 20 s, and joins
one that asks nobody for a token without a word.
"""

import socket

from search.cluster import ray_compat
from search.study.errors import ArgumentError, InputError, first_line

PATIENCE = 5.0
"""Seconds in which a cluster answers."""


def knocked(address: str, *, unauthenticated: bool = False) -> tuple[str, bool]:
    """Ask a cluster for a sign of life, without the token and with it.

    Args:
        address: "auto" or HOST:PORT.
        unauthenticated: Whether it may be one that lets anybody in.

    Returns:
        HOST:PORT, and whether it asks for a token.

    Raises:
        InputError: No cluster answers there, it has another token, or it lets anybody in.
    """
    place = _found() if address == "auto" else address
    host, _, port = place.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except (OSError, ValueError) as error:
        raise no_cluster(address, str(error)) from None
    if _answers(place, None):
        if unauthenticated:
            return place, False
        raise ArgumentError(
            "address",
            address,
            "this cluster runs the code of anyone who reaches it",
            "start all its nodes with RAY_AUTH_MODE=token and one token, or join it knowingly "
            "as unauthenticated",
        )
    token = _token()
    if not token or not _answers(place, token):
        mine = "another token than yours" if token else "a token, and there is none here"
        raise ArgumentError(
            "address",
            address,
            f"this cluster has {mine}",
            "put its own into ~/.ray/auth_token, or name a file with it by RAY_AUTH_TOKEN_PATH",
        )
    return place, True


def no_cluster(address: str | None, what: str) -> InputError:
    """No cluster answers where you said."""
    return ArgumentError(
        "address",
        address,
        f"no Ray cluster answers there ({what})",
        "give HOST:PORT of one that `ray start --head` started, or leave the address out",
    )


def _found() -> str:
    """Where the cluster of this machine is."""
    try:
        return ray_compat.address_here()
    except ConnectionError as error:
        raise no_cluster("auto", first_line(error)) from None


def _answers(place: str, token: str | None) -> bool:
    """Whether the head says that it lives, to a client with this token.

    Raises:
        InputError: It says something else; what listens there is no cluster.
    """
    import grpc

    metadata = [("authorization", f"Bearer {token}")] if token else []
    # An empty message is a whole request: it asks of no nodes in particular.
    with grpc.insecure_channel(place, [("grpc.enable_http_proxy", 0)]) as channel:
        ask = channel.unary_unary("/ray.rpc.NodeInfoGcsService/CheckAlive")
        try:
            ask(b"", timeout=PATIENCE, metadata=metadata)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                return False
            raise no_cluster(place, error.code().name.lower().replace("_", " ")) from None
    return True


def _token() -> str:
    """As Ray looks for it; empty where there is none.

    Raises:
        InputError: RAY_AUTH_TOKEN_PATH names no file.
    """
    from ray.exceptions import AuthenticationError

    try:
        return ray_compat.token()
    except AuthenticationError as error:
        raise InputError("", str(error).split(". ", maxsplit=1)[0]) from None
