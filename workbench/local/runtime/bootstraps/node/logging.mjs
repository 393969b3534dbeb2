// console.* as AWS's Node runtime prints it: one log event a call, text or JSON (lambda-facts §1.3, §3.1).

import fs from "node:fs";
import util from "node:util";
import { isError, logError } from "./errors.mjs";

const LEVELS = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };
const FRAME_LEVELS = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };
const FRAME_TEXT = 0xa55a0003;
const FRAME_JSON = 0xa55a0002;

let requestId;

export function setRequestId(id) {
  requestId = id;
}

/** Replace console's methods. `env` is the function's environment variables. */
export function patchConsole(env) {
  const json = env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
  const sink = env._LAMBDA_TELEMETRY_LOG_FD ? framed(Number(env._LAMBDA_TELEMETRY_LOG_FD), json) : plain;
  const least = json ? (LEVELS[env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()] ?? 1) : 1;
  const format = json ? jsonLine : textLine;
  const methods = { log: "INFO", info: "INFO", debug: "DEBUG", warn: "WARN", error: "ERROR", trace: "TRACE", fatal: "FATAL" };
  for (const [method, level] of Object.entries(methods)) {
    console[method] = LEVELS[level] < least ? () => {} : (...args) => sink(level, format(level, args));
  }
}

/** Log an error that ended an invocation or the process, such as `Invoke Error`. */
export function logFailure(title, error) {
  if (process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON") console.error(isError(error) ? error : { title, error });
  else console.error(`${title} `, new Verbatim(`\t${logError(error)}`));
}

class Verbatim {
  constructor(text) {
    this.text = text;
  }
  [util.inspect.custom]() {
    return this.text;
  }
}

function textLine(level, args) {
  const last = args.at(-1);
  const message =
    last instanceof Verbatim ? args.slice(0, -1).join(" ") + last.text : util.format(...args);
  return `${new Date().toISOString()}\t${requestId}\t${level}\t${message}`;
}

function jsonLine(level, args) {
  const line = { timestamp: new Date().toISOString(), level, requestId };
  if (args.length === 1 && typeof args[0] === "object" && args[0] !== null) {
    line.message = args[0];
    try {
      return JSON.stringify(line, errorsAsObjects);
    } catch {
      line.message = util.format(args[0]); // circular, or with a BigInt
      return JSON.stringify(line);
    }
  }
  line.message = util.format(...args);
  const error = args.find(isError);
  if (error) Object.assign(line, errorsAsObjects("", error));
  return JSON.stringify(line);
}

function errorsAsObjects(_key, value) {
  if (!isError(value)) return value;
  return {
    errorType: value.name ?? "UnknownError",
    errorMessage: value.message ?? "",
    stackTrace: typeof value.stack === "string" ? value.stack.split("\n").slice(1) : [],
    ...value,
  };
}

function plain(_level, line) {
  // A newline would begin another log event.
  process.stdout.write(`${line.replaceAll("\n", "\r")}\n`);
}

function framed(fd, json) {
  return (level, line) => {
    const text = Buffer.from(`${line}\n`);
    const frame = Buffer.alloc(16 + text.length);
    frame.writeUInt32BE(((json ? FRAME_JSON : FRAME_TEXT) | (FRAME_LEVELS[level] << 2)) >>> 0, 0);
    frame.writeUInt32BE(text.length, 4);
    frame.writeBigInt64BE(BigInt(Date.now()) * 1000n, 8);
    text.copy(frame, 16);
    writeAll(fd, frame);
  };
}

function writeAll(fd, bytes) {
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += fs.writeSync(fd, bytes, sent);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // a full pipe: its reader is on its way
    }
  }
}
