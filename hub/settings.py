"""Models of the configuration files, and the settings of one installation (`hub.toml`)."""

import os
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from hub import config_file
from hub.check_digits import municipality_code
from hub.config_file import ConfigFile, FindingsError, Strict, TypeName, Version
from hub.errors import ConfigError
from hub.home import Home
from hub.hours import Hours
from hub.identifiers import IdentifierKind
from hub.ports.tls import Tls
from hub.topology import tier_ms

_URL_PREFIX, _CREDENTIAL_PREFIX = "RENKEI_URL_", "RENKEI_CREDENTIAL_"
# over HTTP; over AMQP, where "amqp:" is the hub's own broker under the hub's own user; a folder
_ADDRESS = r"https?://[^\s/]+(/\S*)?|amqp:|amqps?://[^\s/@]+:[^\s/@]+@[^\s/]+(/\S*)?|file:///\S+"
DEFAULT_TIERS = ("5s", "30s", "2m", "10m", "1h")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$", max_length=40)]
Purpose = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9._-]*$", max_length=64)]
Text = Annotated[str, StringConstraints(min_length=1)]
Seconds = Annotated[float, Field(gt=0, le=600)]
Address = Annotated[str, StringConstraints(pattern=f"^({_ADDRESS})$")]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/@]+(/\S*)?$")]
Credential = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]+$")]
Ordering = Literal["latest", "sequence", "none"]
EdgeKind = Literal["internal", "discloses", "protects"]
CheckName = Literal["store", "broker", "workers", "policies"]


def _hours(text: str) -> str:
    Hours.parse(text)
    return text


class PartnerFile(Strict):
    """config/partners/<name>.toml. `publishes`: has a door, the queue intake.<name>, and a broker user.

    `reads`: that user also reads a queue of its own, partner.<name>, into which a connector publishes; `answers`: and
    answers.<name>, in which the hub tells what became of what the partner published. For the city's own systems: "in
    review" may say to a body outside that somebody is protected (R23).
    """

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"publishes": {"const": False}}},
            "then": {"properties": {"reads": {"const": False}, "answers": {"const": False}}},
        }
    )

    name: Name
    title: Text
    title_ja: Text
    publishes: bool
    reads: bool = False
    answers: bool = False

    @model_validator(mode="after")
    def _has_a_user(self) -> "PartnerFile":
        if (self.reads or self.answers) and not self.publishes:
            raise ValueError("reads a queue, but has no broker user: publishes must be true")
        return self


class Grant(Strict):
    """May send messages of this type for these purposes (R31, R69). Purposes are codes, as the receive stage wants."""

    type: TypeName
    purposes: Annotated[list[Purpose], Field(min_length=1)]
    legal_basis: Text
    data_item: Text


class GrantsFile(Strict):
    """config/grants/<partner or connector>.toml."""

    grant: Annotated[list[Grant], Field(min_length=1)]


class Retry(Strict):
    """`attempts`: sends of one message per round, with the first; `polls`: questions after a result not there yet."""

    attempts: Annotated[int, Field(ge=1, le=100)] = 6
    polls: Annotated[int, Field(ge=1, le=10_000)] = 100


class Collect(Strict):
    """Fetch what the partner lays out. `every`: seconds between looks; `purpose`: of the messages, as granted."""

    every: Annotated[float, Field(gt=0, le=86_400)]
    purpose: Purpose


class ConnectorFile(Strict):
    """config/connectors/<name>.toml. `kind`: the folder below connectors/; `options`: for the connector itself.

    `rate`: most sends a second, all processes together; `service_hours`: "07:00-22:00", Japanese time.
    `same_address_as`: a second line to the server of another connector, instead of an address of its own: the two can
    never lead to different servers (R29).
    """

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["url"]}, {"required": ["same_address_as"]}]})

    name: Name
    kind: Name
    url: Address | None = None
    same_address_as: Name | None = None
    connect_timeout: Seconds = 2.0
    read_timeout: Seconds = 10.0
    max_in_flight: Annotated[int, Field(ge=1, le=1000)] = 16
    max_reply_bytes: Annotated[int, Field(ge=1024)] = 4 * 1024 * 1024
    rate: Annotated[float, Field(gt=0, le=100_000)] | None = None
    service_hours: Annotated[str, AfterValidator(_hours)] | None = None
    retry: Retry = Retry()
    collect: Collect | None = None
    options: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_address(self) -> "ConnectorFile":
        if (self.url is None) == (self.same_address_as is None):
            raise ValueError("needs either url or same_address_as")
        return self


class EdgeException(Strict):
    """A field whose text may look like an identifier by design; `at`: its path, e.g. "registration/note"."""

    at: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.-]*(/[A-Za-z_][\w.-]*)*(/@[A-Za-z_][\w.-]*)?$")]
    reason: Text


class Provision(Strict):
    """One line of the table of provision: a 特定個人情報名コード that may be provided, and on which basis."""

    code: Annotated[str, StringConstraints(pattern=r"^TM[0-9]{14}$")]
    title: Text
    basis: Text


class Answers(Strict):
    """Who is asked here: the own 情報提供者機関コード, and the routes (経路情報) by which inquiries come."""

    provider: Text
    routes: Annotated[list[Text], Field(min_length=1)]


class EdgeFile(Strict):
    """config/edges/<connector>.toml: what may leave here (domain text, table 1.0).

    `provides`: of the contracts that name data items, what may leave; an item that is not listed does not (R28).
    `answers`: where inquiries of other bodies come from here.
    """

    connector: Name
    kind: EdgeKind
    reason: Text
    allows: list[IdentifierKind]
    provides: list[Provision] = Field(default_factory=list)
    answers: Answers | None = None
    exceptions: list[EdgeException] = Field(default_factory=list)


class RouteTarget(Strict):
    """`mapping` is left out where the routed contract is the connector's own.

    `each`: a message for each of its items, see `[items]` of its contract.
    """

    connector: Name
    contract: TypeName
    version: Version = 1
    mapping: Text | None = None
    ordering: Ordering
    each: bool = False


class RouteFile(Strict):
    """config/routes/<name>.toml. `noted`: what the hub itself takes from it, where it goes on to nobody."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["to"], "properties": {"to": {"minItems": 1}}}, {"required": ["noted"]}]
        }
    )

    type: TypeName
    version: Version = 1
    flow: Text
    to: list[RouteTarget] = Field(default_factory=list)
    noted: Text | None = None

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "RouteFile":
        if bool(self.to) == (self.noted is not None):
            raise ValueError("needs either targets in [[to]], or noted: what the hub itself takes from it")
        return self


class FlowEntry(Strict):
    """One flow of the domain text. `outside`: why the hub has no part in it."""

    id: Annotated[str, StringConstraints(pattern=r"^F[0-9]+$")]
    title: Text
    title_ja: Text
    outside: Text | None = None


class FlowsFile(Strict):
    """config/flows.toml, where there is one: the names of all flows."""

    flow: Annotated[list[FlowEntry], Field(min_length=1)]


def _tenant(code: str) -> str:
    if not municipality_code(code):
        raise ValueError("is not a municipality code: six digits, the last a check digit, as text")
    return code


def _tier(tier: str) -> str:
    tier_ms(tier)
    return tier


class TlsTable(Strict):
    """`[tls.<connector>]`: PEM files, relative to the home. `ca`: instead of whom the system trusts; the rest: mTLS.

    `login`: to a broker, whoever the certificate names is logged in, without a password.
    """

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"certificate": ["key"], "key": ["certificate"]}})

    ca: Text | None = None
    certificate: Text | None = None
    key: Text | None = None
    login: bool = False

    @model_validator(mode="after")
    def _both_or_neither(self) -> "TlsTable":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("needs certificate and key, or neither")
        if self.login and self.certificate is None:
            raise ValueError("login needs a certificate to log in with")
        return self

    def files(self, home: Home) -> Tls:
        ca, certificate, key = (
            None if each is None else home.root / each for each in (self.ca, self.certificate, self.key)
        )
        return Tls(ca, certificate, key, self.login)


class OAuthTable(Strict):
    """`[oauth.<connector>]`: client credentials with `client_secret_jwt`; the secret lies in the home, see `Home`."""

    token_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/\S*$")]
    client_id: Credential
    scope: Annotated[str, StringConstraints(pattern=r"^\S+( \S+)*$")] | None = None


class SealingTable(Strict):
    """`[sealing.<partner>]`. `intake`: "sealed" takes nothing plain at this door; `reply_key`: the partner's public key
    (JWK, a file of the home), to which what goes into its queue is sealed; without it that lies there plain.
    `reply_mid`: what is sealed says for which message id; false for a partner whose library refuses that."""

    intake: Literal["plain", "sealed"] = "plain"
    reply_key: Text | None = None
    reply_mid: bool = True


class HubSettings(Strict):
    """hub.toml. URLs with passwords are not shown by `repr`.

    `batch`: most messages settled in one transaction; `prefetch`: most messages a queue hands out unsettled;
    `waive`: readiness checks that may fail, by name; `urls`: addresses of connectors in this installation;
    `attachments_url`: a folder all processes share, as fsspec writes it; the home's own if not set;
    `sandbox`: the partners are simulated: plain HTTP on loopback will do;
    `credentials`: bearer tokens by connector, for partners over HTTP that want one;
    `sealing`: by partner, whether its messages must be sealed, and what the hub's are sealed to;
    `broker_tls`: the same as `tls` for the broker and its management API;
    `oauth`, `tls`: by connector, how it gets tokens, whom it trusts and what it shows;
    `keep_closed_days`: how long closed dead letters and decided holds are kept at least, see `renkei retention`;
    `replay_alone`: most messages of a replay plan that one person may send without another's approval;
    `staff_feed_days`: how long after the day a personnel feed tells of the next one must have been applied; none is
    expected if not set; `staff_feed_share`: of the working accounts, from how many a feed may take rights unseen;
    `request_hours`: after how long a request for an approval expires, and an approval that nobody has used;
    `master_key_command`: program and arguments that print the master keys in hexadecimal, the newest first, in place of
    the files; no shell;
    `traces_url`: where spans go, as OTLP over HTTP, "https://collector:4318/v1/traces"; none are recorded if not set;
    `traces_share`: of all traces, how many are recorded;
    `status_port`: of /metrics, /healthz and /readyz, 0 for any free one.
    """

    tenant: Annotated[str, AfterValidator(_tenant)]
    amqp_url: str | None = Field(default=None, repr=False)
    management_url: str | None = Field(default=None, repr=False)
    store_url: str | None = Field(default=None, repr=False)
    attachments_url: str | None = Field(default=None, repr=False)
    tiers: Annotated[list[Annotated[str, AfterValidator(_tier)]], Field(min_length=1)] = Field(
        default_factory=lambda: list(DEFAULT_TIERS)
    )
    batch: Annotated[int, Field(ge=1, le=10_000)] = 200
    prefetch: Annotated[int, Field(ge=1, le=65_535)] = 1000
    max_body_bytes: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = 4 * 1024 * 1024
    keep_closed_days: Annotated[int, Field(ge=1, le=36_500)] = 365
    replay_alone: Annotated[int, Field(ge=0)] = 100
    request_hours: Annotated[int, Field(ge=1, le=8_760)] = 72
    staff_feed_days: Annotated[int, Field(ge=1, le=366)] | None = None
    staff_feed_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    master_key_command: list[Text] = Field(default_factory=list)
    traces_url: WebAddress | None = None
    traces_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    sandbox: bool = False
    status_host: Text = "127.0.0.1"
    status_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    waive: list[CheckName] = Field(default_factory=list)
    urls: dict[Name, Address] = Field(default_factory=dict, repr=False)
    credentials: dict[Name, Credential] = Field(default_factory=dict, repr=False)
    oauth: dict[Name, OAuthTable] = Field(default_factory=dict)
    tls: dict[Name, TlsTable] = Field(default_factory=dict)
    broker_tls: TlsTable = TlsTable()
    sealing: dict[Name, SealingTable] = Field(default_factory=dict)


def load(home: Home, environ: Mapping[str, str] = os.environ) -> HubSettings:
    """Read hub.toml; RENKEI_AMQP_URL, RENKEI_STORE_URL, RENKEI_URL_<CONNECTOR> and RENKEI_CREDENTIAL_<CONNECTOR> win.

    The store is SQLite in the home directory unless said otherwise. Raises ConfigError.
    """
    if not home.settings_file.exists():
        raise ConfigError(f"{home.settings_file} is missing; run `renkei init` or name another --home")
    file: ConfigFile[HubSettings] = config_file.read(home.settings_file, HubSettings)
    given = file.value
    tiers = [tier_ms(tier) for tier in given.tiers]
    if tiers != sorted(set(tiers)):
        finding = file.finding("config", "tiers are not in ascending order", "list the shortest first", "tiers")
        raise FindingsError([finding])
    return given.model_copy(
        update={
            "amqp_url": environ.get("RENKEI_AMQP_URL") or given.amqp_url,
            "store_url": environ.get("RENKEI_STORE_URL") or given.store_url or f"sqlite:///{home.database}",
            "urls": given.urls | _addresses(environ),
            "credentials": given.credentials | _credentials(environ),
        }
    )


def _addresses(environ: Mapping[str, str]) -> dict[str, str]:
    found = {key: url for key, url in environ.items() if key.startswith(_URL_PREFIX)}
    for key, url in found.items():
        if not re.fullmatch(_ADDRESS, url):
            raise ConfigError(
                f"environment variable {key} is no address; write http://host:port, amqp://user:password@host/vhost "
                "or file:///folder"
            )
    return {key.removeprefix(_URL_PREFIX).lower(): url for key, url in found.items()}


def _credentials(environ: Mapping[str, str]) -> dict[str, str]:
    found = {key: token for key, token in environ.items() if key.startswith(_CREDENTIAL_PREFIX)}
    for key, token in found.items():
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise ConfigError(f"environment variable {key} is no bearer token: printable ASCII without spaces")
    return {key.removeprefix(_CREDENTIAL_PREFIX).lower(): token for key, token in found.items()}
