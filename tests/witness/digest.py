"""The fingerprint of rows once more, in Python, from its description in `engine/src/digest/mod.rs`."""

import decimal
import functools
import json
import struct

MASK = (1 << 64) - 1
PI = (0x243F6A8885A308D3, 0xA4093822299F31D1, 0x082EFA98EC4E6C89)


def mix(word):
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
    return word ^ (word >> 31)


def join(low, high):
    return low ^ ((high * 0x9E3779B97F4A7C15) & MASK)


def fold(a, b):
    return (a * b & MASK) ^ (a * b >> 64)


def word(data):
    return int.from_bytes(data, "little")


@functools.lru_cache(1 << 16)
def of_bytes(key, data):
    length, state, at = len(data), key, 0
    while length - at > 16:
        state = fold(state ^ word(data[at : at + 8]), PI[1] ^ word(data[at + 8 : at + 16]))
        at += 16
    low = high = 0
    if 1 <= length < 4:
        low = data[0] | data[length // 2] << 8 | data[-1] << 16
    elif 4 <= length < 8:
        low = word(data[:4]) | word(data[-4:]) << 32
    elif 8 <= length <= 16:
        low, high = word(data[:8]), word(data[-8:])
    elif length > 16:
        low, high = word(data[-16:-8]), word(data[-8:])
    return fold(fold(state ^ low, PI[1] ^ high) ^ length, PI[2])


def family(sql_type):
    if sql_type.endswith("[]"):
        return family(sql_type[:-2]) + "[]"
    if sql_type.startswith("numeric"):
        return "numeric." + sql_type[:-1].split(",")[1]
    families = {"smallint": "integer", "bigint": "integer", "real": "float", "double precision": "float"}
    return families.get(sql_type, sql_type)


def of_value(sql_type, seed, value):
    """The word of a cell. Times are microseconds, dates are days, numerics are unscaled, intervals are three numbers."""
    kind = family(sql_type)
    key = of_bytes(seed, kind.encode())
    if value is None:
        return mix(mix(key))
    if kind.endswith("[]"):
        state = mix(key ^ len(value))
        for element in value:
            state = mix(state ^ of_value(sql_type[:-2], key, element))
        return state
    if kind == "text":
        return of_bytes(key, value.encode())
    if kind == "bytea":
        return of_bytes(key, value)
    if kind == "jsonb":
        return of_bytes(key, canonical(json.loads(value, parse_float=decimal.Decimal, parse_int=decimal.Decimal)).encode())
    if kind == "uuid":
        number = int.from_bytes(value, "big")
        return mix(key ^ join(number & MASK, number >> 64))
    if kind == "interval":
        months, days, micros = value
        return mix(key ^ join((months & 0xFFFFFFFF) << 32 | days & 0xFFFFFFFF, micros & MASK))
    if kind == "float":
        bits = 0x7FF8000000000000 if value != value else word(struct.pack("<d", value + 0.0))
        return mix(key ^ bits)
    if kind.startswith("numeric"):
        low = value & MASK
        return mix(key ^ join(low, ((value >> 64) ^ (MASK if low >> 63 else 0)) & MASK))
    return mix(key ^ int(value) & MASK)


def canonical(value):
    """JSON as `CanonicalJson` writes it; numbers of more than 40 characters do not occur in the tests."""
    if isinstance(value, dict):
        members = [(json.dumps(key, ensure_ascii=False), canonical(of)) for key, of in value.items()]
        members.sort(key=lambda member: (len(member[0].encode()), member[0].encode()))
        return "{" + ", ".join(f"{key}: {of}" for key, of in members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(canonical(of) for of in value) + "]"
    if isinstance(value, decimal.Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    return json.dumps(value, ensure_ascii=False)


def of_table(columns, rows):
    """The fingerprint of a table: `columns` are names and SQL types, `rows` are cells in their order."""
    seeds = [(of_bytes(0, name.encode()), sql_type) for name, sql_type in columns]
    total = 0
    for row in rows:
        words = sum(of_value(sql_type, seed, cell) for (seed, sql_type), cell in zip(seeds, row, strict=True))
        total += mix((words & MASK) ^ PI[0])
    return f"v1:{total:032x}"
