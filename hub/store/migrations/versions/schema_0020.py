"""When a replay plan was judged: for a while, what was found fit is not judged again before it goes."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("replay_plans", sa.Column("judged_at", sa.BigInteger, nullable=True))
