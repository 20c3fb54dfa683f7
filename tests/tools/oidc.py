"""A provider of OpenID Connect on a free port, which it prints. It ends when its standard input does.

Claims of a user go into the id token as they are set, also such as `nonce` or `iss`: so it can be made to say what is wrong.
Beside what the mock does itself, it holds who redeems a code to the challenge that the code was asked for with (RFC 7636)."""

import os
import sys
import threading

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import base64
import hashlib

import flask
from oidc_provider_mock import app
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


provider = app(require_nonce=True)
challenges = {}


@provider.after_request
def remember(answer):
    request = flask.request
    if request.path == "/oauth2/authorize" and "code=" in answer.headers.get("location", ""):
        assert request.args["code_challenge_method"] == "S256"
        code = answer.headers["location"].split("code=")[1].split("&")[0]
        challenges[code] = request.args["code_challenge"]
    return answer


@provider.before_request
def hold_to_it():
    request = flask.request
    if request.path == "/oauth2/token":
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        made = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenges.get(request.form["code"]) != made:
            return flask.jsonify({"error": "invalid_grant"}), 400


server = make_server("127.0.0.1", 0, provider, threaded=True, request_handler=Quiet)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
