export interface ClockHearing {
  readonly clock: { now(): Date; elapsedMs(): number };
  /**
   * Called with each answer that has a Date: how many seconds this machine's clock is ahead of the sender's (negative:
   * behind).
   */
  readonly heard: (aheadSeconds: number) => void;
}

interface Answered {
  readonly middlewareStack: {
    add(
      middleware: (next: (args: never) => Promise<{ readonly response: unknown }>) => (args: never) => Promise<never>,
      options: { readonly step: 'deserialize'; readonly priority: 'low' },
    ): void;
  };
}

/**
 * Compares clocks by the Date header (RFC 9110 6.6.1) of each answer to a client or a command of the SDK. The SDK
 * corrects its own requests silently, but presigned URLs, leases and times of records have no such correction.
 */
export function hearClock<Sender extends object>(sender: Sender, { clock, heard }: ClockHearing): Sender {
  (sender as Answered).middlewareStack.add(
    (next) => async (args) => {
      const [fromMs, startMs] = [clock.now().getTime(), clock.elapsedMs()];
      const answered = await next(args);
      const toMs = fromMs + clock.elapsedMs() - startMs;
      const { date = '', age } = headersOf(answered.response);
      const dateMs = Date.parse(date);
      const wasSet = Math.abs(clock.now().getTime() - toMs) > MAX_DRIFT_MS; // meanwhile, as by NTP
      if (!Number.isNaN(dateMs) && age === undefined && !wasSet) heard(aheadSeconds({ fromMs, toMs, dateMs }));
      return answered as never;
    },
    { step: 'deserialize', priority: 'low' },
  );
  return sender;
}

const MAX_DRIFT_MS = 1_000;

/** 0 if the answer may have been made while we waited: a slow one says nothing. A Date has whole seconds. */
function aheadSeconds({ fromMs, toMs, dateMs }: { fromMs: number; toMs: number; dateMs: number }): number {
  const [least, most] = [fromMs - (dateMs + 1_000), toMs - dateMs];
  if (least > 0) return least / 1_000;
  return most < 0 ? most / 1_000 : 0;
}

/** The SDK declares no type for an unparsed answer. `age`: a cache has kept it, and its date. */
const headersOf = (response: unknown): { readonly date?: string; readonly age?: string } =>
  (response as { headers?: Record<string, string> }).headers ?? {};
