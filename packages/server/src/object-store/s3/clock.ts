import type { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';

/**
 * Sends a command and compares clocks by the Date header of the answer: how many seconds ours is ahead (negative: behind), to about
 * one second; undefined without the header. The SDK corrects its own requests silently, but our URLs have no such correction.
 */
export async function measureClock(
  client: S3Client,
  command: ListObjectsV2Command,
  { clock, signal }: { readonly clock: { now(): Date }; readonly signal: AbortSignal },
): Promise<number | undefined> {
  let aheadSeconds: number | undefined;
  command.middlewareStack.add(
    (next) => async (request) => {
      const answered = await next(request);
      const theirs = Date.parse(dateOf(answered.response) ?? '');
      aheadSeconds = Number.isNaN(theirs) ? undefined : Math.round((clock.now().getTime() - theirs) / 1000);
      return answered;
    },
    { step: 'deserialize', priority: 'low' },
  );
  await client.send(command, { abortSignal: signal });
  return aheadSeconds;
}

/** The SDK declares no type for an unparsed answer. */
const dateOf = (response: unknown): string | undefined =>
  (response as { headers?: Record<string, string> }).headers?.['date'];
