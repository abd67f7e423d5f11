"""A running Weft, spoken to over HTTP by the command line."""

import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from schemas.door import OPERATOR, admit
from schemas.errors import Refusal
from schemas.instants import format_instant
from services.admission import REFUSED, Receipt
from services.clock import now_us
from services.problems import MEDIA_TYPE, to_refusal
from services.trouble import Trouble

TIMEOUT_S = 600  # a round of a large network takes minutes
PATIENCE_S = 30  # how long what may pass by itself is tried again: a restart, a full disk, too much at once
FIRST_PATIENCE_S = 2  # where nobody has answered yet: it may be the wrong address
CONFIRM_S = 60
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0


class NothingThere(Trouble):
    """A running Weft knows nobody, and nothing, of this name."""


class Client:
    """One gateway. Trouble: it cannot be reached, or says what is wrong."""

    def __init__(self, url: str, sender: str = "operator") -> None:
        self.url = url.rstrip("/")
        headers = {"Weft-Sender": sender}
        self._has_answered = False
        try:
            self._http = httpx.Client(base_url=self.url, timeout=TIMEOUT_S, headers=headers, trust_env=False)
        except httpx.InvalidURL as wrong:
            raise self._no_address(wrong) from None

    def get(self, path: str, **query: Any) -> Any:
        """The JSON that a GET answers; a query that is None is left out."""
        return self._send("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON that a POST answers; members of the body that are None are left out."""
        return self._send("POST", path, json={name: value for name, value in body.items() if value is not None})

    # --- as services.answering.Answering ------------------------------------------------------------------------------

    def suggestions(self, member_id: str, at: int | None = None) -> list[dict[str, Any]]:
        """The introductions that the member sees."""
        path = f"/members/{quote(member_id, safe='')}/introductions"
        return list(self.get(path, at=_text(at))["introductions"])

    def ask(
        self, member_id: str, subjects: list[str], note: str = "", top: int = 10, at: int | None = None
    ) -> list[dict[str, Any]]:
        """Who could help this member with a need."""
        need = {"subjects": subjects, "note": note, "top": top, "at": _text(at)}
        return list(self.post(f"/members/{quote(member_id, safe='')}/ask", need)["ranked"])

    def hold_round(self, at: int | None, *, dry_run: bool = False, bound: bool = False) -> dict[str, Any]:
        """Holds a round, or shows what it would be."""
        body = {"at": _text(at), "dry_run": dry_run, "bound": bound}
        said = {name: value for name, value in body.items() if value is not None}
        trouble, answer = self._try("POST", "/rounds", json=said)
        if trouble:  # not tried again: it may have been held
            raise trouble
        return dict(answer)

    def erase(self, member_id: str) -> dict[str, Any]:
        """Forgets a member for ever."""
        return dict(self.post(f"/members/{quote(member_id, safe='')}/erase", {}))

    def erasures(self) -> list[dict[str, Any]]:
        """Everybody who was ever erased."""
        return list(self.get("/erasures")["erasures"])

    def confirm_erasures(self) -> None:
        """A running Weft does so by itself; waits a little for it."""
        give_up = time.monotonic() + CONFIRM_S
        while any(each["waiting"] for each in self.erasures()) and time.monotonic() < give_up:
            time.sleep(FIRST_PAUSE_S)

    def rotate_keys(self) -> int:
        """Wraps all keys with a new network key."""
        return int(self.post("/keys/rotate", {})["keys"])

    def learn(self, *, dry_run: bool = False) -> list[dict[str, Any]]:
        """Fits the cards anew, or says what would come of it."""
        return list(self.post("/weights", {"dry_run": dry_run})["learned"])

    def export(self, member_id: str) -> dict[str, Any]:
        """All that is kept about a member."""
        return dict(self.get(f"/members/{quote(member_id, safe='')}/export"))

    # --- publishing ---------------------------------------------------------------------------------------------------

    def publish(self, raws: Sequence[bytes], *, dry_run: bool = False) -> list[Receipt]:
        """Sends events as one batch, again with the same ids where it is not known whether they arrived."""
        unsent = [_not_json(raw) for raw in raws]
        batch = b"[" + b",".join(raw for raw, refusal in zip(raws, unsent, strict=True) if refusal is None) + b"]"
        answer = self._send(
            "POST",
            "/events",
            content=batch,
            headers={"Content-Type": "application/cloudevents-batch+json"},
            params={"dry_run": "true"} if dry_run else {},
        )
        receipts = iter(answer["receipts"])
        return [Receipt(None, None, REFUSED, refusal) if refusal else _receipt(next(receipts)) for refusal in unsent]

    def _send(self, method: str, path: str, **request: Any) -> Any:
        started, pause_s = time.monotonic(), FIRST_PAUSE_S
        while True:
            trouble, answer = self._try(method, path, **request)
            if trouble is None:
                return answer
            patience_s = PATIENCE_S if self._has_answered else FIRST_PATIENCE_S
            if time.monotonic() + pause_s > started + patience_s:
                raise trouble
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _try(self, method: str, path: str, **request: Any) -> tuple[Trouble | None, Any]:
        """The answer, or why it may be worth trying again. Trouble: it is not."""
        try:
            response = self._http.request(method, path, **request)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as wrong:
            raise self._no_address(wrong) from None
        except httpx.TransportError as wrong:
            asked = "is a gateway (`weft run` or `weft gateway`) running there?"
            return Trouble(f"{self.url} cannot be reached ({wrong}): {asked}"), None
        self._has_answered = True
        if response.is_success:
            return None, response.json()
        if response.status_code == 404 and _is_problem(response):
            raise NothingThere(f"{self.url}{path}: {_detail(response)}")
        trouble = Trouble(f"{self.url}{path}: {_detail(response)}")
        if response.status_code in (429, 503):
            return trouble, None
        raise trouble

    def _no_address(self, wrong: Exception) -> Trouble:
        return Trouble(f"{self.url} is no address of a Weft ({wrong}): such as http://127.0.0.1:8400")


def _text(at: int | None) -> str | None:
    return None if at is None else format_instant(at)


def _is_problem(response: httpx.Response) -> bool:
    return response.headers.get("content-type", "").startswith(MEDIA_TYPE)


def _detail(response: httpx.Response) -> str:
    """What a problem says, in one line."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"answered {response.status_code} {response.reason_phrase}: this may not be a Weft"


def _not_json(raw: bytes) -> Refusal | None:
    """Why this line would spoil the batch it is in; what else may be wrong with it, the gateway says."""
    try:
        orjson.loads(raw)
    except ValueError:
        refused = admit(raw, now_us(), OPERATOR)
        return refused if isinstance(refused, Refusal) else None
    return None


def _receipt(told: dict[str, Any]) -> Receipt:
    problem = told.get("problem")
    return Receipt(told["source"], told["id"], told["status"], to_refusal(problem) if problem else None)
