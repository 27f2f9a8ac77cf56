"""Context functions (DMN 1.5 §10.3.4.11)."""

from __future__ import annotations

from engine.feel.builtins.registry import builtin
from engine.feel.environment import Environment
from engine.feel.values import MAX_DEPTH, Undefined, Value, kind_of

Context = dict[str, Value]


@builtin("get value(m: context, key: string)")
def get_value(m: Context, key: str) -> Value:
    """Return an entry's value; null when there is none."""
    return m.get(key)


@builtin("get value(m: context, keys: list)", items=4)
def get_nested_value(m: Context, keys: list[Value]) -> Value:
    """Return the value at the end of a path of keys; null when it breaks off."""
    value: Value = m
    for key in keys:
        if not isinstance(value, dict) or not isinstance(key, str):
            return None
        value = value.get(key)
    return value


@builtin("get entries(m: context)", environment=True)
def get_entries(environment: Environment, m: Context) -> list[Value]:
    """Return the entries as contexts of ``key`` and ``value``."""
    environment.spend(len(m))
    return [{"key": key, "value": value} for key, value in m.items()]


@builtin("context(entries: list)", items=20)
def context(entries: list[Value]) -> Context:
    """Return the context made of ``{key, value}`` entries."""
    made: Context = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "value" not in entry:
            raise Undefined("context(): expected entries with a string “key” and a “value”, but one is not")
        if entry["key"] in made:
            raise Undefined(f"context(): expected each key once, but “{entry['key'][:40]}” is there twice")
        made[entry["key"]] = entry["value"]
    return made


@builtin("context put(context: context, key: string, value: Any)", environment=True)
def context_put(environment: Environment, given: Context, key: str, value: Value) -> Context:
    """Return the context with an entry added or changed."""
    environment.spend(len(given) >> 3)
    return {**given, key: value}


@builtin("context put(context: context, keys: list, value: Any)", environment=True)
def context_put_nested(environment: Environment, given: Context, keys: list[Value], value: Value) -> Context:
    """Return the context with an entry at the end of a path added or changed; the path must exist."""
    environment.spend(len(given) + len(keys) >> 3)
    if len(keys) > MAX_DEPTH:
        raise Undefined(f"context put(): expected at most {MAX_DEPTH} keys, but got {len(keys)}")
    if not keys or not isinstance(keys[0], str):
        raise Undefined("context put(): expected a list of keys, but it is empty or holds something else")
    first, rest = keys[0], keys[1:]
    if not rest:
        return {**given, first: value}
    inner = given.get(first)
    if not isinstance(inner, dict):
        raise Undefined(f"context put(): expected a context at “{first[:40]}”, but there is {kind_of(inner)}")
    return {**given, first: context_put_nested(environment, inner, rest, value)}


@builtin("context merge(contexts: list)", environment=True)
def context_merge(environment: Environment, contexts: list[Value]) -> Context:
    """Return one context with the entries of all; the last of equal keys wins."""
    made: Context = {}
    for one in contexts:
        if not isinstance(one, dict):
            raise Undefined(f"context merge(): expected contexts, but an item is {kind_of(one)}")
        environment.spend(3 + (len(one) >> 2))
        made |= one
    return made
