"""How clients let go of brokers, and members of their groups; brokers that are away are not waited for."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from kafka.admin import MemberToRemove
from structlog import get_logger

from services.kafka.brokers import Brokers
from services.log import LogAway

PATIENCE_S = 2  # how long a client that is given up may take to say goodbye

lines = get_logger()


async def let_go(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Stops a client. A consumer that is stopped while it waits for brokers may say that it was cancelled: that is not
    said of whoever stops it."""
    stopping = asyncio.ensure_future(client.stop())
    await asyncio.wait([stopping], timeout=PATIENCE_S)
    if not stopping.cancel() and not stopping.cancelled():
        stopping.result()


def leave(brokers: Brokers, group: str, static_id: str) -> None:
    """Takes a member that has ended out of its group: whoever has a static id does not leave by itself, and the others
    would wait for a whole session before they take its partitions."""
    try:
        with brokers.admin(PATIENCE_S) as admin:
            admin.remove_group_members(brokers.group(group), [MemberToRemove(group_instance_id=static_id)])
    except LogAway as away:
        lines.warning("leaves without a word", group=group, why=str(away))
