"""Asks a server of its own everything that its description allows and much that it does not, by Schemathesis: BINARY
[EXAMPLES]. Whatever is answered must be declared and look as declared, and nothing may be a fault of the server's.

Imported by Schemathesis, it is what that lacks: bodies of uploads."""

import os
import subprocess
import sys
import tempfile

import requests
import schemathesis

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)
PASSWORD = "zoufang-demo"
# The stream without end, and what would sign out whoever asks.
NOT_SIGNED_IN = ["/api/v1/session", "/api/v1/session/password", "/api/v1/first-accounts", "/api/v1/live"]
# By which Schemathesis makes up the same again.
SEED = "1"


@schemathesis.serializer("application/offset+octet-stream")
def part(_, value):
    return value if isinstance(value, bytes) else str(value).encode()


def cookie_of(address, login):
    body = {"login": login, "password": PASSWORD}
    answer = requests.post(f"{address}/api/v1/session", json=body, timeout=60)
    answer.raise_for_status()
    return answer.headers["set-cookie"].split(";")[0]


def scan(address, description, more, examples):
    program = os.path.join(os.path.dirname(sys.executable), "schemathesis")
    command = [program, "run", description, "--url", address, "--checks", CHECKS, "--seed", SEED]
    command += ["--max-examples", examples, "--phases", "coverage,fuzzing", "--continue-on-failure"]
    command += ["--warnings", "off", "--no-color", *more]
    hooks = os.path.splitext(os.path.basename(__file__))[0]
    search = {"SCHEMATHESIS_HOOKS": hooks, "PYTHONPATH": os.path.dirname(os.path.abspath(__file__))}
    return subprocess.run(command, env={**os.environ, **search}, cwd=os.path.dirname(description)).returncode


def main(binary, examples="10"):
    with tempfile.TemporaryDirectory() as folder:
        log = open(os.path.join(folder, "log"), "w")
        command = [binary, "serve", "--demo", "--data", os.path.join(folder, "data")]
        command += ["--listen", "127.0.0.1:0", "--room-min-mib", "0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            address = next(it for it in server.stdout if "http://" in it).split()[-1]
            description = os.path.join(folder, "openapi.json")
            with open(description, "wb") as file:
                file.write(requests.get(f"{address}/api/v1/openapi.json", timeout=60).content)
            failed = 0
            for login in ["office", "wang"]:
                print(f"As {login}:", flush=True)
                more = ["--header", f"Cookie: {cookie_of(address, login)}"]
                more += [word for path in NOT_SIGNED_IN for word in ("--exclude-path", path)]
                failed += scan(address, description, more, examples)
            print("As nobody:", flush=True)
            more = [word for path in NOT_SIGNED_IN[:3] for word in ("--include-path", path)]
            failed += scan(address, description, more, examples)
            if failed:
                log.flush()
                with open(log.name) as file:
                    print(file.read()[-4000:])
            return failed
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
