import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { judge, type Measurement, milliseconds } from './measurement.ts';
import { startService } from './program.ts';
import { percentile } from './rounds.ts';
import { killAll, startAttacker } from './siege.ts';
import { FLOODS, type Flood } from './siege-scenes.ts';
import { LONGEST_MS, statusOf } from './siege-victim.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SECONDS = 60;
const A_SECOND = 5;
/** Until the flood has reached its steady state. */
const WARM_UP_SECONDS = 3;
/** A first list has a whole page. */
const IMAGES = 50;
const PICTURE = { side: 180, quality: 100 };
/** The goal is twice the time without a flood, or this if that is more. */
const LEAST_GOAL_MS = 250;
const OTHER_ADDRESS = '127.0.0.2';

interface Times {
  readonly listMs: number;
  readonly uploadMs: number;
}

/** The p99 of another caller's lists and uploads, without a flood and during each. */
export async function shares(): Promise<readonly Measurement[]> {
  const picture = await noisyPicture();
  const idle = await timesDuring(null, picture);
  const rows = [row('no flood: list of 50', idle.listMs), row('no flood: upload of 100 KB', idle.uploadMs)];
  for (const flood of FLOODS) {
    const times = await timesDuring(flood, picture);
    rows.push(row(`${flood}: list of 50`, times.listMs, idle.listMs));
    rows.push(row(`${flood}: upload of 100 KB`, times.uploadMs, idle.uploadMs));
  }
  return rows;
}

const row = (what: string, ms: number, idleMs?: number): Measurement =>
  judge(`shares, ${what}, p99`, [ms], {
    unit: milliseconds,
    ...(idleMs !== undefined && { goal: { atMost: Math.max(2 * idleMs, LEAST_GOAL_MS) } }),
  });

/** About 100 KB: noise doesn't compress. */
const noisyPicture = (): Promise<Buffer> => {
  const { side, quality } = PICTURE;
  const raw = { width: side, height: side, channels: 3 } as const;
  return sharp(randomBytes(side * side * 3), { raw })
    .jpeg({ quality, chromaSubsampling: '4:4:4' })
    .toBuffer();
};

async function timesDuring(flood: Flood | null, picture: Buffer): Promise<Times> {
  await using folder = await temporaryFolder();
  await using service = await startService({ folder: folder.path });
  await using _end = { [Symbol.asyncDispose]: () => killAll(service) };
  const agent = new Agent({ keepAlive: true });
  const asked = { agent, localAddress: OTHER_ADDRESS };
  const upload = () =>
    statusOf(`${service.origin}/images/upload?user_id=other`, { ...asked, method: 'POST', body: picture });
  const list = () => statusOf(`${service.origin}/images?user_id=other&limit=50`, { ...asked, method: 'GET' });
  for (let count = 0; count < IMAGES; count += 1) await upload();
  await using _attacker = flood ? await startAttacker(flood, service.origin) : null;
  await delay(WARM_UP_SECONDS * 1000);
  const [lists, uploads] = await Promise.all([timesOf(list), timesOf(upload)]);
  agent.destroy();
  return { listMs: percentile(lists, 0.99), uploadMs: percentile(uploads, 0.99) };
}

/**
 * From the time each request is due, so that a slow answer doesn't make the next one late unseen. A refusal counts as
 * the longest time.
 */
async function timesOf(ask: () => Promise<number>): Promise<readonly number[]> {
  const start = performance.now();
  const all = Array.from({ length: SECONDS * A_SECOND }, async (_, index) => {
    const dueAt = start + (index * 1000) / A_SECOND;
    await delay(Math.max(dueAt - performance.now(), 0));
    return (await ask()) === 200 ? performance.now() - dueAt : LONGEST_MS;
  });
  return Promise.all(all);
}
