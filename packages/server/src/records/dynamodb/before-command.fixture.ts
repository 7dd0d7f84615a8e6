import { setTimeout as delay } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Calls `work` with the input of each command of that name, as `BatchGetItemCommand`, before it is sent. */
export function beforeCommand(client: DynamoDBClient, name: string, work: (input: object) => unknown): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === name) await work(args.input);
        return next(args);
      },
    { step: 'initialize' },
  );
}

const HOUR_MS = 3_600_000;

/** The client's transactions behind so many wait, until a test kills the process. */
export function haltBehind(client: DynamoDBClient, transactions: number): void {
  let made = 0;
  beforeCommand(client, 'TransactWriteItemsCommand', async () => {
    made += 1;
    if (made > transactions) await delay(HOUR_MS);
  });
}
