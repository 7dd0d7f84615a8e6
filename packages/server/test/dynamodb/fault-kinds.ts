import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import type { Call, Exchange, Failing, FaultyStore } from '../faults/faulty-proxy.ts';
import type { CallName, Fault } from '../faults/injection.ts';
import { TRANSPORT_FAULTS } from '../faults/transport-faults.ts';
import { answerOfPast } from './past.ts';
import { type Asked, askedIn, batchIn, callNameOf } from './request.ts';

function answerWith(outgoing: ServerResponse, status: number, answer: object): void {
  const body = JSON.stringify(answer);
  outgoing.writeHead(status, {
    'Content-Type': 'application/x-amz-json-1.0',
    'Content-Length': Buffer.byteLength(body),
  });
  outgoing.end(body);
}

const refuseWith =
  (status: number, code: string, rest: (asked: Asked) => object = () => ({})): Failing =>
  async ({ outgoing, body }) => {
    const type = `com.amazonaws.dynamodb.v20120810#${code}`;
    answerWith(outgoing, status, { __type: type, message: 'As a test says', ...rest(askedIn(body)) });
  };

/** One reason for each part of the transaction, as in DynamoDB: the last part caused the cancellation. */
const cancelFor = (code: string): Failing =>
  refuseWith(400, 'TransactionCanceledException', ({ TransactItems = [] }) => ({
    CancellationReasons: TransactItems.map((_, index) =>
      index === TransactItems.length - 1 ? { Code: code, Message: 'As a test says' } : { Code: 'None' },
    ),
  }));

/** Returns a part of the page, with a key to continue. */
const cutPage =
  (part: (count: number) => number): Failing =>
  async ({ outgoing, body, perform }) => {
    const { Items = [] } = JSON.parse(String((await perform()).body)) as QueryCommandOutput;
    const left = Items.slice(0, part(Items.length));
    const { IndexName, ExpressionAttributeValues } = askedIn(body);
    const end = left.at(-1) ?? { pk: { S: `before all of ${IndexName}` }, ...ExpressionAttributeValues };
    answerWith(outgoing, 200, { Items: left, Count: left.length, ...(Items.length > 0 && { LastEvaluatedKey: end }) });
  };

/** Reads the first `part` of the keys, and leaves the rest unprocessed. */
const leaveKeys =
  (part: (count: number) => number): Failing =>
  async ({ outgoing, body, perform }) => {
    const { table, keys, isStrong } = batchIn(askedIn(body));
    const read = keys.slice(0, part(keys.length)).map(({ pk, sk }) => `${pk?.S} ${sk?.S}`);
    const isRead = ({ pk, sk }: (typeof keys)[number]): boolean => read.includes(`${pk?.S} ${sk?.S}`);
    const { Responses = {} } = JSON.parse(String((await perform()).body)) as {
      Responses?: Record<string, typeof keys>;
    };
    answerWith(outgoing, 200, {
      Responses: { [table]: (Responses[table] ?? []).filter(isRead) },
      UnprocessedKeys: { [table]: { Keys: keys.filter((key) => !isRead(key)), ConsistentRead: isStrong } },
    });
  };

/** DynamoDB's clock, for both sides. */
const SKEW_ALLOWED_MS = 5 * 60_000;
const CLOCKS_APART_MS = 3 * 3_600_000;

/** `20261120T163300Z` */
const signedAt = (headers: Exchange['headers']): Date =>
  new Date(String(headers['x-amz-date']).replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));

const { silence, cut, 'cut answer': cutAnswer, 'lost answer': lostAnswer, late } = TRANSPORT_FAULTS;

const FAULTS = {
  silence,
  cut,
  'cut answer': cutAnswer,
  'lost answer': lostAnswer,
  late,
  'throughput exceeded': refuseWith(400, 'ProvisionedThroughputExceededException'),
  throttling: refuseWith(400, 'ThrottlingException'),
  'internal error': refuseWith(500, 'InternalServerError'),
  unavailable: refuseWith(503, 'ServiceUnavailable'),
  /** Another transaction is in progress on the item. */
  conflict: refuseWith(400, 'TransactionConflictException'),
  'conflict of transactions': cancelFor('TransactionConflict'),
  'transaction throttled': cancelFor('ThrottlingError'),
  /** Its own transaction, whose answer was lost. */
  'transaction in progress': refuseWith(400, 'TransactionInProgressException'),
  /** So old that its repetition is a new transaction. */
  'lost with its token': async ({ outgoing, body, perform }) => {
    const asked = { ...askedIn(body), ClientRequestToken: randomUUID() }; // as long as the original one
    await perform(Buffer.from(JSON.stringify(asked)));
    outgoing.destroy();
  },
  'all keys unprocessed': leaveKeys(() => 0),
  'some keys unprocessed': leaveKeys((count) => Math.ceil(count / 2)),
  stale: async ({ outgoing, body, performed }: Exchange) =>
    answerWith(outgoing, 200, answerOfPast(askedIn(body), performed)),
  'half a page': cutPage((count) => Math.ceil(count / 2)),
  'nothing of a page': cutPage(() => 0),
  /** One of the clocks is wrong, and only requests signed by the other are accepted. */
  'another clock': async (exchange) => {
    const now = new Date(Date.now() + CLOCKS_APART_MS);
    if (Math.abs(signedAt(exchange.headers).getTime() - now.getTime()) < SKEW_ALLOWED_MS) {
      const { status, headers, body } = await exchange.perform();
      return void exchange.outgoing.writeHead(status, { ...headers, date: now.toUTCString() }).end(body);
    }
    exchange.outgoing.setHeader('Date', now.toUTCString());
    return refuseWith(400, 'InvalidSignatureException', () => ({ message: 'Signature expired' }))(exchange);
  },
} as const satisfies Record<string, Failing>;

export type DynamodbFaultKind = keyof typeof FAULTS;
export type DynamodbFault = Fault<DynamodbFaultKind>;

export const FAULTY_DYNAMODB: FaultyStore<DynamodbFaultKind> = { callNameOf, faults: FAULTS };

const IN_TRANSACTIONS: readonly DynamodbFaultKind[] = [
  'conflict of transactions',
  'transaction throttled',
  'transaction in progress',
  'lost with its token',
];
const IN_BATCHES: readonly DynamodbFaultKind[] = ['all keys unprocessed', 'some keys unprocessed'];
const IN_QUERIES: readonly DynamodbFaultKind[] = ['half a page', 'nothing of a page'];
const OF_WRITES: readonly DynamodbFaultKind[] = ['lost answer', 'late'];

const isEventual = (name: CallName): boolean => /^(Query|BatchGetItem) /.test(name) && !name.endsWith('strong');

/** The faults that such a call can have. */
export const faultsOf = ({ name, body }: Call): readonly DynamodbFaultKind[] =>
  (Object.keys(FAULTS) as DynamodbFaultKind[]).filter((kind) => {
    if (IN_TRANSACTIONS.includes(kind)) return name.startsWith('TransactWriteItems ');
    if (IN_BATCHES.includes(kind)) {
      return (
        name.startsWith('BatchGetItem ') && (kind === 'all keys unprocessed' || batchIn(askedIn(body)).keys.length > 1)
      );
    }
    if (IN_QUERIES.includes(kind)) return name.startsWith('Query ');
    if (OF_WRITES.includes(kind)) return /^(PutItem|UpdateItem|TransactWriteItems) /.test(name);
    if (kind === 'another clock') return false; // equally likely for all calls
    if (kind === 'conflict') return /^(PutItem|UpdateItem) /.test(name);
    return kind !== 'stale' || isEventual(name);
  });
