"""TLS to one other side: whom the hub trusts there, and what it shows of itself."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from hub.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files. `ca`: who is trusted, instead of whom the system trusts; `certificate` and `key`: shown to the other
    side (mTLS), both or neither; `login`: to a broker, the certificate says who one is, and no password is sent.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    login: bool = False

    @property
    def mechanism(self) -> str | None:
        """Of SASL, where it is not that of a password."""
        return "EXTERNAL" if self.login else None

    def context(self) -> ssl.SSLContext:
        """Verifies the other side and its name, always. Raises ConfigError `config.tls_file`."""
        try:
            context = ssl.create_default_context(cafile=self.ca)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key, password=_no_password)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            names = ", ".join(str(each) for each in (self.ca, self.certificate, self.key) if each is not None)
            raise ConfigError(f"cannot be used for TLS: {names}: {type(error).__name__}", "config.tls_file") from None
        return context

    def of_kombu(self, host: str) -> dict[str, object]:
        """The same for kombu, which makes its own context: without this it would not look at the name. Raises as
        `context`."""
        self.context()
        return {
            "ca_certs": None if self.ca is None else str(self.ca),
            "certfile": None if self.certificate is None else str(self.certificate),
            "keyfile": None if self.key is None else str(self.key),
            "cert_reqs": ssl.CERT_REQUIRED,
            "server_hostname": host,
            "tls_minimum_version": ssl.TLSVersion.TLSv1_2,
        }


def _no_password() -> str:
    """A key under a password would be asked for at the terminal."""
    raise ValueError("the key is encrypted")
