"""The faults harness: the hub under steady load, broken at every named step, judged from books it does not write."""
