/** Writes the records of grants with the bare SDK, a few at a time; the number is in the HTTP request. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { listen } from './listen.ts';

const [endpoint = '', table = '', region = '', accessKeyId = '', secretAccessKey = '', item = ''] =
  process.argv.slice(2);
const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
const record = JSON.parse(item) as Record<string, { S: string }>;

listen(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://floor');
  const [count, atOnce] = [Number(url.searchParams.get('count')), Number(url.searchParams.get('at_once'))];
  let left = count;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (; left > 0; ) {
        left -= 1;
        await put();
      }
    }),
  );
  response.end('done');
});

/** The write of a grant: the same item except for its key, with the same condition. */
const put = () =>
  client.send(
    new PutItemCommand({
      TableName: table,
      Item: { ...record, pk: { S: `I#${randomUUID()}` } },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  );
