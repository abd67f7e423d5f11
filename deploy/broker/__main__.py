"""`python -m deploy.broker FOLDER [NODES]`: a broker on loopback until it is stopped; prints where it listens."""

import signal
import sys
from pathlib import Path

from deploy.broker.cluster import Cluster, NoBroker


def main() -> int:
    """Serves until SIGTERM or SIGINT."""
    folder, nodes = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    try:
        with Cluster(folder, nodes).running() as cluster:
            print(cluster.bootstrap, flush=True)
            signal.sigwait({signal.SIGTERM, signal.SIGINT})
    except NoBroker as why:
        print(f"no broker: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
