"""All of Weft's services of a Compose file, one group after the other; stopped the other way round."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Any

from services.trouble import Trouble
from services.up.composed import Service
from services.up.here import KEY, Here
from services.up.kept import Kept, Say

OWN = "up"  # whose the lines are that are none of a service's
CLEAN = (0, -signal.SIGTERM)  # and of one that was stopped before it had begun


def run(groups: Sequence[Sequence[Service]], here: Here, say: Say) -> None:
    """Keeps them up until SIGTERM or SIGINT. Trouble: one that others need has failed, or one did not stop cleanly."""
    asyncio.run(_run(groups, here, say))


async def _run(groups: Sequence[Sequence[Service]], here: Here, say: Say) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    started: list[list[Kept]] = []
    try:
        for group in groups:
            started.append([Kept(service, here.words(service), say) for service in group])
            for one in started[-1]:
                one.start()
            if await _up(started[-1], stop):
                break
        else:
            say(OWN, f"for other commands on this network: export {KEY}={here.network_key(groups[-1][0])}")
            say(OWN, "ready: " + ", ".join(f"{one.name} at {here.url(one)}" for one in groups[-1]))
            await stop.wait()
    finally:
        for kept in reversed(started):
            await asyncio.gather(*(one.stop() for one in kept))
        here.sweep()
    if unclean := [f"{one.service.name} ({one.code})" for kept in started for one in kept if one.code not in CLEAN]:
        raise Trouble(f"not stopped cleanly: {', '.join(unclean)}")
    say(OWN, "all have stopped")


async def _up(group: list[Kept], stop: asyncio.Event) -> bool:
    """Returns when all of a group are up, or (True) when everything is to stop. Trouble."""
    stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    coming: asyncio.Task[Any] = asyncio.create_task(_all_up(group))
    await asyncio.wait({stopping, coming}, return_when=asyncio.FIRST_COMPLETED)
    for task in (stopping, coming):
        task.cancel()
    if stop.is_set():
        return True
    for one, is_well in zip(group, coming.result(), strict=True):
        if not is_well:
            raise Trouble(f"{one.service.name} ended with {one.code}, and others need what it does: its lines say why")
    return False


async def _all_up(group: list[Kept]) -> list[bool]:
    return await asyncio.gather(*(one.up() for one in group))
