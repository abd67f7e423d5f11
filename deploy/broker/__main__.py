"""`python -m deploy.broker FOLDER [NODES]`: a broker on loopback until it is stopped; prints where it listens."""

import signal
import sys
import threading
from argparse import ArgumentParser
from pathlib import Path

from deploy.broker.cluster import Cluster, NoBroker


def main() -> int:
    """Serves until SIGTERM or SIGINT."""
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
            asked_to_end.wait()
    except NoBroker as why:
        print(f"no broker: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
