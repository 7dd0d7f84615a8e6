import { setTimeout as delay } from 'node:timers/promises';
import type { Cloud } from '../packages/server/test/services/cloud.ts';
import { startFront } from '../test/servers/front.ts';

/** Proxies to a cloud's bucket and table that add latency, like a larger distance. */
export interface SlowStores extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
  /** The number of bucket calls so far. */
  s3Calls(): number;
}

export async function startSlowStores({ bucket, table, environment }: Cloud, delayMs: number): Promise<SlowStores> {
  await using stack = new AsyncDisposableStack();
  let calls = 0;
  const s3 = stack.use(
    await startFront(async () => {
      calls += 1;
      await delay(delayMs);
      return bucket.s3.url;
    }),
  );
  const dynamodb = stack.use(
    await startFront(async () => {
      await delay(delayMs);
      return table.dynamo.url;
    }),
  );
  const held = stack.move();
  return {
    environment: { ...environment, AWS_ENDPOINT_URL_S3: s3.url, AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url },
    s3Calls: () => calls,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
