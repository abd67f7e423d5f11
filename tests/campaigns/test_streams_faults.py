"""Processes of a distributed Weft killed, frozen, left without brokers: nothing is lost, nothing counts twice."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from deploy.broker.cluster import Cluster
from services.kafka.brokers import Brokers
from services.views.database import Database
from services.views.tables import TABLES
from tests.campaigns.builds import LONG, ROOT, Break, Line, broken_tree, fails
from tests.campaigns.log_faults.verdict import Fault, require
from tests.campaigns.streams.dying import dies_before
from tests.campaigns.streams.judge import LAG_S, judge, same_round, until_moved
from tests.campaigns.streams.ledger import Ledger, beginnings
from tests.service.kafka.processes import Distributed, Process, until
from tests.service.views.parts import all_rows

pytestmark = [pytest.mark.campaign, pytest.mark.broker, pytest.mark.postgres]

TURNS = 200 if LONG else 4  # as many as there are lines to be killed at
PARTITIONS = 3
FROZEN_S = 8  # longer than a session
AWAY_S = 10
ENDLESS = 250_000
ENOUGH = 600  # acknowledged events, of which one in twenty was sent again

STREAMS = "services/kafka/streams.py"
PUT = "        await asyncio.to_thread(self._log.put, effects.records)\n"
SENT = Line(STREAMS, "        await asyncio.to_thread(self._intake.keep, fresh)")
KEPT = Line(STREAMS, "        await self._commit({each: records[-1].offset + 1 for each, records in found.items()})")
FOLLOWED = Line("services/follower.py", "            asked_at, end = self.clock(), self.log.end()")
SCORED = Line("services/kafka/worker.py", "                self.log.put(records)")
SUGGESTED = Line("services/rounds.py", "        append_all(leading, [round_events.held(this.opened, this.plan)])")
TAKES_ALL_FOR_NEW = Break("services/kafka/identities.py", "if each.name not in seen:", "if True:")


class Running:
    """A network whose processes are started again when they have ended, as an operator's manager would."""

    def __init__(self, network: Distributed, tree: Path = ROOT) -> None:
        self.network, self._tree = network, tree
        self.processes: dict[str, Process] = {}
        created = network.weft("topics", "create")
        assert created.code == 0, created.err

    def start(self, *names: str) -> None:
        for name in names:
            self.processes[name] = self.network.start(name, name.split("-")[0], ROOT if name == "views" else self._tree)
        for name in names:
            self.processes[name].ready()

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    def ended(self) -> list[str]:
        """Who has ended by now."""
        return [name for name, process in self.processes.items() if process.popen.poll() is not None]

    def again(self) -> list[str]:
        """Starts again whoever has ended."""
        names = self.ended()
        self.start(*names)
        return names


@pytest.fixture
def made(broker: str, postgres_url: str, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Makes a network; what was started is ended."""
    networks: list[Distributed] = []

    def one(tree: Path = ROOT, bootstrap: str = broker, **more: str) -> Running:
        brokers = Brokers(bootstrap, f"n-{uuid4().hex[:8]}")
        told = {"WEFT_PARTITIONS": str(PARTITIONS), "WEFT_VIEWS_URL": postgres_url, "WEFT_VIEWS_PORT": "0"}
        networks.append(Distributed(brokers, postgres_url, tmp_path / "weft", **told, **more))
        return Running(networks[-1], tree)

    yield one
    for network in networks:
        network.stop()


@contextmanager
def flowing(running: Running, kills: int) -> Iterator[Ledger]:
    """Events come in by the gateway, and some poison past it; at the end all is judged."""
    with Ledger(running.network.brokers, lambda: running["gateway"].url, beginnings()) as ledger:
        until(lambda: len(ledger.acknowledged) > len(beginnings()))
        ledger.poison(b"{" * ENDLESS)
        ledger.poison(b"no event", b"k" * ENDLESS, 1)
        yield ledger
    judge(running.network, ledger, kills)


@pytest.mark.alone
def test_no_kill_loses_or_doubles_anything(made: Callable[..., Running], postgres_url: str, tmp_path: Path) -> None:
    marks = {line: tmp_path / f"mark-{number}" for number, line in enumerate((SENT, KEPT, FOLLOWED, SCORED, SUGGESTED))}
    tree = broken_tree(tmp_path / "tree", *(dies_before(line, folder) for line, folder in marks.items()))
    running = made(tree)
    running.start("gateway", "worker-1", "worker-2", "views")
    with flowing(running, kills=2 * TURNS + 1):
        for turn in range(TURNS):
            (marks[(SENT, SCORED, KEPT, FOLLOWED)[turn % 4]] / "x").touch()
            until(running.ended)
            for name in ("gateway", "views"):
                running[name].kill()
            running.again()
            (marks[SUGGESTED] / "x").touch()
            at = f"2026-02-{2 + turn % 26:02}T06:00:00Z"
            with pytest.raises(httpx.TransportError):
                _round(running, at)
            _round(running, at)
            running.again()
        running["worker-1"].kill()
        _takes_over("kill -9 of a worker", running)
    same_round(running.network, running["worker-2"], "2026-04-06T06:00:00Z")
    _views_are_as_built_anew(running, postgres_url)


@pytest.mark.alone
def test_nothing_comes_twice_where_nobody_is_killed(made: Callable[..., Running]) -> None:
    running = made()
    running.start("gateway", "worker-1")
    with flowing(running, kills=0) as ledger:
        until(lambda: len(ledger.acknowledged) > ENOUGH)


@pytest.mark.alone
def test_a_build_that_admits_every_duplicate_is_caught(made: Callable[..., Running], tmp_path: Path) -> None:
    running = made(broken_tree(tmp_path / "tree", TAKES_ALL_FOR_NEW))
    running.start("gateway", "worker-1")
    with pytest.raises(Fault, match="events came twice"), flowing(running, kills=0) as ledger:
        until(lambda: len(ledger.acknowledged) > ENOUGH)


def _views_are_as_built_anew(running: Running, url: str) -> None:
    running["views"].popen.terminate()
    assert running["views"].ended() == 0
    with closing(Database(url)) as database:
        kept = all_rows(database)
        rebuilt = running.network.weft("views", "rebuild")
        assert rebuilt.code == 0, rebuilt.err
        assert kept == all_rows(database)
    assert all(kept[table.name] for table in (TABLES.members, TABLES.introductions, TABLES.rounds, TABLES.scores))


@pytest.mark.alone
def test_whoever_was_frozen_or_left_without_brokers_goes_on_and_nothing_is_lost(
    made: Callable[..., Running], tmp_path: Path
) -> None:
    """One timeline: a worker that leads is frozen for longer than its session, another leaves and comes back, the
    broker is killed and is away for a while, and a whole partition says what was said before."""
    with Cluster(tmp_path / "kafka").running() as cluster:
        running = made(bootstrap=cluster.bootstrap)
        running.start("gateway", "worker-1", "worker-2")
        turns = TURNS if LONG else 1
        with flowing(running, kills=3 * turns) as ledger:  # whoever is frozen, and who cannot know what a broker has
            for _ in range(turns):
                _freezes(running, until(lambda: _leader(running)))
                _leaves_and_joins(running)
                _loses_its_broker(running, cluster)
            with Ledger(running.network.brokers, lambda: running["gateway"].url, ledger.acknowledged[:2_000]):
                pass  # all that, said again
        same_round(running.network, running["worker-1"], "2026-04-06T06:00:00Z")
        assert _refuses_a_second(running) == 1
        running.network.stop()
        assert {process.popen.returncode for process in running.processes.values()} == {0}


def _leader(running: Running) -> str | None:
    names = [name for name in running.processes if name.startswith("worker")]
    return next((name for name in names if _leads(running[name])), None)


def _leads(worker: Process) -> bool:
    try:
        return bool(worker.figure("weft_leads_rounds"))
    except httpx.TransportError:  # it has been killed
        return False


def _freezes(running: Running, name: str) -> None:
    running[name].popen.send_signal(signal.SIGSTOP)
    since = time.monotonic()
    _takes_over(f"SIGSTOP of {name}, who leads", running)
    time.sleep(max(0.0, FROZEN_S - (time.monotonic() - since)))
    running[name].popen.send_signal(signal.SIGCONT)
    _takes_over(f"{name} awakes", running)


def _leaves_and_joins(running: Running) -> None:
    running["worker-2"].popen.terminate()
    assert running["worker-2"].ended() == 0
    _takes_over("SIGTERM of a worker", running)
    running.again()
    _takes_over("a worker joins", running)


def _loses_its_broker(running: Running, cluster: Cluster) -> None:
    [node] = cluster.nodes
    node.kill()
    time.sleep(AWAY_S)
    node.start()
    node.wait()
    _takes_over(f"kill -9 of the broker, {AWAY_S} s away", running)
    assert running.ended() == []


def _refuses_a_second(running: Running) -> int:
    """The exit code of a second process with the data folder of a worker; it says why, in one line."""
    second = running.network.weft("--data", str(running["worker-1"].data), "worker")
    assert "is locked by process" in second.err and second.err.count("\n") == 1, second.err
    return second.code


def _takes_over(after: str, running: Running) -> None:
    """How soon on a machine that does nothing else is a figure of the benchmark; here others work beside it."""
    took_s = until_moved(running.network.brokers)
    print(f"{after}: all is taken and scored again after {took_s:.1f} s")
    require(took_s < LAG_S, f"{after}: taken over only after {took_s:.1f} s")


def _round(running: Running, at: str) -> None:
    """A round by hand, by whoever leads; one that was held already is no mistake. Who leads may change meanwhile."""
    while True:
        leader = running[until(lambda: _leader(running))]
        answer = httpx.post(f"{leader.url}/rounds", json={"at": at}, timeout=60)
        if answer.status_code != 503:
            break
        time.sleep(1)
    assert answer.status_code in (200, 409), answer.text


def test_a_mistake_of_ours_ends_the_worker_instead_of_leaving_it_half_alive(
    made: Callable[..., Running], tmp_path: Path
) -> None:
    running = made(broken_tree(tmp_path / "tree", Break(STREAMS, PUT, '        raise RuntimeError("ours")\n')))
    running.start("worker-1")
    ledger = Ledger(running.network.brokers, str, [])
    ledger.poison(b"x")
    until(running.ended)
    assert running["worker-1"].popen.returncode == 1
    ledger.close()


# --- and it would notice ----------------------------------------------------------------------------------------------

KILLED = "test_streams.py::test_whoever_is_killed_before_it_has_sent_loses_nothing"
KEEP = "        await asyncio.to_thread(self._intake.keep, fresh)\n"
COMMIT = "        await self._commit({each: records[-1].offset + 1 for each, records in found.items()})\n"
ENDED = "            except LogAway:\n                self._log._call(self.end())\n                raise"


@pytest.mark.parametrize(
    ("test", "mistake"),
    [
        pytest.param(KILLED, Break(STREAMS, PUT, KEEP + PUT), id="what is not sent yet is known already"),
        pytest.param(KILLED, Break(STREAMS, PUT, COMMIT + PUT), id="what is not sent yet is committed"),
        pytest.param(
            "test_streams.py::test_a_new_owner_knows_what_the_owners_before_it_have_admitted",
            Break("services/kafka/intake.py", "self._fold(opened, self._log.settled_end())", "pass"),
            id="a new owner does not read the log",
        ),
        pytest.param(
            "test_streams.py::test_partitions_that_were_given_back_are_not_taken_from",
            Break(
                STREAMS,
                "self._numbers(list(self._ours), INTAKE)",
                "self._numbers(list(self.consumer.assignment()), INTAKE)",
            ),
            id="who has given partitions back takes from them",
        ),
        pytest.param(
            "test_streams.py::test_what_somebody_else_says_of_an_owned_seeker_is_put_right",
            Break(STREAMS, "(partition in self._fresh or not is_own)", "partition in self._fresh"),
            id="an owner does not listen to others",
        ),
        pytest.param(
            "test_log.py::test_a_round_that_was_fenced_stays_so_though_its_worker_leads_again",
            Break(
                "services/log/kafka.py",
                ENDED,
                "            except NotLeading:\n                return self._log.append(events)",
            ),
            id="who is fenced begins anew",
        ),
        pytest.param(
            "test_watchdog.py::test_a_consumer_whose_group_task_was_cancelled_ends_the_process",
            Break("services/kafka/watchdog.py", " and not any(_has_ended(each) for each in self._consumers())", ""),
            id="the watchdog does not see that a group task has ended",
        ),
    ],
)
def test_it_would_notice(
    test: str, mistake: Break, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_TEST_BROKER", broker)
    assert fails(f"tests/service/kafka/{test}", broken_tree(tmp_path / "tree", mistake))
