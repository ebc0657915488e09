"""Which PMH仮名識別子 stands for which PMHキー at the simulated PMH: one for one, for ever (R39)."""

STORED, KNOWN, BOUND = "stored", "known", "bound"


class Pseudonyms:
    """By digest, as the ledger names them."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}  # digest of the pseudonym → PMHキー

    def put(self, pseudonym: str, key: str) -> None:
        """Take in a binding. `pseudonym`: its digest."""
        self._keys[pseudonym] = key

    def judge(self, pseudonym: str, key: str) -> str:
        """STORED for a new pair, KNOWN for one that is there, BOUND where one of the two belongs to another."""
        known = self._keys.get(pseudonym)
        if known == key:
            return KNOWN
        return BOUND if known is not None or key in self._keys.values() else STORED

    def key(self, pseudonym: str) -> str:
        """The PMHキー, "" for a pseudonym nobody knows."""
        return self._keys.get(pseudonym, "")
