import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { startFleetIn } from '../packages/server/test/fleet/fleet.ts';
import { createQueuedCloud } from '../packages/server/test/services/queued-cloud.ts';
import { testImage } from '../test/pictures/test-images.ts';
import { answerTo } from './load.ts';
import { judge, type Measurement, milliseconds } from './measurement.ts';
import { SILENT } from './program.ts';

const ROUNDS = 3;
const UPLOADS = 50;
const WARM_UPLOADS = 10;
const LOOK_EVERY_MS = 5;

/** The parts of an upload's time, from the first byte sent. */
interface Arrived {
  /** Until the bucket has answered, with its event in the queue. */
  readonly storedMs: number;
  /** Until lists show the image. */
  readonly readyMs: number;
}

/** From PUT to ready without requests: bucket, event, queue, worker, table. */
export async function arrival(): Promise<readonly Measurement[]> {
  await using cloud = await createQueuedCloud();
  const environment = { ...SILENT, FINALIZE_ON_READ: 'off' };
  await using fleet = await startFleetIn(cloud, { services: 1, workers: 1, environment });
  const image = new Uint8Array(await testImage({ type: 'image/jpeg', width: 1_600, height: 1_200 }));
  const upload = () => uploadTo(fleet.origin, image);
  await uploads(WARM_UPLOADS, 1, upload);
  const rows: Measurement[] = [];
  for (const [how, atOnce] of [
    ['one at a time', 1],
    ['ten at once', 10],
  ] as const) {
    const rounds: (readonly Arrived[])[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await uploads(UPLOADS, atOnce, upload));
    for (const share of [0.5, 0.99]) {
      const of = (time: keyof Arrived) => rounds.map((round) => percentile(share, round, time));
      const what = `arrival, ${UPLOADS} of ${kilobytes(image)} ${how}, from PUT to ready, p${share * 100} / the PUT alone`;
      rows.push(judge(what, of('readyMs'), { unit: milliseconds, floor: of('storedMs') }));
    }
  }
  return rows;
}

async function uploads(count: number, atOnce: number, upload: () => Promise<Arrived>): Promise<readonly Arrived[]> {
  const arrived: Arrived[] = [];
  let left = count;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      arrived.push(await upload());
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return arrived;
}

async function uploadTo(origin: string, body: Uint8Array<ArrayBuffer>): Promise<Arrived> {
  const json = { user_id: `arrival-${randomUUID()}`, content_type: 'image/jpeg' };
  const granted = await answerTo(origin, { method: 'POST', path: '/images/upload', json });
  const { upload_url, headers } = JSON.parse(granted.toString()) as {
    upload_url: string;
    headers: Record<string, string>;
  };
  const startMs = performance.now();
  const { status } = await fetch(upload_url, { method: 'PUT', headers, body });
  if (status !== 200) throw new Error(`expected 200 to an upload; got ${status}`);
  const storedMs = performance.now() - startMs;
  // A request for the image itself would finalize it.
  const list = { method: 'GET', path: `/images?user_id=${json.user_id}` } as const;
  for (;;) {
    const { count } = JSON.parse((await answerTo(origin, list)).toString()) as { count: number };
    if (count > 0) return { storedMs, readyMs: performance.now() - startMs };
    await delay(LOOK_EVERY_MS);
  }
}

/** The smallest value that this share of all doesn't exceed. */
function percentile(share: number, arrived: readonly Arrived[], time: keyof Arrived): number {
  const sorted = arrived.map((one) => one[time]).toSorted((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}

const kilobytes = ({ length }: Uint8Array): string => `${Math.round(length / 1024)} kB`;
