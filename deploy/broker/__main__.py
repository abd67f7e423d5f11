"""`python -m deploy.broker FOLDER [NODES]`: a broker on loopback until it is stopped; prints where it listens. Started
again on the same folder, it has the same data, and listens where it did."""

import signal
import sys
import threading
from argparse import ArgumentParser
from pathlib import Path

from deploy.broker.cluster import Cluster, NoBroker

LOOK_S = 0.5


def main() -> int:
    """Serves until SIGTERM or SIGINT; 1: it cannot, or can no more."""
    told = ArgumentParser(prog="python -m deploy.broker", description=__doc__)
    told.add_argument("folder", type=Path, help="where its data and its lines go")
    told.add_argument("nodes", type=int, nargs="?", default=1, help="how many brokers: 1 or 3")
    given = told.parse_args()
    asked_to_end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # from here on: what was started is stopped, however soon it comes
        signal.signal(number, lambda *_: asked_to_end.set())
    try:
        with Cluster(given.folder, given.nodes).running() as cluster:
            print(cluster.bootstrap, flush=True)
            while not asked_to_end.wait(LOOK_S):
                cluster.check()
    except NoBroker as why:
        print(f"no broker: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
