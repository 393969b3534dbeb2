// Uses the services as a function of Node.js would; prints what it saw as JSON.
import { Readable } from "node:stream";
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand }
  from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client }
  from "@aws-sdk/client-s3";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient, SendMessageCommand }
  from "@aws-sdk/client-sqs";

const said = {};

const s3 = new S3Client({});
await s3.send(new CreateBucketCommand({ Bucket: "from-node" }));
const at = { Bucket: "from-node", Key: "a/b c" };
await s3.send(new PutObjectCommand({ ...at, Body: "text" }));
said.text = await (await s3.send(new GetObjectCommand(at))).Body.transformToString();
const pieces = Array.from({ length: 20 }, (_, number) => Buffer.alloc(50_000, number));
const stream = Readable.from(pieces);
await s3.send(new PutObjectCommand({ ...at, Body: stream, ContentLength: 1_000_000 }));
const back = await (await s3.send(new GetObjectCommand(at))).Body.transformToByteArray();
said.streamed = Buffer.concat(pieces).equals(Buffer.from(back));

const sqs = new SQSClient({});
const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "from-node" }));
await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
said.message = Messages[0].Body;

const dynamodb = new DynamoDBClient({});
await dynamodb.send(new CreateTableCommand({
  TableName: "from-node",
  BillingMode: "PAY_PER_REQUEST",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
}));
const Item = { id: { S: "1" }, n: { N: "5" } };
await dynamodb.send(new PutItemCommand({ TableName: "from-node", Item }));
const got = await dynamodb.send(
  new GetItemCommand({ TableName: "from-node", Key: { id: { S: "1" } } }));
said.item = got.Item;

console.log(JSON.stringify(said));
