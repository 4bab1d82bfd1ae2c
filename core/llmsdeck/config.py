"""What one user has set up: hosts that may be contacted and the model server, never a secret."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from llmsdeck.errors import UsageError
from llmsdeck.hosts import DEFAULT_HOSTS, Address, Host, HostConfig, Section, Variable, completed
from llmsdeck.paths import config_file

PREDECESSOR: Final[Mapping[str, str]] = {
    "LMSTUDIO_BASE_URL": "base_url",
    "LMSTUDIO_MODEL": "name",
}
"""Variables of the server that llmsdeck succeeds, honoured where nothing newer is set."""


def _folder(path: Path) -> Path:
    path = path.expanduser()
    if not path.is_absolute():
        raise ValueError("must be an absolute path, or one that begins with ~")
    return path


Folder = Annotated[Path, AfterValidator(_folder)]


class ModelConfig(Section):
    """The server that writes, and how it may be used."""

    base_url: Address = "http://127.0.0.1:1234/v1"
    """OpenAI-compatible; the default is LM Studio's."""
    name: str | None = Field(default=None, min_length=1, max_length=200)
    """Model to use for `auto`; None means whichever is loaded."""
    token_env: Variable | None = None
    """Name of the variable that holds the server's key."""
    concurrent_calls: int = Field(default=1, ge=1, le=64)
    """Calls at once by all processes of this user; local servers get slower beyond one."""
    context_tokens: int | None = Field(default=None, ge=512, le=10_000_000)
    """Context to count on when the server does not say what it has loaded."""


class AgentConfig(Section):
    """What agents may do through the MCP server."""

    roots: tuple[Folder, ...] = ()
    """Folders that agents may name, as sources and for output, with all that is below them.

    None: the folder in which the server was started, unless the home folder is that or below it.
    """
    output_dir: Folder | None = None
    """Folder in a root that gets copies of what agents start; None keeps bundles in the store.

    A call that names its own folder has its way.
    """
    quota: int = Field(default=20, ge=1, le=100_000)
    """Live runs that one client may have."""
    prune: bool = False
    """Whether pruning may be applied; a plan of it may always be seen."""
    token_env: Variable = "LLMSDECK_MCP_TOKEN"
    """Name of the variable that holds the token for HTTP; unset, the store keeps one."""


class Config(BaseSettings):
    """Everything that can be set up; unknown keys are refused."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="LLMSDECK_",
        env_nested_delimiter="__",
    )

    hosts: Mapping[Host, HostConfig] = Field(default_factory=dict[str, HostConfig])
    """Hosts besides the built-in ones, or in place of them."""
    model: ModelConfig = ModelConfig()
    mcp: AgentConfig = AgentConfig()
    keys: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Keys of the dashboard by the names of what they do, such as `"run.cancel" = "x"`."""
    notify_command: tuple[str, ...] = ()
    """Program and arguments that the dashboard runs when a run has ended; none: nothing is run."""

    @property
    def known_hosts(self) -> Mapping[str, HostConfig]:
        """Every host that may be contacted, by name; a built-in one keeps what is not set anew."""
        return {
            **DEFAULT_HOSTS,
            **{name: completed(name, host) for name, host in self.hosts.items()},
        }

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before the file, the predecessor's variables come last."""
        return (
            init_settings,
            EnvSettingsSource(settings_cls),
            TomlConfigSettingsSource(settings_cls, config_file()),
            _PredecessorSource(settings_cls),
        )


class _PredecessorSource(EnvSettingsSource):
    """The model server as the predecessor's variables name it."""

    def __call__(self) -> dict[str, object]:
        found = {key: os.environ[name] for name, key in PREDECESSOR.items() if os.environ.get(name)}
        return {"model": found} if found else {}


def load_config() -> Config:
    """What is set up for this user; raises UsageError that names the key and the place."""
    try:
        return Config()
    except ValidationError as error:
        raise UsageError(_first_fault(error)) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{config_file()} is not TOML: {error}.") from error
    except OSError as error:
        raise UsageError(f"{config_file()} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        # pydantic-settings wraps a variable whose JSON cannot be read in an error of its own.
        raise UsageError(f"A variable LLMSDECK_… cannot be read: {error}.") from error


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    *outer, last = map(str, fault["loc"])
    where = f"in {config_file()} or the environment"
    if fault["type"] == "extra_forbidden":
        return f"There is no setting {'.'.join([*outer, last])!r} {where}; {_nearest(outer, last)}"
    message = fault["msg"].removeprefix("Value error, ")
    return f"The setting {'.'.join([*outer, last])!r} {where}: {message}."


def _nearest(outer: list[str], key: str) -> str:
    from difflib import get_close_matches

    sections: Mapping[str, type[BaseModel]] = {
        "hosts": HostConfig,
        "model": ModelConfig,
        "mcp": AgentConfig,
    }
    known = list((sections[outer[0]] if outer else Config).model_fields)
    near = get_close_matches(key, known, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
