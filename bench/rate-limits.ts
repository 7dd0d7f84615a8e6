import { setTimeout as delay } from 'node:timers/promises';
import { startRedis } from '../test/servers/redis.ts';
import { judge, type Measurement, type Unit } from './measurement.ts';
import { SILENT, startService } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A second. */
const LIMIT = 50;
const SENT_PER_SECOND = 2 * LIMIT;
/** The number of windows, of a second each; the first and the last aren't judged. */
const WINDOWS = 12;
const GOAL = { atMost: 5 };
const percent: Unit = (value) => `${value.toFixed(1)} %`;

/**
 * How far the admitted requests are from the limit, over ten full windows at twice its rate: one process, and three
 * that share Redis.
 */
export async function rateLimits(): Promise<readonly Measurement[]> {
  await using redis = await startRedis();
  const what = 'rate-limits, distance of the admitted requests from the limit';
  const alone = await distance(1, {});
  const together = await distance(3, { RATE_LIMIT_STORE: redis.url });
  return [
    judge(`${what}, one process`, [alone], { unit: percent, goal: GOAL }),
    judge(`${what}, three processes with Redis`, [together], { unit: percent, goal: GOAL }),
  ];
}

async function distance(processes: number, environment: Readonly<Record<string, string>>): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const origins: string[] = [];
  for (let index = 0; index < processes; index++) {
    const folder = stack.use(await temporaryFolder());
    const settings = { ...SILENT, RATE_LIMITS: `list=${LIMIT}/s`, ...environment };
    origins.push(stack.use(await startService({ folder: folder.path, environment: settings })).origin);
  }
  for (const origin of origins)
    for (let warmed = 0; warmed < 20; warmed++) await (await fetch(`${origin}/health`)).text();

  /** When each window began, and the admitted requests, in milliseconds. */
  const begun: number[] = [];
  const admitted: number[] = [];
  const asking: Promise<void>[] = [];
  async function ask(origin: string): Promise<void> {
    const response = await fetch(`${origin}/images`);
    await response.text();
    if (response.status === 429) return;
    if (response.status !== 200) throw new Error(`expected 200 or 429; got ${response.status}`);
    admitted.push(performance.now());
    if (response.headers.get('ratelimit')?.includes(`r=${LIMIT - 1};`)) begun.push(performance.now());
  }
  const startMs = performance.now();
  for (let sent = 0; begun.length < WINDOWS; sent++) {
    await delay(Math.max(0, startMs + (sent * 1_000) / SENT_PER_SECOND - performance.now()));
    asking.push(ask(origins[sent % processes] ?? ''));
  }
  await Promise.all(asking);
  const [fromMs = 0, untilMs = 0] = [begun[1], begun[WINDOWS - 1]];
  const full = admitted.filter((atMs) => atMs >= fromMs && atMs < untilMs).length;
  const perSecond = (full * 1_000) / (untilMs - fromMs);
  return Math.abs(perSecond / LIMIT - 1) * 100;
}
