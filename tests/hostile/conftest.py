"""The fixtures of the stages."""

from tests.unit.stages.conftest import at_door, sealer, services

__all__ = ["at_door", "sealer", "services"]
