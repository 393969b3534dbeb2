// Response streaming: `awslambda.streamifyResponse` and `HttpResponseStream` (lambda-facts §1.9).

import { Writable } from "node:stream";

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");
const DEFAULT_TYPE = "application/octet-stream";
const HTTP_TYPE = "application/vnd.awslambda.http-integration-response";

/** Put `awslambda` where handlers expect it, as the managed runtime does. */
export function installStreaming() {
  globalThis.awslambda = {
    streamifyResponse(handler, options) {
      handler[STREAMING] = "response";
      if (typeof options?.highWaterMark === "number") handler[HIGH_WATER_MARK] = options.highWaterMark;
      return handler;
    },
    HttpResponseStream: {
      from(stream, metadata) {
        stream.setContentType(HTTP_TYPE);
        stream.prelude = Buffer.concat([Buffer.from(JSON.stringify(metadata)), Buffer.alloc(8)]);
        return stream;
      },
    },
  };
}

export function isStreaming(handler) {
  return handler[STREAMING] === "response";
}

/** How much a handler may write before `write` tells it to wait; undefined for Node's own. */
export function highWaterMark(handler) {
  return handler[HIGH_WATER_MARK];
}

/** What a streaming handler writes to. Nothing is sent before the first write or the end. */
export class ResponseStream extends Writable {
  #client;
  #requestId;
  #type = DEFAULT_TYPE;
  #open;
  prelude;

  constructor(client, requestId, highWaterMark) {
    super({ highWaterMark });
    this.#client = client;
    this.#requestId = requestId;
  }

  get begun() {
    return this.#open !== undefined;
  }

  setContentType(type) {
    if (this.begun) throw new Error("Cannot set content-type, too late.");
    this.#type = type;
  }

  _write(chunk, encoding, done) {
    let bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, encoding);
    if (!this.begun) bytes = this.#begin(bytes);
    this.#open.write(bytes, done);
  }

  /** Finish the answer on the wire; with an error, as trailers. */
  close(error) {
    if (!this.begun) {
      const first = this.#begin(Buffer.alloc(0));
      if (first.length) this.#open.write(first, () => {});
    }
    return this.#open.end(error);
  }

  #begin(bytes) {
    this.#open = this.#client.openStream(this.#requestId, this.#type);
    return this.prelude ? Buffer.concat([this.prelude, bytes]) : bytes;
  }
}
