"""POST /events: one CloudEvent, or a batch of them."""

import asyncio
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from schemas.door import Sender, admit, sender_named, split_batch
from schemas.errors import Refusal
from services.admission import ACCEPTED, DUPLICATE, REFUSED, Receipt, appended
from services.intake import Intake
from services.log import Verdict
from services.network import Network
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


def router(network: Network) -> APIRouter:
    """The gateway of one network."""
    routes, intake = APIRouter(), Intake(network.append)
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
            return await one(body, sender_named(sender), dry_run == "true")
        raws = split_batch(body)
        if isinstance(raws, Refusal):
            return answer(of_refusal(raws))
        work = partial(network.publish, raws, sender_named(sender), dry_run=dry_run == "true")
        return _of_batch(await asyncio.get_running_loop().run_in_executor(batches, work))

    async def one(raw: bytes, sender: Sender, dry_run: bool) -> Response:
        event = admit(raw, network.clock(), sender)
        if isinstance(event, Refusal):
            return answer(of_refusal(event))
        verdict = Verdict.ACCEPTED if dry_run else (await intake.append(event)).verdict
        return _of_one(appended(event, verdict))

    return routes


def _of_one(receipt: Receipt) -> Response:
    if receipt.refusal:
        return answer(of_refusal(receipt.refusal))
    return JSONResponse({"source": receipt.source, "id": receipt.id, "status": receipt.status}, 202)


def _of_batch(receipts: list[Receipt]) -> Response:
    found = Counter(receipt.status for receipt in receipts)
    counts = {status: found[status] for status in (ACCEPTED, DUPLICATE, REFUSED)}
    return JSONResponse({**counts, "receipts": [_told(receipt) for receipt in receipts]}, 202)


def _told(receipt: Receipt) -> dict[str, Any]:
    told: dict[str, Any] = {"source": receipt.source, "id": receipt.id, "status": receipt.status}
    return {**told, "problem": of_refusal(receipt.refusal)} if receipt.refusal else told
