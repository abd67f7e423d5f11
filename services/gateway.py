"""POST /events: one CloudEvent, or a batch of them."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from schemas.codec import Event
from schemas.door import admit, sender_named, split_batch
from schemas.errors import Refusal
from services import admission
from services.admission import ACCEPTED, DUPLICATE, REFUSED, Spoken, appended
from services.clock import Clock
from services.intake import Intake
from services.log import Receipt, Verdict
from services.problems import answer, of_refusal

BATCHES_AT_ONCE = 4
SenderName = Annotated[
    str,
    Header(
        alias="Weft-Sender",
        pattern=r"^(publisher|organiser|operator|member:[A-Za-z0-9._:-]{1,64})$",
        description="Who speaks. It is stated, not proven: that is why Weft listens on loopback only.",
    ),
]
_JSON = re.compile(r"application/([a-z0-9.+-]+\+)?json", re.IGNORECASE)


class Publishing(Protocol):
    """What events are published to."""

    clock: Clock

    def take(self, spoken: Sequence[Spoken]) -> list[Receipt]:
        """Appends what was admitted: durable when this returns. LogFull, LogDamaged, LogAway."""


def router(network: Publishing) -> APIRouter:
    """The gateway of one network."""
    routes, intake = APIRouter(), Intake(network.take)
    batches = ThreadPoolExecutor(BATCHES_AT_ONCE, "batches")  # of their own: nobody who reads can keep them waiting

    @routes.post("/events", status_code=202, summary="Publish one event, or a batch")
    async def publish(
        request: Request, dry_run: Literal["true", "false"] = "false", sender: SenderName = "publisher"
    ) -> Response:
        """What is answered with `accepted` is durable; sent again, it is a `duplicate` and changes nothing."""
        if not _JSON.fullmatch(request.headers.get("content-type", "").partition(";")[0].strip()):
            raise HTTPException(415, "an event is JSON: send Content-Type: application/cloudevents+json")
        body = await request.body()
        if body.lstrip(b" \t\r\n")[:1] != b"[":
            return await one(body, sender, dry_run == "true")
        raws = split_batch(body)
        if isinstance(raws, Refusal):
            return answer(of_refusal(raws))
        work = partial(_published, network, raws, sender, dry_run == "true")
        return _of_batch(await asyncio.get_running_loop().run_in_executor(batches, work))

    async def one(raw: bytes, sender: str, dry_run: bool) -> Response:
        event = admit(raw, network.clock(), sender_named(sender))
        if isinstance(event, Refusal):
            return answer(of_refusal(event))
        verdict = Verdict.ACCEPTED if dry_run else (await intake.append(Spoken(event, sender))).verdict
        return _of_one(appended(event, verdict))

    return routes


def _published(network: Publishing, raws: Sequence[bytes], sender: str, dry_run: bool) -> list[admission.Receipt]:
    if dry_run:
        return admission.check(raws, network.clock(), sender_named(sender))

    def append(events: Sequence[Event]) -> list[Receipt]:
        return network.take([Spoken(event, sender) for event in events])

    return admission.take(append, raws, network.clock(), sender_named(sender))


def _of_one(receipt: admission.Receipt) -> Response:
    if receipt.refusal:
        return answer(of_refusal(receipt.refusal))
    return JSONResponse({"source": receipt.source, "id": receipt.id, "status": receipt.status}, 202)


def _of_batch(receipts: list[admission.Receipt]) -> Response:
    found = Counter(receipt.status for receipt in receipts)
    counts = {status: found[status] for status in (ACCEPTED, DUPLICATE, REFUSED)}
    return JSONResponse({**counts, "receipts": [_told(receipt) for receipt in receipts]}, 202)


def _told(receipt: admission.Receipt) -> dict[str, Any]:
    told: dict[str, Any] = {"source": receipt.source, "id": receipt.id, "status": receipt.status}
    return {**told, "problem": of_refusal(receipt.refusal)} if receipt.refusal else told
