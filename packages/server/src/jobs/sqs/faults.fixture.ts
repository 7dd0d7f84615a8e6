import { SQSClient } from '@aws-sdk/client-sqs';
import type { SqsEndpoint } from '../../../../../test/servers/sqs-endpoint.ts';

/** A client for tests: `befall` makes the next `times` requests of an operation fail. */
export interface FaultyClient {
  readonly client: SQSClient;
  befall(operation: Operation, fault: FaultName, times?: number): void;
  /** Resolves when the next request of that operation starts. */
  begun(operation: Operation): Promise<void>;
}

export type Operation =
  | 'SendMessage'
  | 'ReceiveMessage'
  | 'ChangeMessageVisibility'
  | 'DeleteMessage'
  | 'GetQueueAttributes';

const failure = (name: string, httpStatusCode: number): Error =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });

/** Each answers instead of SQS, or after it. */
export const FAULTS = {
  throttling: () => Promise.reject(failure('RequestThrottled', 403)),
  'an error of its own': () => Promise.reject(failure('InternalFailure', 500)),
  'a connection that is cut': () => Promise.reject(Object.assign(new Error('cut'), { code: 'ECONNRESET' })),
  'an answer that is lost': async (work: () => Promise<unknown>) => {
    await work();
    throw failure('TimeoutError', 0);
  },
} satisfies Record<string, (work: () => Promise<unknown>) => Promise<never>>;

export type FaultName = keyof typeof FAULTS;

export function createFaultyClient(sqs: SqsEndpoint): FaultyClient {
  const client = new SQSClient({ endpoint: sqs.url, region: sqs.region, credentials: sqs, maxAttempts: 4 });
  const armed = new Map<string, { readonly fault: FaultName; times: number }>();
  const watched = new Map<string, () => void>();
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (request) => {
        const operation = commandName.replace(/Command$/, '');
        watched.get(operation)?.();
        const one = armed.get(operation);
        if (!one || one.times-- <= 0) return next(request);
        return FAULTS[one.fault](() => next(request));
      },
    { step: 'deserialize', priority: 'low' },
  );
  return {
    client,
    befall(operation, fault, times = 1) {
      armed.set(operation, { fault, times });
    },
    begun: (operation) => new Promise((resolve) => watched.set(operation, resolve)),
  };
}
