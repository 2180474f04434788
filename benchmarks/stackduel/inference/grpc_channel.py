"""The address and the options of gRPC channels to a stack."""

from __future__ import annotations

from stackduel.model.target import Address

# By default the channels of a process share their connections, and messages are at most 4 MiB.
OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
)


def grpc_target(address: Address) -> str:
    """Return the address in gRPC's form."""
    if address.socket:
        return f"unix:{address.socket}"
    return f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"


def root_certificates(address: Address) -> bytes | None:
    """Return the certificates of the authorities to believe, as PEM; None for the usual ones."""
    return address.trust.authorities.encode() or None
