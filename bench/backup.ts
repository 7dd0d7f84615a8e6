import { spawn } from 'node:child_process';
import { hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { v7 } from 'uuid';
import { pendingImage, publish } from '../packages/server/src/domain/image/image.ts';
import { parseImageId } from '../packages/server/src/domain/image/image-id.ts';
import { originalKey } from '../packages/server/src/domain/image/object-key.ts';
import { createSqliteRecordArchive } from '../packages/server/src/records/archive/sqlite/sqlite.ts';
import { openDatabase } from '../packages/server/src/records/sqlite/database.ts';
import { createGroupCommit } from '../packages/server/src/records/sqlite/group-commit.ts';
import { MIGRATIONS } from '../packages/server/src/records/sqlite/schema.ts';
import { compare, judge, type Measurement, megabytes, perSecond } from './measurement.ts';
import { peakOf } from './peak-of.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const IMAGES = 20_000;
const IMAGE_BYTES = 20_000;
const ROUNDS = 3;
const JPEG_BEGINNING = [0xff, 0xd8, 0xff, 0xe0];
const MAX_MEMORY = 200 * 1_048_576;
const AT_ONCE = 256;
/** Younger objects may belong to an upload under way: reconcile reads no record for them. */
const TWO_DAYS_SECONDS = 2 * 86_400;

/** As npm runs it. */
const FLAGS = ['--max-semi-space-size=8'];
const ADMIN = join(import.meta.dirname, '../packages/server/src/bin/admin.ts');
const COPY_LOOP = join(import.meta.dirname, 'copy-loop.ts');

/** First backups of small images into a folder on the same disk, and a reconcile of them. */
export async function backup(): Promise<readonly Measurement[]> {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  await writeImages(data);
  let targets = 0;
  const target = async (): Promise<string> => {
    targets += 1;
    const path = join(folder.path, `target-${targets}`);
    await mkdir(path);
    return path;
  };
  const peaks: number[] = [];
  const rate = async (...args: readonly string[]): Promise<number> => {
    const { seconds, peakBytes } = await run(args, data);
    if (args[0] === ADMIN) peaks.push(peakBytes);
    return IMAGES / seconds;
  };

  const subject = async () => rate(ADMIN, 'backup', await target());
  const floor = (mode: 'synced' | 'unsynced') => async () =>
    rate(COPY_LOOP, join(data, 'objects'), await target(), mode);
  const synced = await alternate(ROUNDS, { subject, floor: floor('synced') });
  const unsynced = await alternate(1, { subject, floor: floor('unsynced') });
  const again = join(folder.path, `target-1`);
  await rate(ADMIN, 'reconcile');
  const reconciled = peaks.splice(-1);
  const incremental = await alternate(ROUNDS, { subject: () => rate(ADMIN, 'backup', again) });
  return [
    compare('backup, floor syncs each file too', synced, { unit: perSecond, goal: { atLeast: 0.5 } }),
    compare('backup, floor syncs at its end only', unsynced, { unit: perSecond }),
    judge('backup, of which the target has all', incremental.subject, { unit: perSecond }),
    judge('reconcile, memory', reconciled, { unit: megabytes, goal: { atMost: MAX_MEMORY } }),
    judge('backup, memory', peaks, { unit: megabytes, goal: { atMost: MAX_MEMORY } }),
  ];
}

/** Images of one user, each with bytes of its own. */
async function writeImages(data: string): Promise<void> {
  const database = openDatabase(data, MIGRATIONS);
  await using writes = createGroupCommit(database);
  const archive = createSqliteRecordArchive(database, writes, { folder: data });
  const rest = Array(IMAGES).keys();
  const at = new Date();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const _ of rest) {
        const id = parseImageId(v7());
        if (id === undefined) throw new Error('uuid made no UUID');
        const named = {
          id,
          userId: 'ada',
          contentType: 'image/jpeg',
          filename: 'a.jpg',
          tags: ['sea'],
          description: null,
          metadata: {},
          visibility: 'private',
          externalId: null,
        } as const;
        const pending = pendingImage(named, at, { expiresAt: at, claim: null, isDirect: false });
        const bytes = randomBytes(IMAGE_BYTES);
        bytes.set(JPEG_BEGINNING);
        const objectKey = originalKey(pending, 'attempt');
        const verified = {
          contentType: 'image/jpeg',
          sizeBytes: IMAGE_BYTES,
          sha256: hash('sha256', bytes),
          width: 1,
          height: 1,
          placeholder: '',
          dominantColor: null,
        } as const;
        const path = join(data, 'objects', objectKey);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, bytes);
        const storedAt = at.getTime() / 1000 - TWO_DAYS_SECONDS;
        await utimes(path, storedAt, storedAt);
        await archive.put({
          kind: 'image',
          image: publish(pending, verified, {
            objectKey,
            objectTag: null,
            maintainAt: null,
            filteredBy: [],
            facts: null,
            hasDetails: false,
            at,
          }),
        });
      }
    }),
  );
  database.close();
}

async function run(
  args: readonly string[],
  data: string,
): Promise<{ readonly seconds: number; readonly peakBytes: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, [...FLAGS, ...args], {
    cwd: data,
    env: { PATH: process.env['PATH'], HOME: tmpdir(), TMPDIR: tmpdir(), DATA_DIR: data },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const peak = peakOf(child);
  const [code] = await ended;
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return { seconds: (performance.now() - began) / 1000, peakBytes: await peak };
}
