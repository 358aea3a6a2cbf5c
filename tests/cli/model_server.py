"""A scripted model on loopback that speaks as much of OpenAI's chat completions as agents need."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ModelServer:
    """Answers every request in the same way: `reply` is the assistant's text, or `status` an HTTP error."""

    def __init__(self, reply="", status=200):
        self.reply, self.status, self.requests = reply, status, []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                owner.answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_GET(self):
                owner.send(self, 200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *ignored):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, request):
        self.requests.append(request)
        if self.status != 200:
            self.send(handler, self.status, {"error": {"message": "scripted failure", "type": "server_error"}})
        elif request.get("stream"):
            self.stream(handler, request)
        else:
            self.send(handler, 200, self.body(request, "chat.completion", {
                "message": {"role": "assistant", "content": self.reply}, "finish_reason": "stop"}))

    def body(self, request, kind, choice):
        tokens = len(self.reply) // 4 + 1
        return {"id": "chatcmpl-1", "object": kind, "created": int(time.time()), "model": request["model"],
                "choices": [{"index": 0, **choice}],
                "usage": {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": tokens + 10}}

    @staticmethod
    def send(handler, status, body):
        data = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def stream(self, handler, request):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        pieces = [self.reply[at:at + 20] for at in range(0, len(self.reply), 20)]
        for delta, why in [*(({"content": piece}, None) for piece in pieces), ({}, "stop")]:
            chunk = self.body(request, "chat.completion.chunk", {"delta": delta, "finish_reason": why})
            handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        handler.wfile.write(b"data: [DONE]\n\n")
        handler.close_connection = True
