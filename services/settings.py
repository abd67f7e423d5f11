"""What a network can turn: by the environment (WEFT_PORT=8401), or by `weft.toml` in its data folder (port = 8401).

The environment counts before the file. What is set wrongly stops the start, with one line.
"""

import os
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from matcher.policy import DEFAULT, Policy
from services import addresses
from services.trouble import WrongSetting

PREFIX = "WEFT_"


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("is not a timezone that is known here, such as Europe/Berlin") from None
    return name


def _named(file: Any) -> Any:
    return file or None  # an empty variable names no file; as a path it would be the folder where one is


Port = Annotated[int, Field(ge=0, le=65_535)]
Timezone = Annotated[str, AfterValidator(_known_timezone)]
Weekday = Annotated[int, Field(ge=1, le=7)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Introductions = Annotated[int, Field(ge=0, le=5)]
Namespace = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")]
Partitions = Annotated[int, Field(ge=1, le=256)]
Replicas = Annotated[int, Field(ge=1, le=5)]
Days = Annotated[int, Field(ge=1, le=365)]
Servers = Annotated[str, AfterValidator(addresses.brokers)]
Postgres = Annotated[str, AfterValidator(addresses.postgres)]
File = Annotated[Path | None, BeforeValidator(_named)]


class Settings(BaseSettings):
    """The settings of one network; frozen, so that a running one does what it was started with."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="where `weft run` listens; loopback only, until there is a sign-in")
    port: Port = Field(8400, description="0: any that is free")
    timezone: Timezone = Field("Europe/Berlin", description="of the network: its weeks and dates")
    round_weekday: Weekday = Field(1, description="the day of the weekly round; 1 is Monday")
    round_time: TimeOfDay = Field("06:00", description="its time, HH:MM")
    introductions_per_round: Introductions = Field(2, description="for members who have not said how many")
    close_after_days: Days = Field(14, description="how long a suggestion can be answered")
    brokers: Servers = Field("", description="Kafka's bootstrap servers, host:port,…; for the commands that need one")
    namespace: Namespace = Field("weft", description="what this network's topics begin with on the brokers")
    partitions: Partitions = Field(8, description="of each topic, when `weft topics create` makes them")
    replicas: Replicas = Field(3, description="of each partition; 1 where there is one broker")
    keys_url: Postgres = Field(
        "", description="the Postgres with the members' keys, where several processes share them"
    )
    network_key: File = Field(None, description="the file of what opens these keys; a mounted secret")
    unreadable_days: Days = Field(30, description="how long what was refused is kept, to be put right")
    views_url: str = Field("", description="the database of `weft views`; empty: views.db in the data folder")
    views_port: Port = Field(8410, description="where `weft views` tells its health and metrics; 0: any that is free")

    def policy(self) -> Policy:
        """The policy of rounds, with what this network turns of it."""
        return replace(
            DEFAULT,
            introductions_per_round=self.introductions_per_round,
            close_after_days=self.close_after_days,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings  # what `load` passes is the file


def load(file: Path) -> Settings:
    """The settings of the network whose `weft.toml` this would be. WrongSetting: one of them is wrong."""
    written = _read(file)
    try:
        return Settings(**written)
    except ValidationError as wrong:
        raise WrongSetting(_say(wrong.errors()[0], file)) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError:
        raise WrongSetting(f"{file.parent} is a file, and not a folder: name another with --data") from None
    except (OSError, ValueError) as wrong:
        raise WrongSetting(f"{file} cannot be read: {wrong}") from None


def _say(error: Any, file: Path) -> str:
    name = ".".join(str(part) for part in error["loc"])
    variable = PREFIX + name.upper()
    where = variable if variable in os.environ else f"{name} in {file}"
    if error["type"] == "extra_forbidden":
        return f"{where} is no setting of Weft: there are {', '.join(Settings.model_fields)}"
    wrong = error["msg"].removeprefix("Value error, ")
    given = "" if name.endswith("_url") else f"{error['input']!r}: "  # there may be a password in it
    return f"the setting {where} is wrong: {given}{wrong[0].lower()}{wrong[1:]}"
