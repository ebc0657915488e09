"""The key of the record in tests that open a store by themselves."""


def audit_key() -> bytes:
    return b"synthetic key of a test record.."
