// A session with the AWS SDK for JavaScript, unchanged. Prints what it saw as one JSON object.
import {
  CreateAliasCommand, CreateFunctionCommand, DeleteFunctionCommand, InvokeCommand,
  InvokeWithResponseStreamCommand, LambdaClient, PublishVersionCommand, paginateListFunctions,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { readFile } from "node:fs/promises";

const [role, archive] = process.argv.slice(2);
const client = new LambdaClient({ maxAttempts: 1 });
const FunctionName = "by-javascript";
const seen = {};
const created = await client.send(new CreateFunctionCommand({
  FunctionName, Role: role, Runtime: "nodejs20.x", Handler: "index.handler",
  Code: { ZipFile: await readFile(archive) },
}));
seen.created = created.State;
await waitUntilFunctionActiveV2({ client, maxWaitTime: 30, minDelay: 0.05 }, { FunctionName });
const answer = await client.send(new InvokeCommand({
  FunctionName, Payload: JSON.stringify({ name: "Ada" }), LogType: "Tail",
}));
seen.answer = JSON.parse(answer.Payload.transformToString());
seen.log = Buffer.from(answer.LogResult, "base64").toString().includes("hello from the log");
seen.version = (await client.send(new PublishVersionCommand({ FunctionName }))).Version;
const alias = new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: seen.version });
seen.alias = (await client.send(alias)).Name;
const failed = await client.send(new InvokeCommand({ FunctionName, Payload: '{"fail": true}' }));
seen.failed = [failed.FunctionError, JSON.parse(failed.Payload.transformToString()).errorType];
seen.streamed = [];
for (const Payload of ['{"name": "Ada"}', '{"fail": true}']) {
  const command = new InvokeWithResponseStreamCommand({ FunctionName, Payload });
  let text = "";
  for await (const { PayloadChunk, InvokeComplete } of (await client.send(command)).EventStream) {
    if (PayloadChunk) text += Buffer.from(PayloadChunk.Payload).toString();
    if (InvokeComplete) seen.streamed.push(InvokeComplete.ErrorCode ?? JSON.parse(text));
  }
}
const names = [];
for await (const page of paginateListFunctions({ client, pageSize: 1 }, {}))
  names.push(...page.Functions.map((each) => each.FunctionName));
seen.listed = names.includes(FunctionName);
try {
  await client.send(new InvokeCommand({ FunctionName: "nobody" }));
} catch (error) {
  seen.error = [error.name, error.$metadata.httpStatusCode, error.Type];
}
await client.send(new DeleteFunctionCommand({ FunctionName }));
console.log(JSON.stringify(seen));
