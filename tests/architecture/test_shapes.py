"""What reads JSON into a shape may be used from any thread, first use included."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from msgspec import inspect

from stockbridge.channels.shopify import wire

SRC = Path(__file__).resolve().parents[2] / "src" / "stockbridge"
#: Every try is a process that has read nothing yet, in which eight threads read their first order at once. The switch interval
#: makes seconds of bad luck out of years of it. Prints how many of the processes died, and how many read something wrong.
TRIES = """
import os, sys, threading
from stockbridge import shapes
from stockbridge.channels.shopify import wire
import msgspec

def plainly(raw, shape):
    return msgspec.json.decode(raw, type=shape)

read = {"shapes": shapes.decode, "plainly": plainly}[sys.argv[1]]
raw = sys.stdin.buffer.read()
died = wrong = 0
for _ in range(40):
    pid = os.fork()
    if not pid:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        sys.setswitchinterval(1e-6)
        together, trouble = threading.Barrier(8), []
        def one():
            together.wait()
            try:
                assert read(raw, wire.OrderAnswer).order_id == "x"
            except BaseException as error:
                trouble.append(error)
        threads = [threading.Thread(target=one) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        os._exit(1 if trouble else 0)
    status = os.waitpid(pid, 0)[1]
    died += os.WIFSIGNALED(status)
    wrong += os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0
print(died, wrong)
"""


#: The smallest value of each simple sort of thing.
SIMPLE: dict[type, Any] = {
    inspect.StrType: "x",
    inspect.IntType: 1,
    inspect.BoolType: True,
    inspect.FloatType: 1.0,
    inspect.DateTimeType: "2026-01-01T00:00:00Z",
    inspect.DecimalType: "1.0",
}


def whole(found: inspect.Type) -> Any:
    """JSON in which every field of a shape is there, however deep."""
    match found:
        case inspect.StructType():
            return {field.encode_name: whole(field.type) for field in found.fields}
        case inspect.UnionType():
            return whole(next(one for one in found.types if not isinstance(one, inspect.NoneType)))
        case inspect.ListType() | inspect.VarTupleType():
            return [whole(found.item_type)]
        case _:
            return SIMPLE[type(found)]


def tried(how: str) -> tuple[int, int]:
    """How many of forty processes died, and how many read something wrong."""
    body = json.dumps(whole(inspect.type_info(wire.OrderAnswer))).encode()
    done = subprocess.run([sys.executable, "-c", TRIES, how], input=body, capture_output=True, check=True, timeout=120)
    died, wrong = done.stdout.split()
    return int(died), int(wrong)


def test_eight_threads_may_read_their_first_order_at_the_same_moment():
    assert tried("shapes") == (0, 0)


def test_which_is_not_so_with_the_library_alone():
    """If this fails, msgspec has been mended, and shapes.py can go."""
    died, _ = tried("plainly")
    assert died > 0


def test_nobody_else_hands_a_shape_to_msgspec():
    """In the twins, which are processes of their own and read plain dicts, it is harmless."""
    found = []
    for path in SRC.rglob("*.py"):
        if path.name == "shapes.py" or "twins" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("msgspec."):
                called = ast.unparse(node.func).rpartition(".")[2]
                if called in ("convert", "Decoder") or (called == "decode" and (node.keywords or len(node.args) > 1)):
                    found.append(f"{path.relative_to(SRC)}:{node.lineno}")
    assert found == []
