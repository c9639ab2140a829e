"""Sends requests that the OpenAPI document allows and forbids; fails on a 5xx or an answer that is not in the document.

    python3 -m venv Validation/venv && Validation/venv/bin/pip install -r Validation/api-requirements.txt
    Validation/venv/bin/python Validation/api_test.py http://127.0.0.1:8642 --requests 20000

Exit codes: 0; 1 if an answer was wrong.
"""

import argparse
import collections
import json
import sys
import time

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """Encodes a generated body of lines."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="where the service listens")
    parser.add_argument("--requests", type=int, default=20_000, help="at least so many (default: 20000)")
    parser.add_argument("--seed", type=int, default=1, help="of what is made up (default: 1)")
    arguments = parser.parse_args()

    schema = schemathesis.openapi.from_url(arguments.url + "/openapi.json", wait_for_schema=20)
    operations = [result.ok() for result in schema.get_all_operations()]
    # Routes that compute get more requests.
    weights = {operation: 3 if operation.path.startswith("/v1/") else 1 for operation in operations}
    statuses: collections.Counter[int] = collections.Counter()
    failures: dict[tuple[str, str], str] = {}
    start = time.monotonic()
    round_number = 0
    while sum(statuses.values()) < arguments.requests:
        for operation in operations:
            for mode in schemathesis.GenerationMode:
                run(operation, mode, 100 * weights[operation], arguments.seed + round_number, statuses, failures)
        round_number += 1
        print(f"{sum(statuses.values())} requests, {time.monotonic() - start:.0f} s", file=sys.stderr)

    print(f"{sum(statuses.values())} requests to {len(operations)} operations: {dict(sorted(statuses.items()))}")
    for (place, kind), text in failures.items():
        print(f"{place}: {kind}\n{text}\n")
    return 1 if failures else 0


def run(operation, mode, count, seed_number, statuses, failures) -> None:
    """Sends `count` requests to one operation."""
    try:
        strategy = operation.as_strategy(generation_mode=mode)

        @seed(seed_number)
        @settings(
            max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=strategy)
        def ask(case) -> None:
            response = case.call()
            statuses[response.status_code] += 1
            try:
                case.validate_response(response, checks=CHECKS)
            except BaseException as error:  # a failure group may not be an Exception; each kind once, with its request
                if isinstance(error, KeyboardInterrupt):
                    raise
                kind = type(error).__name__
                failures.setdefault(
                    (f"{operation.method.upper()} {operation.path}", kind), f"{error}\n{case.as_curl_command()}"
                )

        ask()
    except Exception as error:
        # Without parameters, nothing can be invalid.
        if mode is schemathesis.GenerationMode.NEGATIVE:
            return
        failures.setdefault((operation.path, type(error).__name__), str(error))


if __name__ == "__main__":
    sys.exit(main())
