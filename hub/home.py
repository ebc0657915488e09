"""The home directory of one installation, and where its data folders come from."""

from dataclasses import dataclass
from pathlib import Path

from hub.errors import ConfigError

LEAST_SECRET = 32
FOLDERS = ("schemas", "mappings", "config")
_HUB = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of one installation; nothing is created here."""

    root: Path

    @property
    def settings_file(self) -> Path:
        return self.root / "hub.toml"

    @property
    def master_key(self) -> Path:
        return self.root / "keys" / "master.key"

    @property
    def door_keys(self) -> Path:
        """The keys that open what partners have sealed, one file each."""
        return self.root / "keys" / "door"

    @property
    def next_audit_key(self) -> Path:
        """The one that is about to take its place, see `renkei audit hand-over`."""
        return self.root / "keys" / "audit.new.key"

    def earlier_audit_key(self, key_id: str) -> Path:
        """Where one lies that signs nothing any more: for backups from before; best moved to where these are."""
        return self.root / "keys" / f"audit-{key_id}.old"

    @property
    def next_master_key(self) -> Path:
        """The one that is about to take its place, see `renkei keys rotate`."""
        return self.root / "keys" / "master.new.key"

    def earlier_master_key(self, key_id: str) -> Path:
        """Where one lies that wraps nothing any more: for backups from before; best moved to where these are."""
        return self.root / "keys" / f"master-{key_id}.old"

    @property
    def audit_key(self) -> Path:
        """The key that signs the checkpoints of the record."""
        return self.root / "keys" / "audit.key"

    @property
    def checkpoints(self) -> Path:
        """Where signed checkpoints of the record are written, apart from the database; best on another disk."""
        return self.root / "checkpoints"

    @property
    def record_lock(self) -> Path:
        """Held by the process of this host that verifies the record."""
        return self.root / "record-check.lock"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def tls(self) -> Path:
        """Certificates and keys for TLS, as `renkei init --tls` makes them."""
        return self.root / "tls"

    @property
    def database(self) -> Path:
        return self.root / "data" / "hub.db"

    @property
    def attachments(self) -> Path:
        """Where attachments lie, sealed, until whom they are for has them; `attachments_url` wins over it."""
        return self.root / "attachments"

    @property
    def fence_position(self) -> Path:
        """How far the registry of fences had come when this host last looked; kept apart from the database."""
        return self.root / "fence-position.json"

    @property
    def targets(self) -> Path:
        """Where processes that serve metrics announce themselves to Prometheus."""
        return self.root / "targets"

    @property
    def log_levels(self) -> Path:
        """The least level each logger writes, where it is not that of the command line."""
        return self.root / "log-levels.json"

    @property
    def reconciliation(self) -> Path:
        """What the last `renkei reconcile` on this host found, for the metrics."""
        return self.root / "reconciliation.json"

    def password(self, user: str) -> str:
        """The broker password of `renkei init`. Raises ConfigError."""
        path = self.secrets / f"{user}.password"
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            reason = error.strerror
        raise ConfigError(f"secrets/{path.name} cannot be read: {reason}; write the user's password there")

    def client_secret(self, connector: str) -> str:
        """What the partner's authorisation server shares with the city, by hand. Raises ConfigError."""
        path = self.secrets / f"{connector}.client-secret"
        try:
            text = path.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise ConfigError(f"secrets/{path.name} cannot be read: {type(error).__name__}; write it there") from None
        if len(text) < LEAST_SECRET:
            raise ConfigError(f"secrets/{path.name} is shorter than {LEAST_SECRET} characters: HS256 needs 256 bits")
        return text

    def folder(self, name: str) -> Path:
        """Where "schemas", "mappings" or "config" lies: the home's own, else the shipped one, as a whole.

        A wheel carries them inside the package, a checkout beside it. Raises ConfigError.
        """
        own = self.root / name
        return own if own.is_dir() else self.shipped(name)

    def shipped(self, name: str) -> Path:
        """What came with this version. Raises ConfigError."""
        for candidate in (_HUB / "_data" / name, _HUB.parent / name):
            if candidate.is_dir():
                return candidate
        raise ConfigError(f"the folder {name} is missing: expected at {self.root / name}; reinstall or restore it")
