"""How a connector reaches its partner: address, credential, tokens and TLS, from the settings of the installation."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from hub.errors import ConfigError
from hub.home import Home
from hub.hosts import PLAIN_PARTNER, each_host, plain_partner
from hub.jwe import PublicKey
from hub.ports.connector import OWN_BROKER, ConnectorSettings, OAuthClient
from hub.settings import HubSettings
from hub.topology import partner_queue


def addressed(
    given: ConnectorSettings, settings: HubSettings, home: Home, own_broker: Callable[[], str]
) -> ConnectorSettings:
    """With all it needs; `own_broker`: the address with the hub's own user, for a connector that publishes there.

    Raises ConfigError `config.plain_address`: no connector is made for an address that may not be used.
    """
    name = given.name
    oauth, tls = settings.oauth.get(name), settings.tls.get(name)
    for url in (given.url, *(() if oauth is None else (oauth.token_url,))):
        if plain_partner(url, settings.sandbox):
            raise ConfigError(f"connector {name}: {PLAIN_PARTNER}", "config.plain_address")
    given = replace(given, credential=settings.credentials.get(name, ""))
    if oauth is not None:
        client = OAuthClient(oauth.token_url, oauth.client_id, home.client_secret(name), oauth.scope or "")
        given = replace(given, oauth=client)
    if tls is not None:
        given = replace(given, tls=tls.files(home))
    if given.url != OWN_BROKER:
        return given
    return replace(
        given,
        url=" ".join(each_host(own_broker())),
        tls=settings.broker_tls.files(home),
        seal=_reply_seal(given.options.get("queue", ""), settings, home),
    )


def _reply_seal(queue: str, settings: HubSettings, home: Home) -> Callable[[bytes, str], bytes] | None:
    """Raises ConfigError `config.sealing_key`."""
    for partner, table in settings.sealing.items():
        if partner_queue(partner) == queue and table.reply_key is not None:
            try:
                key = PublicKey((home.root / table.reply_key).read_text(encoding="utf-8"))
            except (OSError, ValueError):
                raise ConfigError(f"{table.reply_key} cannot be read", "config.sealing_key") from None
            return key.seal if table.reply_mid else partial(_unbound, key)
    return None


def _unbound(key: PublicKey, body: bytes, _message_id: str) -> bytes:
    return key.seal(body)
