"""What is wrong, over HTTP: RFC 9457 problem details for everything that is not a success."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, get_args

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from schemas.errors import Refusal
from services.amiss import allowed_at, path, wrong_with
from services.answering import NotReady, NotYours
from services.log import LogFull
from services.network import NotNow
from services.rounds import NoRound
from services.trouble import Trouble

MEDIA_TYPE = "application/problem+json"
THE_EVENT = "the event"  # what is wrong where no single field is
IS_JSON = re.compile(r"application/([a-z0-9.+-]+\+)?json\b", re.IGNORECASE)
CONTENT_TYPE = "Content-Type: application/json"
RETRY = {"Retry-After": "5"}  # seconds

lines = structlog.get_logger()


class Problem(BaseModel):
    """An RFC 9457 problem: which field is wrong (a path; empty: the whole), what is wrong with it, what is allowed."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    field: str | None = None
    allowed: str | None = None


def details(status: int, detail: str, field: str | None = None, allowed: str | None = None) -> dict[str, Any]:
    """The members of a problem, without those that say nothing."""
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, field=field, allowed=allowed)
    return problem.model_dump(exclude_none=True)


def of_refusal(refusal: Refusal) -> dict[str, Any]:
    """The problem that says why an event was refused."""
    return details(refusal.status, f"{refusal.field or THE_EVENT} {refusal.wrong}", refusal.field, refusal.allowed)


def to_refusal(problem: dict[str, Any]) -> Refusal:
    """The refusal that a problem was made of."""
    field = problem.get("field", "")
    wrong = problem["detail"].removeprefix(f"{field or THE_EVENT} ")
    return Refusal(field, wrong, problem.get("allowed", ""), problem["status"])


def answer(problem: dict[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response that carries a problem."""
    return JSONResponse(problem, problem["status"], headers, media_type=MEDIA_TYPE)


# --- what is raised on the way --------------------------------------------------------------------------------------


def install(app: FastAPI) -> None:
    """Makes every error of this app a problem."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _ours)
    for raised, problem_of in _SAID.items():
        app.add_exception_handler(raised, _saying(problem_of))


def _http(request: Request, raised: Exception) -> JSONResponse:
    assert isinstance(raised, HTTPException)
    said = raised.detail
    if raised.status_code == 400:
        said = "the body cannot be read as JSON: send it in UTF-8"
    elif raised.status_code == 404:
        said = "there is nothing at this address: /openapi.json says what there is"
    elif raised.status_code == 405:
        said = f"this address takes {(raised.headers or {}).get('Allow', 'other methods')}"
    return answer(details(raised.status_code, said), raised.headers)


def _invalid(request: Request, raised: Exception) -> JSONResponse:
    assert isinstance(raised, RequestValidationError)
    first = raised.errors()[0]
    within, *place = first["loc"]
    if first["type"] == "json_invalid":
        return answer(details(400, f"the body is not JSON (at character {place[0] + 1:,})", "", "one JSON object"))
    if within == "body" and not place and not IS_JSON.match(request.headers.get("content-type", "")):
        return answer(details(422, f"the body is not said to be JSON: send {CONTENT_TYPE}", "", CONTENT_TYPE))
    field, wrong = path(tuple(place)), wrong_with(first)
    allowed = allowed_at(_taken_by(request) if within == "body" else None, tuple(place), first)
    return answer(details(422, f"{field or 'the body'} {wrong}: {allowed}", field, allowed))


def _taken_by(request: Request) -> type[BaseModel] | None:
    """What the body of this request should have been."""
    body = getattr(request.scope.get("route"), "body_field", None)
    annotated = body.field_info.annotation if body else None
    options = [annotated, *get_args(annotated)]
    return next((each for each in options if isinstance(each, type) and issubclass(each, BaseModel)), None)


def _ours(request: Request, raised: Exception) -> JSONResponse:
    """Our own mistake: the sender learns that it was ours, the operator where."""
    lines.error("request failed", route=request.scope.get("route"), exc_info=raised)
    return answer(details(500, "this is a mistake of Weft, not yours; its operator finds it in the log lines"))


def _saying(problem_of: Callable[[Exception], dict[str, Any]]) -> Callable[[Request, Exception], JSONResponse]:
    def handle(request: Request, raised: Exception) -> JSONResponse:
        problem = problem_of(raised)
        return answer(problem, RETRY if problem["status"] == 503 else None)

    return handle


_SAID: dict[type[Exception], Callable[[Exception], dict[str, Any]]] = {
    NotYours: lambda raised: details(404, "there is no such member, or no such introduction of theirs"),
    NotNow: lambda raised: details(409, str(raised)),
    NoRound: lambda raised: details(409, str(raised)),
    NotReady: lambda raised: details(503, f"not ready: {raised}"),
    LogFull: lambda raised: details(503, f"nothing was kept: {raised}"),
    Trouble: lambda raised: details(503, str(raised)),  # a damaged log, brokers that are away, another that leads
}
