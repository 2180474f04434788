"""The configuration of an nginx in front of one stack."""

from __future__ import annotations

from pathlib import Path

from stackduel.model.proxy import Proxy
from stackduel.model.target import Address

# All that nginx writes lies in its own folder; errors go to its output, which is kept as every server's log.
# The sizes of buffers are its own where memory has pages of 4 KiB, and so the same everywhere.
# Idle connections to the stack are kept for less long than any server here keeps them.
TEMPLATE = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{
    worker_connections 16384;
}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 0;
    underscores_in_headers on;
    keepalive_timeout 75s;
    keepalive_requests 100000000;
    map $http_upgrade $connection_header {{
        default upgrade;
        "" "";
    }}
    upstream stack {{
        server {upstream};
        keepalive 2048;
        keepalive_requests 100000000;
        keepalive_timeout 60s;
    }}
    server {{
        listen {host}:{port} backlog=2048;
        location / {{
            proxy_pass http://stack;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_header;
            proxy_buffering {buffering};{ignored}
            proxy_buffer_size 4k;
            proxy_buffers 8 4k;
            proxy_read_timeout {read_timeout_ms}ms;
        }}
    }}
}}
"""
IGNORED = "\n            proxy_ignore_headers X-Accel-Buffering;"


def nginx_config(proxy: Proxy, folder: Path, listen: Address, upstream: Address) -> str:
    """Return the configuration of a proxy that listens at an address and passes on to another, from its own folder."""
    return TEMPLATE.format(
        folder=folder,
        upstream=f"unix:{upstream.socket}" if upstream.socket else f"{upstream.host}:{upstream.port}",
        host=listen.host,
        port=listen.port,
        buffering="on" if proxy.buffering else "off",
        ignored="" if proxy.heeds else IGNORED,
        read_timeout_ms=max(1, round(1000 * proxy.read_timeout_s)),
    )
