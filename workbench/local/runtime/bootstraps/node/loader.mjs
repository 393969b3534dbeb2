// Finds the handler that `_HANDLER` names, the way AWS's Node runtime does.

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { RuntimeError } from "./errors.mjs";

const MODULE_AND_EXPORT = /^([^.]*)\.(.*)$/;

/**
 * The function for "folder/file.export.nested" below `taskRoot`.
 * Throws RuntimeError MalformedHandlerName, ImportModuleError, UserCodeSyntaxError or
 * HandlerNotFound; what the module itself throws while loading is passed on as it is.
 */
export async function loadHandler(taskRoot, handlerName) {
  if (handlerName.includes("..")) {
    throw new RuntimeError("MalformedHandlerName", `'${handlerName}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const base = path.basename(handlerName);
  const match = MODULE_AND_EXPORT.exec(base);
  if (!match || handlerName.endsWith("/")) throw new RuntimeError("MalformedHandlerName", "Bad handler");
  const [, moduleName, exportName] = match;
  const folder = handlerName.slice(0, handlerName.length - base.length);
  const loaded = await loadModule(taskRoot, folder, moduleName);
  const handler = exportName.split(".").reduce((value, key) => value?.[key], loaded)
    ?? exportName.split(".").reduce((value, key) => value?.[key], loaded.default);
  if (handler === undefined || handler === null) throw new RuntimeError("HandlerNotFound", `${handlerName} is undefined or not exported`);
  if (typeof handler !== "function") throw new RuntimeError("HandlerNotFound", `${handlerName} is not a function`);
  return handler;
}

async function loadModule(taskRoot, folder, name) {
  try {
    const file = findFile(path.resolve(taskRoot, folder, name));
    const require = createRequire(path.join(taskRoot, "package.json"));
    if (file === undefined) return require(require.resolve(name, { paths: [taskRoot, path.join(taskRoot, folder)] }));
    if (file.endsWith(".mjs") || (file.endsWith(".js") && isEsModule(path.dirname(file), taskRoot))) {
      return await import(pathToFileURL(file).href);
    }
    return require(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw withStack("UserCodeSyntaxError", error);
    if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND") throw withStack("ImportModuleError", error);
    throw error;
  }
}

function withStack(type, cause) {
  const error = new RuntimeError(type, String(cause));
  error.stack = `${error.name}: ${error.message}\n${framesOf(cause)}`;
  return error;
}

function framesOf(error) {
  return (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)).join("\n");
}

function findFile(stem) {
  return ["", ".js", ".mjs", ".cjs"].map((suffix) => stem + suffix).find((file) => {
    return fs.statSync(file, { throwIfNoEntry: false })?.isFile();
  });
}

function isEsModule(folder, root) {
  for (let here = folder; ; here = path.dirname(here)) {
    const description = path.join(here, "package.json");
    if (fs.existsSync(description)) {
      try {
        return JSON.parse(fs.readFileSync(description, "utf8")).type === "module";
      } catch {
        return false;
      }
    }
    if (here === root || here === path.dirname(here)) return false;
  }
}
