#!/usr/bin/python3 -IS
"""An external extension that writes all it is told as JSON lines into the file TOLD.

With SUBSCRIBE (a JSON subscription) it takes telemetry too; MISBEHAVE makes it fail at some point;
with WORK_UNTIL each invocation keeps it at work until that file exists.
"""

import http.client
import http.server
import json
import os
import pathlib
import socket
import sys
import threading
import time

NAME = pathlib.Path(__file__).name
API = os.environ["AWS_LAMBDA_RUNTIME_API"]
MISBEHAVE = os.environ.get("MISBEHAVE", "")
WORK_UNTIL = os.environ.get("WORK_UNTIL")
writing = threading.Lock()


def tell(**what):
    with writing, pathlib.Path(os.environ["TOLD"]).open("a") as file:
        file.write(json.dumps(what) + "\n")


def call(method, path, body=None, **headers):
    connection = http.client.HTTPConnection(API)
    headers = {"Lambda-Extension-" + k.replace("_", "-"): v for k, v in headers.items()}
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    return reply.status, reply.headers, reply.read()


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        tell(telemetry=json.loads(body), path=self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def read_lines(server):
    connection, _ = server.accept()
    for line in connection.makefile():
        tell(telemetry=[json.loads(line)])


def subscribe(identifier, wanted):
    version = "2020-08-15/logs" if "logs" in wanted else "2022-07-01/telemetry"
    wanted = wanted.get("logs", wanted)
    if wanted.get("destination", {}).get("protocol") == "TCP":
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        threading.Thread(target=read_lines, args=[server], daemon=True).start()
        wanted["destination"] = {"protocol": "TCP", "port": port}
    else:
        # On AWS, and in a file system of its own, an extension listens by this name.
        host = os.environ.get("LISTEN_AT", "127.0.0.1")
        server = http.server.ThreadingHTTPServer((host, 0), Listener)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://sandbox.localdomain:{server.server_port}/here?a=b"
        wanted["destination"] = {"protocol": "HTTP", "URI": address}
    status, _, body = call("PUT", "/" + version, json.dumps(wanted), Identifier=identifier)
    tell(subscribed=[status, body.decode()])


def main():
    if MISBEHAVE == "crash-init":
        sys.exit(7)
    tell(variables=sorted(os.environ))
    _, headers, body = call(
        "POST", "/2020-01-01/extension/register", '{"events": ["INVOKE", "SHUTDOWN"]}',
        Name=NAME, Accept_Feature="accountId",
    )  # fmt: skip
    identifier = headers["Lambda-Extension-Identifier"]
    tell(registered=json.loads(body))
    if "SUBSCRIBE" in os.environ:
        subscribe(identifier, json.loads(os.environ["SUBSCRIBE"]))
    if MISBEHAVE == "init-error":
        path = "/2020-01-01/extension/init/error"
        call("POST", path, "{}", Identifier=identifier, Function_Error_Type="Extension.Mine")
        sys.exit(1)
    while True:
        _, _, body = call("GET", "/2020-01-01/extension/event/next", Identifier=identifier)
        event = json.loads(body)
        tell(event=event)
        print("told of", event["eventType"], flush=True)
        if event["eventType"] == "SHUTDOWN":
            time.sleep(float(os.environ.get("LINGER", 0)))
            return
        if MISBEHAVE == "exit-error":
            path = "/2020-01-01/extension/exit/error"
            call("POST", path, "{}", Identifier=identifier, Function_Error_Type="Extension.Mine")
            sys.exit(1)
        if MISBEHAVE.endswith("-invoke"):
            sys.exit(7 if MISBEHAVE == "crash-invoke" else 0)
        while WORK_UNTIL and not pathlib.Path(WORK_UNTIL).exists():
            time.sleep(0.005)


main()
