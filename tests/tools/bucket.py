"""An S3 server with empty memory on a free port, which it prints. It ends when its standard input does.

With KEYED=1 it asks everyone for a key, and knows none."""

import os
import sys
import threading

if os.environ.get("KEYED"):
    os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


application = DomainDispatcherApplication(create_backend_app)
server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
