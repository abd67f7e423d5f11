"""The log lines of a running process: JSON on stderr, or key=value for a person; never with personal data."""

import logging
import sys

import structlog

CLIENTS = ("aiokafka", "kafka", "faust", "mode")  # of brokers: while these are away, 600 lines a second
EVERY_S = 60.0
MOST_KNOWN = 1_000  # messages; some have what differs written into them
PASSES = (  # what clients call an error or a warning of a group that is only being formed, and goes on from
    "Group Coordinator Request failed",
    "Heartbeat failed for group",
    "Marking the coordinator dead",
    "OffsetCommit failed before join",
    "exception performing seek when flow not active",
)


class WorthALine(logging.Filter):
    """Of the clients of brokers, each message once a minute with how many were left out, and none that passes by
    itself; of others, everything. What a person must know of brokers that are away, Weft says itself."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], tuple[float, int]] = {}  # when last, and how many were left out since

    def filter(self, record: logging.LogRecord) -> bool:
        """As logging asks."""
        if record.name.partition(".")[0] not in CLIENTS:
            return True
        message = str(record.msg)
        if any(each in message for each in PASSES):
            return False
        said, left_out = self._said.get((record.name, message), (0.0, 0))
        if 0 <= record.created - said < EVERY_S:
            self._said[record.name, message] = said, left_out + 1
            return False
        if len(self._said) >= MOST_KNOWN:
            self._said.clear()
        self._said[record.name, message] = record.created, 0
        if left_out:
            record.msg, record.args = f"{record.getMessage()} ({left_out:,} more like it were left out)", ()
        return True


def configure() -> None:
    """Sets up the lines of this process, those of the libraries included."""
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    on_terminal = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False)
        if on_terminal
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.addFilter(WorthALine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)  # it tells of each tenth of a second that was busy
