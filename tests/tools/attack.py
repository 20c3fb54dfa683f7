"""Attacks a server of its own, filled with the demo's county, as each role: BINARY [ROLE ...]. Injection by sqlmap into every
query, path and JSON field that the description names and the role may ask for, wapiti over the same addresses, and testssl over
the encrypted line. Before that sqlmap has to find the hole of a server that has one. Prints a line a role; what was found is
printed whole, and the exit code says whether anything was."""

import http.server
import json
import os
import re
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

PASSWORD = "zoufang-demo"
ROLES = "office wang section branch approver leader discipline sysadmin secadmin auditor".split()
# The stream without end, what would sign out whoever asks, and what would change their password.
LEFT_OUT = ["/api/v1/session", "/api/v1/session/password", "/api/v1/first-accounts", "/api/v1/live"]
NOWHERE = "00000000-0000-4000-8000-000000000000"
# Not those that listen for an answer on a host of wapiti's own, which a server without a network cannot reach.
MODULES = "sql,xss,permanentxss,exec,file,crlf,redirect,csp,http_headers,cookieflags,methods,backup,htaccess"
WAPITI_S_MAX = "1500"
# A switch for a part of browsers that none has any more; OWASP's advice is to leave it out.
NO_FINDING = "X-XSS-Protection is not set"


# What testssl marks and is meant: pages of static files go out compressed, and there is no secret in them.
MEANT = {"BREACH"}


def ask(address, method, path, cookie="", body=None):
    headers = {"Cookie": cookie, "Content-Type": "application/json"}
    request = urllib.request.Request(address + path, body and body.encode(), headers, method=method)
    try:
        answer = urllib.request.urlopen(request, timeout=60, context=ssl._create_unverified_context())
        return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def cookie_of(address, login):
    body = json.dumps({"login": login, "password": PASSWORD})
    status, headers, _ = ask(address, "POST", "/api/v1/session", body=body)
    assert status == 200, (login, status)
    return headers["set-cookie"].split(";")[0]


class Description:
    """The server's own description, and the least that it allows."""

    def __init__(self, text):
        self.whole = json.loads(text)

    def operations(self):
        for path, methods in self.whole["paths"].items():
            for method, operation in methods.items():
                if path not in LEFT_OUT:
                    yield method.upper(), path, operation

    def example(self, schema, depth=0):
        """A value of a schema, with a star where sqlmap may put what it likes."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return self.example(self.whole["components"]["schemas"][name], depth + 1)
        for several in ("oneOf", "anyOf"):
            if several in schema:
                return self.example(schema[several][0], depth + 1)
        if "allOf" in schema:
            parts = [self.example(it, depth + 1) for it in schema["allOf"]]
            return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()}
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type")
        kind = next((it for it in kind if it != "null"), None) if isinstance(kind, list) else kind
        if kind == "object" or "properties" in schema:
            known = schema.get("properties", {}).items()
            return {key: self.example(it, depth + 1) for key, it in known} if depth < 8 else {}
        if kind == "array":
            return [self.example(schema.get("items", {}), depth + 1)]
        if kind in ("integer", "number"):
            return 1
        if kind == "boolean":
            return True
        return NOWHERE if schema.get("format") == "uuid" else "a*"


def seen(address, cookie):
    """Ids that this person sees, by the last word of the list's address."""
    ids = {}
    for name in ("queue", "issues", "visits", "respondents", "meetings", "measures", "units", "accounts", "clues"):
        status, _, text = ask(address, "GET", f"/api/v1/{name}", cookie)
        found = re.search(rb'"id":"([0-9a-f-]{36})"', text) if status == 200 else None
        if found:
            ids[name] = found.group(1).decode()
    return ids


def requests(address, cookie, description):
    """Each request that the role may make: method, address with its parameters, body."""
    ids = seen(address, cookie)
    for method, path, operation in description.operations():
        filled = re.sub(r"\{[a-z_]+\}", ids.get(path.split("/")[3], NOWHERE), path)
        query = [it for it in operation.get("parameters", []) if it["in"] == "query"]
        values = ((it["name"], str(description.example(it["schema"])).rstrip("*")) for it in query)
        asked = filled + ("?" if query else "") + "&".join("=".join(it) for it in values)
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        body = json.dumps(description.example(content["schema"])) if content else None
        # What is refused whatever stands in it has nothing to put anything into. Only what reads is tried beforehand.
        if method == "GET" and ask(address, method, asked, cookie)[0] in (401, 403):
            continue
        starred = re.sub(r"\{[a-z_]+\}", ids.get(path.split("/")[3], NOWHERE) + "*", path)
        yield method, asked, starred + asked[len(filled):] if "{" in path else asked, body


def inject(address, cookie, folder, n, method, path, body):
    """What sqlmap finds at one address."""
    file = os.path.join(folder, f"request-{n}")
    host = address.split("//")[1]
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n"
    head += "Content-Type: application/json\r\n" if body else ""
    with open(file, "w") as request:
        request.write(f"{head}\r\n{body or ''}")
    command = ["sqlmap", "-r", file, "--batch", "--level", "1", "--risk", "1", "--technique", "BEU", "--flush-session"]
    command += ["--ignore-stdin", "--force-ssl", "--ignore-code", "*", "--disable-coloring", "--output-dir", os.path.join(folder, "sqlmap"), "--skip", "cookie"]
    told = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    tested = len(re.findall(r"testing if|does not seem to be injectable", told))
    return tested, [line for line in told.splitlines() if "is vulnerable" in line or line.startswith("Parameter:")]


def crawl(address, cookie, folder, paths):
    """What wapiti finds: its categories that are not empty."""
    report = os.path.join(folder, "wapiti.json")
    command = ["wapiti", "-u", f"{address}/", "--scope", "folder", "-m", MODULES, "-f", "json", "-o", report]
    command += ["--flush-session", "--no-bugreport", "-H", f"Cookie: {cookie}"]
    command += ["--max-scan-time", WAPITI_S_MAX, "--store-session", folder, "-v", "0"]
    command += [word for path in paths for word in ("-s", address + path)]
    told = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if not os.path.exists(report):
        return [told.stdout[-2000:] + told.stderr[-2000:]]
    with open(report) as file:
        read = json.load(file)
    found = [f"{name}: {it['method']} {it['path']} {it['info']}" for name, all in read["vulnerabilities"].items() for it in all
             if it["info"] != NO_FINDING]
    # Of its "anomalies" a server's fault is one, and that it was too busy to answer in time is none.
    found += [f"{name}: {it['path']}" for name, all in read["anomalies"].items() if "Internal" in name for it in all]
    return found


class Hole(http.server.BaseHTTPRequestHandler):
    """Puts what it is asked for into its statement."""

    def do_GET(self):
        asked = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query).get("q", [""])[0]
        try:
            rows = sqlite3.connect(":memory:").execute(f"select 'found' where 'a' = '{asked}'").fetchall()
        except sqlite3.Error as error:
            rows = [str(error)]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(repr(rows).encode())

    def log_message(self, *_):
        pass


def has_eyes(folder, certificate, key):
    """Whether what is to find holes finds one."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hole)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _, found = inject(f"https://127.0.0.1:{server.server_port}", "a=b", folder, 0, "GET", "/?q=a*", None)
    server.shutdown()
    return bool(found)


def listen(address, folder, authority):
    """What testssl marks as medium or worse."""
    report = os.path.join(folder, "testssl.json")
    command = ["testssl", "--quiet", "--warnings", "off", "--nodns", "min", "--add-ca", authority, "--severity", "MEDIUM"]
    command += ["--jsonfile", report, address.replace("127.0.0.1", "localhost")]
    subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    with open(report) as file:
        marked = [it for it in json.load(file) if it["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "FATAL", "WARN")]
    found = [f"{it['severity']} {it['id']}: {it['finding']}" for it in marked if it["id"] not in MEANT]
    print(f"testssl: {len(marked)} marks, {len(found)} findings", flush=True)
    for it in found:
        print("  " + it)
    return len(found)


def certified(folder):
    """A certificate of an authority of this machine's own, its key, and the authority's."""
    authority, certificate, key = (os.path.join(folder, it) for it in ("authority.pem", "certificate.pem", "key.pem"))
    new = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"]
    by = ["-CA", authority, "-CAkey", authority + ".key", "-addext", "crlDistributionPoints=URI:http://localhost/none.crl"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-addext", "extendedKeyUsage=serverAuth"]
    for command in [
        [*new, "-x509", "-subj", "/CN=Test", "-keyout", authority + ".key", "-out", authority],
        [*new, "-x509", "-subj", "/CN=localhost", *by, *names, "-keyout", key, "-out", certificate],
    ]:
        subprocess.run(command, check=True, capture_output=True)
    return authority, certificate, key


def attack(address, role, folder):
    description = Description(ask(address, "GET", "/api/v1/openapi.json")[2])
    cookie, failed, tested_n, n = cookie_of(address, role), [], 0, 0
    paths = []
    for n, (method, plain, starred, body) in enumerate(requests(address, cookie, description), 1):
        tested, found = inject(address, cookie, folder, n, method, starred, body)
        tested_n += tested
        failed += [f"{method} {plain}: {it}" for it in found]
        if method == "GET":
            paths.append(plain)
    found = crawl(address, cookie_of(address, role), folder, paths)
    print(f"{role}: sqlmap {n} operations, {tested_n} parameters; wapiti {len(paths)} addresses; "
          f"{len(failed)} + {len(found)} findings", flush=True)
    for it in failed + found:
        print("  " + it)
    return len(failed) + len(found)


def main(binary, *roles):
    with tempfile.TemporaryDirectory() as folder:
        log = open(os.path.join(folder, "log"), "w")
        command = [binary, "serve", "--demo", "--data", os.path.join(folder, "data")]
        command += ["--listen", "127.0.0.1:0", "--room-min-mib", "0"]
        authority, certificate, key = certified(folder)
        if not has_eyes(folder, certificate, key):
            print("sqlmap does not find the hole that is there")
            return 1
        command += ["--tls-certificate", certificate, "--tls-key", key]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            address = next(it for it in server.stdout if "https://" in it).split()[-1]
            found = sum(attack(address, role, folder) for role in roles or ROLES)
            found += listen(address, folder, authority) if not roles else 0
        finally:
            server.terminate()
            server.wait()
        log.flush()
        with open(log.name) as file:
            faults = [line for line in file if "ERROR" in line or "panicked" in line]
        print(f"{len(faults)} faults in the server's own log")
        print("".join(faults[:20]), end="")
        return found + len(faults)


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
