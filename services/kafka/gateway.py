"""`weft gateway`: what is published over HTTP goes to `weft.intake`; who it speaks for is signed.

It admits what comes in, so that a publisher is told at once what is wrong; what is admitted is sealed as far as it names
members, so that intake keeps nothing of theirs in clear. A duplicate or a conflict is found behind it, by intake.
"""

import signal
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from structlog import get_logger

from schemas.codec import Event
from schemas.door import Sender, admit
from schemas.topics import INTAKE
from services import admission, gateway, lines, openapi, problems
from services.clock import now_us
from services.guard import Guard
from services.kafka import topics
from services.kafka.admitting import intake_key
from services.kafka.answers import metrics
from services.kafka.brokers import Brokers, partition_of
from services.kafka.measures import GatewayMeasures
from services.kafka.place import Place
from services.kafka.sending import Producing, ToSend
from services.kafka.signing import signed
from services.log import Receipt, Verdict
from services.log.sealing import Sealing
from services.run import LAST_REQUESTS_S, Server, check_loopback, listening
from services.settings import Settings

log_lines = get_logger()


class KafkaGateway:
    """What `services.gateway` publishes to, where the log is on brokers. Safe to use from many threads."""
