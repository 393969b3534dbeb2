// Error objects as AWS's Node runtime sends and logs them (lambda-facts §1.2, §2.4).

import util from "node:util";

/** An error of the runtime's own; its name is what AWS calls it, such as Runtime.HandlerNotFound. */
export class RuntimeError extends Error {
  constructor(type, message) {
    super(message);
    this.name = `Runtime.${type}`;
    Error.captureStackTrace?.(this, RuntimeError);
  }
}

export function isError(value) {
  return util.types.isNativeError(value) || (value && value.name && value.message && value.stack);
}

/** The JSON document for the Runtime API: {errorType, errorMessage, trace}. */
export function wireError(error) {
  try {
    if (isError(error)) {
      return {
        errorType: error.name?.replaceAll("\x7F", "%7F"),
        errorMessage: error.message?.replaceAll("\x7F", "%7F"),
        trace: error.stack?.replaceAll("\x7F", "%7F").split("\n") ?? [],
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return {
      errorType: "handled",
      errorMessage: "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
      trace: [],
    };
  }
}

/** The JSON text for the log: {errorType, errorMessage, …own properties, stack}. */
export function logError(error) {
  if (!isError(error)) return JSON.stringify(wireError(error));
  return JSON.stringify(error, (_key, value) => (isError(value) ? loggable(value) : value));
}

function loggable(error) {
  const { name, message, code, stack } = error;
  return {
    errorType: name ?? "UnknownError",
    errorMessage: message ?? "",
    ...(code === undefined ? {} : { code }),
    ...Object.fromEntries(Object.entries(error).filter(([key]) => key !== "name")),
    stack: typeof stack === "string" ? stack.split("\n") : [],
  };
}
