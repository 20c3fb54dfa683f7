"""A speech server on a free port, which it prints: OpenAI's POST /v1/audio/transcriptions over pocketsphinx with its model of
American English. It takes WAV, and ends when its standard input does."""

import array
import io
import json
import os
import sys
import threading
import wave
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pocketsphinx import Decoder

RATE = 16_000
FRAMES_A_SECOND = 100


def fields(media_type, body):
    """The fields of a form; those with several values have the last."""
    form = BytesParser().parsebytes(b"Content-Type: " + media_type.encode() + b"\r\n\r\n" + body)
    return {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in form.get_payload()}


def samples(recording):
    """16-bit samples at the model's rate, by the nearest one."""
    with wave.open(io.BytesIO(recording)) as file:
        assert file.getnchannels() == 1 and file.getsampwidth() == 2
        rate, heard = file.getframerate(), array.array("h", file.readframes(file.getnframes()))
    length = len(heard) * RATE // rate
    return array.array("h", (heard[at * rate // RATE] for at in range(length))).tobytes()


def hear(recording):
    decoder = Decoder(loglevel="FATAL")
    decoder.start_utt()
    decoder.process_raw(samples(recording), full_utt=True)
    decoder.end_utt()
    # What is no word is in brackets; a second way to say one has a number behind it.
    spoken = [it for it in decoder.seg() or [] if it.word[0] not in "<["]
    return [
        {
            "word": it.word.split("(")[0],
            "start": it.start_frame / FRAMES_A_SECOND,
            "end": (it.end_frame + 1) / FRAMES_A_SECOND,
        }
        for it in spoken
    ]


class Transcriptions(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        form = fields(self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/audio/transcriptions" or form["response_format"] != b"verbose_json":
            return self.answer(400, {"error": {"message": "not asked for as it should be"}})
        words = hear(form["file"])
        text = " ".join(it["word"] for it in words)
        self.answer(200, {"task": "transcribe", "language": "en", "text": text, "words": words})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", 0), Transcriptions)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
