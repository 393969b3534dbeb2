// Runs a Node.js function: loads its handler, then takes one event after another from the Runtime API.
//
// Started as a standby (`bootstrap.mjs --standby DESCRIPTOR`), it waits there for one JSON line,
// {"Environment": {…}, "WorkingDirectory": "…"}, and becomes that function's environment.

import fs from "node:fs";
import Module from "node:module";
import { RuntimeClient } from "./client.mjs";
import { RuntimeError, isError, wireError } from "./errors.mjs";
import { loadHandler } from "./loader.mjs";
import { logFailure, patchConsole, setRequestId } from "./logging.mjs";
import { ResponseStream, highWaterMark, installStreaming, isStreaming } from "./streaming.mjs";

let client;
let current; // the request id of the event being handled
let streamed; // the answer being streamed, if its handler streams

async function main() {
  if (process.argv.includes("--standby")) await becomeEnvironment();
  const env = process.env;
  client = new RuntimeClient(env.AWS_LAMBDA_RUNTIME_API);
  patchConsole(env);
  installStreaming();
  watchForCrashes();
  let handler;
  try {
    handler = await loadHandler(env.LAMBDA_TASK_ROOT, env._HANDLER);
  } catch (error) {
    logFailure("Uncaught Exception", error);
    await client.initError(wireError(error));
    process.exit(1);
  }
  let event = await client.next();
  for (;;) event = await handle(handler, event);
}

async function becomeEnvironment() {
  const text = await new Promise((resolve) => {
    let line = "";
    const pipe = fs.createReadStream("", { fd: Number(process.argv[3]), encoding: "utf8" });
    pipe.on("data", (data) => {
      line += data;
      if (line.endsWith("\n")) pipe.destroy(), resolve(line);
    });
    pipe.on("end", () => process.exit(0)); // whoever might have needed us is gone
  });
  const spec = JSON.parse(text);
  const logDescriptor = process.env._LAMBDA_TELEMETRY_LOG_FD;
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, spec.Environment);
  if (logDescriptor) process.env._LAMBDA_TELEMETRY_LOG_FD = logDescriptor;
  process.chdir(spec.WorkingDirectory);
  Module._initPaths(); // NODE_PATH is otherwise read only at start
}

/** Handle one event and answer it; resolves with the next event. */
async function handle(handler, { headers, body }) {
  const id = headers["lambda-runtime-aws-request-id"];
  current = id;
  setRequestId(id);
  setTrace(headers["lambda-runtime-trace-id"]);
  const context = makeContext(headers);
  client.letLoopEmpty();
  try {
    const event = parse(body);
    if (isStreaming(handler)) return await handleStreaming(handler, event, context, id);
    const answer = serialise(await run(handler, event, context));
    await flushed();
    return await client.respondAndNext(id, answer);
  } catch (error) {
    logFailure("Invoke Error", isError(error) ? error : asError(error));
    await flushed();
    return await client.failAndNext(id, wireError(error));
  } finally {
    process.removeAllListeners("beforeExit");
  }
}

/** Run a callback, async or plain handler; resolves with its answer, or rejects. */
function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (error, value) => {
      if (settled) return;
      settled = true;
      const finish = () => (error === null || error === undefined ? resolve(value) : reject(error));
      if (context.callbackWaitsForEmptyEventLoop) process.once("beforeExit", finish);
      else finish();
    };
    const settleNow = (error, value) => {
      context.callbackWaitsForEmptyEventLoop = false;
      settle(error, value);
    };
    context.done = settleNow;
    context.succeed = (value) => settleNow(null, value);
    context.fail = (error) => settleNow(error ?? "handled");
    // Nothing left to wait for and no answer given: AWS answers null.
    process.once("beforeExit", () => settled || settleNow(null, null));
    // As on AWS, what a handler returns counts only if it is a promise.
    const returned = handler(event, context, settle);
    if (typeof returned?.then === "function") {
      returned.then((value) => settleNow(null, value), (error) => { settled ||= (reject(error), true); });
    }
  });
}

async function handleStreaming(handler, event, context, id) {
  const stream = (streamed = new ResponseStream(client, id, highWaterMark(handler)));
  const finished = new Promise((resolve, reject) => stream.once("finish", resolve).once("error", reject));
  finished.catch(() => {}); // seen below, or by the handler's own failure
  try {
    await handler(event, stream, context);
    if (!stream.writableEnded) stream.end();
    await finished;
    await flushed();
    stream.close();
  } catch (error) {
    if (!stream.begun) throw error;
    logFailure("Invoke Error", error);
    await flushed();
    stream.close(wireError(error));
  } finally {
    streamed = undefined;
  }
  return client.next();
}

function makeContext(headers) {
  const env = process.env;
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: optionalJson(headers["lambda-runtime-client-context"]),
    identity: optionalJson(headers["lambda-runtime-cognito-identity"]),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    tenantId: headers["lambda-runtime-aws-tenant-id"],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function optionalJson(text) {
  return text ? JSON.parse(text) : undefined;
}

function parse(body) {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new RuntimeError("UnmarshalError", `Unable to parse input as JSON: ${error.message}`);
  }
}

function serialise(value) {
  try {
    return JSON.stringify(value === undefined ? null : value) ?? "null";
  } catch {
    throw new Error("Unable to stringify response body");
  }
}

function setTrace(trace) {
  if (trace) process.env._X_AMZN_TRACE_ID = trace;
  else delete process.env._X_AMZN_TRACE_ID;
}

function asError(thrown) {
  return new Error(String(thrown));
}

/** What the handler printed must be in the pipe before the answer is sent. */
function flushed() {
  if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) return undefined;
  const drained = (stream) => new Promise((resolve) => stream.write("", resolve));
  return Promise.all([drained(process.stdout), drained(process.stderr)]);
}

function watchForCrashes() {
  const crash = async (title, error, status) => {
    logFailure(title, error);
    const report = wireError(error);
    if (streamed?.begun) await streamed.close(report);
    else await (current === undefined ? client.initError(report) : client.fail(current, report));
    process.exit(status);
  };
  process.on("uncaughtException", (error) => crash("Uncaught Exception", error, 129));
  process.on("unhandledRejection", (reason) => {
    const error = new RuntimeError("UnhandledPromiseRejection", String(reason));
    error.reason = reason;
    crash("Unhandled Promise Rejection", error, 128);
  });
}

main();
