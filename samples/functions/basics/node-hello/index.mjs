// A file called .mjs is an ES module: import, export and top-level await work.
// Code out here runs once for each execution environment.
const started = new Date();

export const handler = async (event, context) => {
  const name = event.name ?? "world";
  console.log("greeting", name);

  return {
    greeting: `Hello, ${name}!`,
    stage: process.env.STAGE,
    node: process.version,
    environmentStarted: started.toISOString(),
    requestId: context.awsRequestId,
    msLeft: context.getRemainingTimeInMillis(),
  };
};
