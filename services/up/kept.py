"""One service as a process that is kept: started, started again when it ends by itself, asked how it is, stopped."""

import asyncio
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Awaitable, Callable

from services.up.composed import Service
from services.up.here import Words

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 60.0  # before it is started again: doubled each time, as Docker does it
GOOD_RUN_S = 10.0  # after which it begins anew
LONGEST_LINE_BYTES = 1024 * 1024

Say = Callable[[str, str], None]  # whose line, and what it says


class Kept:
    """A service, and how it ended the last time."""

    def __init__(self, service: Service, words: Words, say: Say) -> None:
        self.service, self.code = service, 0
        self._words, self._say = words, say
        self._process: Process | None = None
        self._began = 0.0
        self._stopping, self._healthy = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # --- running ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins; what it says is passed on, line by line."""
        self._tasks.append(asyncio.create_task(self._keep()))
        if not self.service.healthcheck.disable:
            self._tasks.append(asyncio.create_task(self._watch()))

    async def up(self) -> bool:
        """Returns once it is healthy, or if it is to run once only, has ended; whether all is well with it then."""
        if self.service.restart == "no":
            await asyncio.shield(self._tasks[0])
            return self.code == 0
        if not self.service.healthcheck.disable:
            await self._healthy.wait()
        return True

    async def _keep(self) -> None:
        pause = FIRST_PAUSE_S
        while not self._stopping.is_set():
            self._began = time.monotonic()
            self.code = await self._run()
            if self.service.restart == "no" or self._stopping.is_set():
                return
            self._healthy.clear()
            if time.monotonic() - self._began > GOOD_RUN_S:
                pause = FIRST_PAUSE_S
            self._say(self.service.name, f"ended by itself with {self.code}, and is started again in {pause:g} s")
            await _within(pause, self._stopping.wait())
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _run(self) -> int:
        self._process = await asyncio.create_subprocess_exec(
            *self._words.run,
            env=self._words.environment,
            cwd=self._words.folder,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            limit=LONGEST_LINE_BYTES,
            start_new_session=True,  # Ctrl-C is for us: who stops when, we say
        )
        assert self._process.stdout is not None
        if self._stopping.is_set():  # while it was being started
            self._process.terminate()
        async for line in self._process.stdout:
            self._say(self.service.name, line.decode(errors="replace").rstrip())
        return await self._process.wait()

    async def stop(self) -> None:
        """Asks it to end; returns when it has, killed where it takes longer than it may."""
        self._stopping.set()
        running, *watching = self._tasks
        for task in watching:
            task.cancel()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
        if not await _within(self.service.stop_grace_period, asyncio.shield(running)) and self._process is not None:
            self._say(self.service.name, "took too long to stop, and was killed")
            self._process.kill()
        await asyncio.gather(running, *watching, return_exceptions=True)

    # --- health -------------------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        health, failed = self.service.healthcheck, 0
        while True:
            await asyncio.sleep(health.interval if self._healthy.is_set() else health.start_interval)
            if await self._answers():
                failed = 0
                self._healthy.set()
            elif self._healthy.is_set() or time.monotonic() - self._began > health.start_period:
                failed += 1
                if failed == health.retries:
                    self._healthy.clear()
                    self._say(self.service.name, f"is not healthy: {failed} checks in a row have failed")

    async def _answers(self) -> bool:
        asked = await asyncio.create_subprocess_exec(
            *self._words.ask, env=self._words.environment, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
        )
        if not await _within(self.service.healthcheck.timeout, asked.wait()):
            asked.kill()
            await asked.wait()
        return asked.returncode == 0


async def _within(seconds: float, work: Awaitable[object]) -> bool:
    """Whether it was done within so many seconds."""
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        return False
    return True
