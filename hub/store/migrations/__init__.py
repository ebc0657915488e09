"""Alembic's environment and the revisions. Run by `hub.store.migrate` alone."""
