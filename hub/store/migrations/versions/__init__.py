"""One file per revision, forward only. A released revision is never changed; `down_revision` names the one before."""
