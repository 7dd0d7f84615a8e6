import { readFile } from 'node:fs/promises';
import { compare, type Measurement, milliseconds } from './measurement.ts';
import { processTree } from './memory.ts';
import { hasOriginals, nameOf, type Original, originals } from './originals.ts';
import { LARGE_UPLOADS, SILENT, startService } from './program.ts';
import { uploadPicture } from './render-client.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { workingCopies } from './working-copies.ts';

interface Verified extends Original {
  /** The largest allowed ratio. */
  readonly atMost: number;
  /** Per round, one after another. */
  readonly uploads: number;
}

const ORIGINALS: readonly Verified[] = [
  { type: 'image/png', width: 4_000, height: 3_000, uploads: 6, atMost: 2 },
  { type: 'image/png', width: 4_000, height: 3_000, isTransparent: true, uploads: 6, atMost: 2 },
  { type: 'image/webp', width: 6_000, height: 4_000, uploads: 6, atMost: 2 },
  { type: 'image/avif', width: 4_000, height: 3_000, uploads: 3, atMost: 1.5 },
  { type: 'image/tiff', width: 6_000, height: 4_000, uploads: 4, atMost: 1.5 },
  { type: 'image/heic', width: 4_032, height: 3_024, uploads: 3, atMost: 1.5 },
];
const ROUNDS = 5;

/** Direct uploads whose verification makes a working copy, against a service that makes none. */
export async function verification(): Promise<readonly Measurement[]> {
  const measured: Measurement[] = [];
  for (const original of ORIGINALS.filter(hasOriginals)) measured.push(...(await verificationOf(original)));
  return measured;
}

async function verificationOf(original: Verified): Promise<readonly Measurement[]> {
  const { type, uploads, atMost } = original;
  const pictures = await originals(original);
  await using copying = await uploader('on');
  await using plain = await uploader('off');
  const elapsed: { subject: number[]; floor: number[] } = { subject: [], floor: [] };
  const cpu = await alternate(ROUNDS + 1, {
    subject: () => copying.upload(pictures, { type, uploads, into: elapsed.subject }),
    floor: () => plain.upload(pictures, { type, uploads, into: elapsed.floor }),
  });
  await workingCopies(copying.folder, (ROUNDS + 1) * uploads);
  await workingCopies(plain.folder, 0);
  const what = `transform, working copy of a ${nameOf(original)} / without`;
  const afterTheFirst = { subject: cpu.subject.slice(1), floor: cpu.floor.slice(1) };
  const elapsedAfterTheFirst = { subject: elapsed.subject.slice(1), floor: elapsed.floor.slice(1) };
  return [
    compare(`${what}, CPU time`, afterTheFirst, { unit: milliseconds, goal: { atMost } }),
    compare(`${what}, request to answer`, elapsedAfterTheFirst, { unit: milliseconds }),
  ];
}

interface Uploads {
  readonly type: string;
  readonly uploads: number;
  /** Receives the elapsed milliseconds of an upload. */
  readonly into: number[];
}

async function uploader(workingCopiesSetting: 'on' | 'off') {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const environment = { ...SILENT, ...LARGE_UPLOADS, WORKING_COPIES: workingCopiesSetting };
  const { origin, id } = stack.use(await startService({ folder: folder.path, environment }));
  const held = stack.move();
  return {
    folder: folder.path,
    /** The CPU milliseconds of all decoders, for one upload. */
    async upload(pictures: readonly Buffer[], { type, uploads, into }: Uploads): Promise<number> {
      const before = await decoderMs(id);
      const start = performance.now();
      for (let index = 0; index < uploads; index++)
        await uploadPicture(origin, pictures[index % pictures.length] ?? Buffer.alloc(0), type);
      into.push((performance.now() - start) / uploads);
      return ((await decoderMs(id)) - before) / uploads;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** proc_pid_stat(5): fields 14 and 15, in hundredths of a second (USER_HZ). */
async function decoderMs(service: number): Promise<number> {
  let ticks = 0;
  for (const id of (await processTree(service)).slice(1)) {
    const stat = await readFile(`/proc/${id}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    ticks += Number(user) + Number(system);
  }
  return ticks * 10;
}
