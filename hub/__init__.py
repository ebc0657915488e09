"""Renkei Hub: a message-driven integration hub for local government systems."""
