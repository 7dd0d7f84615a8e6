import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Asked,
  AT_ONCE,
  requirePicture,
  type StoredOriginal,
  sidesFrom,
  startColdRenditions,
} from '../cold-renditions.ts';
import { cpuSecondsOfTree } from '../cpu.ts';
import { askEachOnce } from '../load.ts';
import { compare, type Measurement, milliseconds, perSecond } from '../measurement.ts';
import { nameOf, originals } from '../originals.ts';
import { type RunningProgram, startProgram } from '../program.ts';
import { createPictureClient } from '../render-client.ts';
import { alternate } from '../rounds.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** Another service that transforms files of a folder. */
interface Peer {
  readonly name: 'ipx' | 'imgproxy';
  readonly start: (folder: string) => Promise<RunningProgram>;
  readonly pathOf: (asked: Asked, file: string) => string;
}

interface Case extends StoredOriginal {
  /** What its name doesn't say. */
  readonly remark?: string;
  /** The number of files that a peer transforms in a round. */
  readonly files: number;
  /** The goals of the rates, by peer. */
  readonly atLeast: Partial<Record<Peer['name'], number>>;
}

const CASES: readonly Case[] = [
  {
    type: 'image/jpeg',
    width: 1_155,
    height: 866,
    hasCopy: false,
    images: 192,
    files: 192,
    atLeast: { ipx: 1, imgproxy: 0.85 },
  },
  {
    type: 'image/jpeg',
    width: 1_320,
    height: 880,
    remark: 'that all decode in half',
    hasCopy: false,
    images: 192,
    files: 192,
    atLeast: { imgproxy: 0.85 },
  },
  {
    type: 'image/jpeg',
    width: 2_830,
    height: 2_120,
    hasCopy: false,
    images: 96,
    files: 96,
    atLeast: { ipx: 1, imgproxy: 1 },
  },
  { type: 'image/jpeg', width: 6_000, height: 4_000, hasCopy: true, images: 72, files: 48, atLeast: { imgproxy: 2.2 } },
  {
    type: 'image/jpeg',
    width: 8_000,
    height: 6_000,
    hasCopy: true,
    images: 72,
    files: 36,
    atLeast: { ipx: 2, imgproxy: 3.5 },
  },
  { type: 'image/png', width: 4_000, height: 3_000, hasCopy: true, images: 72, files: 12, atLeast: { imgproxy: 7 } },
  { type: 'image/webp', width: 6_000, height: 4_000, hasCopy: true, images: 72, files: 12, atLeast: { imgproxy: 7 } },
];
const FORMATS = ['jpeg', 'webp'];
const FIRST_SIDE = 400;
const ROUNDS = 7;
const WARM_ROUNDS = 4;

const IPX = join(import.meta.dirname, 'node_modules/ipx/bin/ipx.mjs');

const ipx: Peer = {
  name: 'ipx',
  start: (folder) =>
    startProgram({
      args: [IPX, 'serve', '--dir', join(folder, 'data'), '--hostname', '127.0.0.1'],
      folder,
      environment: { NODE_ENV: 'production' },
    }),
  pathOf: ({ format, side }, file) => `/fit_inside,s_${side}x${side},f_${format}/${file}`,
};

const KEY = '736563726574';

/** With the service's effort for WebP, and with signatures, which the service verifies too. */
const imgproxy = (command: string): Peer => ({
  name: 'imgproxy',
  start: (folder) =>
    startProgram({
      command: 'sh',
      args: ['-c', `IMGPROXY_BIND=127.0.0.1:$PORT exec "$0"`, command],
      folder,
      environment: {
        IMGPROXY_LOCAL_FILESYSTEM_ROOT: join(folder, 'data'),
        IMGPROXY_KEY: KEY,
        IMGPROXY_SALT: KEY,
        IMGPROXY_WEBP_EFFORT: '2',
        IMGPROXY_LOG_LEVEL: 'error',
      },
    }),
  pathOf({ format, side }, file) {
    const path = `/rs:fit:${side}:${side}/plain/local:///${file}@${format}`;
    const key = Buffer.from(KEY, 'hex');
    return `/${createHmac('sha256', key).update(key).update(path).digest('base64url')}${path}`;
  },
});

/** Cold renditions a second beside other services, over HTTP and of the same originals (README.md). */
export async function peers(): Promise<readonly Measurement[]> {
  const command = process.env['IMGPROXY'];
  const found = [...(existsSync(IPX) ? [ipx] : []), ...(command ? [imgproxy(command)] : [])];
  if (found.length === 0)
    throw new Error('expected a peer; install ipx by npm ci --prefix bench/peers, or set IMGPROXY to its program');
  const measured: Measurement[] = [];
  for (const one of CASES)
    for (const peer of found) if (one.atLeast[peer.name] !== undefined) measured.push(...(await beside(peer, one)));
  return measured;
}

async function beside(peer: Peer, one: Case): Promise<readonly Measurement[]> {
  const pictures = await originals(one);
  await using service = await startColdRenditions(one, pictures);
  await using folder = await temporaryFolder();
  for (let index = 0; index < one.files; index++)
    await writeFile(join(folder.path, `data/${index}.jpg`), pictures[index % pictures.length] ?? '');
  await using other = await peer.start(folder.path);

  const ofPeer = async (asked: Asked): Promise<number> => {
    const requests = Array.from(
      { length: one.files },
      (_, index) => ({ method: 'GET', path: peer.pathOf(asked, `${index}.jpg`) }) as const,
    );
    const seconds = await askEachOnce({ origin: other.origin, requests, connections: AT_ONCE });
    using client = createPictureClient(other.origin);
    for (const { path } of requests.slice(0, pictures.length)) await requirePicture(await client.get(path), asked);
    return one.files / seconds;
  };

  const measured: Measurement[] = [];
  for (const format of FORMATS) {
    const [ownSide, otherSide] = [sidesFrom(FIRST_SIDE), sidesFrom(FIRST_SIDE)];
    const cpu = { subject: [] as number[], floor: [] as number[] };
    const contenders = {
      subject: () => service.perSecond({ format, side: ownSide() }, (seconds) => cpu.subject.push(seconds)),
      floor: async () => {
        const before = await cpuSecondsOfTree(other.id);
        const rate = await ofPeer({ format, side: otherSide() });
        cpu.floor.push((await cpuSecondsOfTree(other.id)) - before);
        return rate;
      },
    };
    await alternate(WARM_ROUNDS, contenders);
    for (const seen of Object.values(cpu)) seen.length = 0;
    const what = `peers, ${[nameOf(one), one.remark].filter(Boolean).join(' ')} to ${format} of ${FIRST_SIDE} pixels, each for the first time`;
    const rounds = await alternate(ROUNDS, contenders);
    const goal = { atLeast: one.atLeast[peer.name] ?? 0 };
    measured.push(compare(`${what} / ${peer.name}`, rounds, { unit: perSecond, goal }));
    const each = {
      subject: cpu.subject.map((seconds) => (1000 * seconds) / one.images),
      floor: cpu.floor.map((seconds) => (1000 * seconds) / one.files),
    };
    measured.push(compare(`${what}, CPU time of each / ${peer.name}`, each, { unit: milliseconds }));
  }
  return measured;
}
