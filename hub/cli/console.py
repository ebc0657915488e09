"""`renkei console`: the web console of this installation."""

import ipaddress
from pathlib import Path
from typing import Annotated

import structlog
import typer

from hub.app import App
from hub.cli.output import EXIT_USAGE, explained, fail

GRACE_SECONDS = 5  # for requests under way; streams end at once
_LONGEST_HEADERS = 16 * 1024
_log = structlog.get_logger("hub.console")


def add_to(cli: typer.Typer) -> None:
    cli.command("console")(console_command)


def console_command(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on; other than loopback only with TLS.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8090,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", exists=True, dir_okay=False, help="Certificate chain, PEM.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", exists=True, dir_okay=False, help="Its private key, PEM.")
    ] = None,
) -> None:
    """Serve the web console until SIGTERM or SIGINT. Accounts are made with `renkei account`."""
    # here: every other command would load the web server and every screen as well
    import uvicorn

    from hub.console.application import build
    from hub.console.door import AccountDoor

    app: App = context.obj
    secure = tls_cert is not None and tls_key is not None
    if (tls_cert is None) != (tls_key is None):
        raise fail("--tls-cert and --tls-key belong together", EXIT_USAGE)
    if not secure and not _is_loopback(host):
        raise fail(
            f"{host} is not loopback: passwords and personal data would go over the network in the clear. "
            "Name --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy with TLS on this host",
            EXIT_USAGE,
        )
    with explained():
        app.store.check()
        app.sealer.verify()
        web = build(app, AccountDoor(app), secure)
    _log.info("started", url=f"{'https' if secure else 'http'}://{host}:{port}", store=app.store.dialect)
    config = uvicorn.Config(
        web,
        host=host,
        port=port,
        ssl_certfile=tls_cert,
        ssl_keyfile=tls_key,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=_LONGEST_HEADERS,
    )
    uvicorn.Server(config).run()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
