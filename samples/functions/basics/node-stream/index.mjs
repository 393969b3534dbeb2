// A streaming handler writes its answer bit by bit; a client that streams (a function
// URL with RESPONSE_STREAM, InvokeWithResponseStream) sees each word as it is written.
// A plain Invoke waits for the end and gets the whole.
import { setTimeout as sleep } from "node:timers/promises";

export const handler = awslambda.streamifyResponse(async (event, responseStream, context) => {
  const words = String(event.text ?? "a word at a time").split(/\s+/);
  responseStream.setContentType("application/json");

  responseStream.write('{"words": [');
  for (const [index, word] of words.entries()) {
    console.log("writing", word);
    responseStream.write((index ? ", " : "") + JSON.stringify(word));
    await sleep(event.pause ?? 200);
  }
  responseStream.write(`], "requestId": "${context.awsRequestId}"}`);
  responseStream.end();
});
