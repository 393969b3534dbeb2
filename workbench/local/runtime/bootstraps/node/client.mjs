// The Runtime API over one kept-alive socket: `/next`, `/response`, `/error` (lambda-facts §1.1).
//
// Node's own http client costs more than the rest of an invocation, so the few lines of HTTP that
// are needed are written here. An answer and the request for the next event go out together.

import net from "node:net";

const BASE = "/2018-06-01/runtime";

export class RuntimeClient {
  #socket;
  #host;
  #buffer = Buffer.alloc(0);
  #waiting = []; // one resolver per response still to come, in order

  constructor(address) {
    const colon = address.lastIndexOf(":");
    this.#host = address;
    this.#socket = net.connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (data) => this.#receive(data));
    // The environment is over when the Runtime API goes away.
    this.#socket.on("close", () => process.exit(0));
    this.#socket.on("error", () => process.exit(0));
  }

  /** The next event: {headers, body}. Keeps the process alive while it waits. */
  next() {
    this.#socket.ref();
    return this.#exchange(this.#head("GET", "/invocation/next", {}));
  }

  /** Send the answer and ask for the next event in one packet; resolves with that event. */
  respondAndNext(requestId, body, contentType = "application/json") {
    this.#socket.ref();
    this.#exchange(this.#post(`/invocation/${requestId}/response`, body, { "Content-Type": contentType }));
    return this.next();
  }

  /** Report a failed invocation and ask for the next event. */
  failAndNext(requestId, error) {
    this.#socket.ref();
    this.fail(requestId, error);
    return this.next();
  }

  /** Report a failed invocation; resolves when the Runtime API has it. */
  fail(requestId, error) {
    return this.#exchange(this.#errorPost(`/invocation/${requestId}/error`, error));
  }

  /** Report that the function cannot be initialised. */
  initError(error) {
    return this.#exchange(this.#errorPost("/init/error", error));
  }

  /** While a handler runs, the connection alone must not keep the event loop busy. */
  letLoopEmpty() {
    this.#socket.unref();
  }

  /** Begin a streamed answer (lambda-facts §1.9); returns {write, end(error?)}. */
  openStream(requestId, contentType) {
    this.#socket.ref();
    this.#socket.write(
      this.#head("POST", `/invocation/${requestId}/response`, {
        "Content-Type": contentType,
        "Lambda-Runtime-Function-Response-Mode": "streaming",
        "Transfer-Encoding": "chunked",
        Trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
      }),
    );
    return {
      write: (chunk, done) => {
        if (chunk.length === 0) return done();
        this.#socket.write(`${chunk.length.toString(16)}\r\n`);
        this.#socket.write(chunk);
        this.#socket.write("\r\n", done);
      },
      end: (error) => {
        let trailer = "";
        if (error) {
          const body = Buffer.from(JSON.stringify(error)).toString("base64");
          trailer =
            `Lambda-Runtime-Function-Error-Type: ${headerSafe(error.errorType)}\r\n` +
            `Lambda-Runtime-Function-Error-Body: ${body}\r\n`;
        }
        return this.#exchange(`0\r\n${trailer}\r\n`);
      },
    };
  }

  #errorPost(path, error) {
    return this.#post(path, JSON.stringify(error), {
      "Content-Type": "application/json",
      "Lambda-Runtime-Function-Error-Type": headerSafe(error.errorType),
    });
  }

  #post(path, body, headers) {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
    return Buffer.concat([this.#head("POST", path, { ...headers, "Content-Length": bytes.length }), bytes]);
  }

  #head(method, path, headers) {
    let head = `${method} ${BASE}${path} HTTP/1.1\r\nHost: ${this.#host}\r\n`;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    return Buffer.from(`${head}\r\n`, "latin1");
  }

  #exchange(request) {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.write(request);
    });
  }

  #receive(data) {
    this.#buffer = this.#buffer.length ? Buffer.concat([this.#buffer, data]) : data;
    for (;;) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      const lines = this.#buffer.toString("latin1", 0, end).split("\r\n");
      const headers = {};
      for (let i = 1; i < lines.length; i++) {
        const colon = lines[i].indexOf(":");
        headers[lines[i].slice(0, colon).toLowerCase()] = lines[i].slice(colon + 1).trim();
      }
      const total = end + 4 + Number(headers["content-length"] ?? 0);
      if (this.#buffer.length < total) return;
      const body = this.#buffer.subarray(end + 4, total);
      this.#buffer = this.#buffer.subarray(total);
      this.#waiting.shift()?.({ status: Number(lines[0].split(" ")[1]), headers, body });
    }
  }
}

function headerSafe(text) {
  return String(text).replace(/[^\x20-\x7e]/g, "?");
}
