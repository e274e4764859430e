"""Verifies tokens with the libraries of Python, as a Go program asks.

The lines of standard input and their answers are those of verify.mjs. Everything
that can be prepared is prepared once: PyJWT gets a key of cryptography, and
python-jose a key of its own.
"""

import importlib
import json
import platform
import sys
import time

REQUIRED = ["exp", "iss", "aud", "sub"]
BATCH = 20  # runs between two looks at the clock


class PyJWT:
    name = "PyJWT"
    algorithms = ["HS256", "RS256", "ES256", "EdDSA"]

    def __init__(self):
        self.jwt = importlib.import_module("jwt")
        self.load = importlib.import_module("cryptography.hazmat.primitives.serialization").load_pem_public_key
        self.version = self.jwt.__version__

    def prepare(self, every, case):
        key = case["key"] if case["alg"] == "HS256" else self.load(case["key"].encode())
        decode, algorithms, options = self.jwt.decode, [case["alg"]], {"require": REQUIRED}
        issuer, audience, leeway = every["issuer"], every["audience"], every["leeway"]
        return lambda raw: decode(
            raw, key, algorithms=algorithms, issuer=issuer, audience=audience, leeway=leeway, options=options
        )


class PythonJOSE:
    name = "python-jose"
    algorithms = ["HS256", "RS256", "ES256"]

    def __init__(self):
        self.jwt = importlib.import_module("jose.jwt")
        self.jwk = importlib.import_module("jose.jwk")
        self.version = importlib.import_module("jose").__version__

    def prepare(self, every, case):
        key = self.jwk.construct(case["key"], case["alg"])
        decode, algorithms = self.jwt.decode, [case["alg"]]
        options = {"leeway": every["leeway"], **{"require_" + name: True for name in REQUIRED}}
        issuer, audience = every["issuer"], every["audience"]
        return lambda raw: decode(raw, key, algorithms=algorithms, issuer=issuer, audience=audience, options=options)


def timed(verify, raw, ms):
    end, spent, runs = time.perf_counter_ns() + ms * 1_000_000, time.process_time_ns(), 0
    while runs == 0 or time.perf_counter_ns() < end:
        for _ in range(BATCH):
            verify(raw)
        runs += BATCH
    return {"ns": time.process_time_ns() - spent, "runs": runs}


def answer(ask, prepared, cases):
    verify = prepared[ask["contender"]][ask["case"]]
    if ask["op"] == "check":
        try:
            return {"claims": verify(ask["token"])}
        except Exception as err:
            return {"refused": type(err).__name__}
    return timed(verify, cases[ask["case"]]["token"], ask["ms"])


def main():
    say = lambda what: print(json.dumps(what), flush=True)
    every = json.loads(sys.stdin.readline())
    cases = {c["name"]: c for c in every["cases"]}
    contenders, missing = [], []
    for make in (PyJWT, PythonJOSE):
        try:
            contenders.append(make())
        except ImportError as err:
            missing.append(f"{make.name}: {err}")
    prepared, told = {}, []
    for c in contenders:
        prepared[c.name] = {name: c.prepare(every, case) for name, case in cases.items() if case["alg"] in c.algorithms}
        told.append({"id": c.name, "library": c.name, "version": c.version, "again": False, "cases": list(prepared[c.name])})
    crypto = importlib.import_module("cryptography").__version__
    say({"runtime": f"Python {platform.python_version()} (cryptography {crypto})", "contenders": told, "missing": missing})
    for line in sys.stdin:
        try:
            say(answer(json.loads(line), prepared, cases))
        except Exception as err:
            say({"error": repr(err)})


main()
