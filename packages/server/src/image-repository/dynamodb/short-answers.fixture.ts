import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Makes every query end after so many items, as DynamoDB does at 1 MB: there is more, though `Limit` isn't reached. */
export function cutAnswers(client: DynamoDBClient, rows: number): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName !== 'QueryCommand' || !('Limit' in args.input)) return next(args);
        return next({ ...args, input: { ...args.input, Limit: Math.min(rows, Number(args.input.Limit)) } });
      },
    { step: 'initialize', name: 'cutAnswers' },
  );
}
