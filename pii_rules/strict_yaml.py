"""YAML in which a key that stands twice is a fault: plain YAML lets the last one win in silence."""

from __future__ import annotations

from typing import Any

import yaml

_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same safe loader, ten times as quick where libyaml is there."""


class _StrictLoader(_SAFE):  # type: ignore[misc]
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As the safe loader does, after a look for keys that stand twice."""
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            named = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else None
            if named in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, "a key stands twice", key.start_mark
                )
            if named is not None:
                seen.add(named)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def load_strict_yaml(text: str) -> Any:
    """What a YAML text holds: plain data, never objects.

    Raises:
        yaml.YAMLError: It is not YAML, or a key stands twice; ``problem_mark`` says where.
    """
    return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a safe loader


def yaml_fault(error: yaml.YAMLError) -> str:
    """What is wrong with a YAML text, without quoting it."""
    mark = getattr(error, "problem_mark", None)
    line = f" at line {mark.line + 1}" if mark else ""
    twice = getattr(error, "problem", None) == "a key stands twice"
    return f"a key stands twice{line}" if twice else f"is not YAML{line}"
