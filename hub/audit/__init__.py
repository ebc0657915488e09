"""The tamper-evident record: how a row is written, how the tree is built, how its head is signed (R48).

row ─ canonical JSON, HMAC ─▶ leaf of an RFC 6962 tree ─ about every second ─▶ checkpoint, signed with Ed25519
"""
