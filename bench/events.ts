import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { shareOut } from './clients.ts';
import { askEachOnce } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { smallPhotographs } from './photographs.ts';
import { SILENT, startService } from './program.ts';
import { uploadPicture } from './render-client.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { recorded } from './upload-small.ts';

const ROUNDS = 5;
/** Warms up V8's compiler. */
const WARM_ROUNDS = 2;
const CONNECTIONS = 8;
const IMAGES = 1_000;

/**
 * Changes of images with EVENTS=on, beside the same service without: small uploads, and trash and restore of 1,000
 * images.
 */
export async function events(): Promise<readonly Measurement[]> {
  const { about, all } = await smallPhotographs();
  await using folder = await temporaryFolder();
  const files = all.map((_, index) => join(folder.path, `${index}.jpg`));
  for (const [index, file] of files.entries()) await writeFile(file, all[index] ?? '');
  await using on = await startChanging({ EVENTS: 'on' }, files);
  await using off = await startChanging({}, files);

  const measured: Measurement[] = [];
  const options = { unit: perSecond, goal: { atLeast: 0.85 } };
  for (const form of ['direct', 'presigned'] as const) {
    const contenders = {
      subject: () => on.upload(form, CONNECTIONS),
      floor: () => off.upload(form, CONNECTIONS),
    };
    await alternate(WARM_ROUNDS, contenders);
    const what = `events, upload-small, ${form}, ${about}, ${CONNECTIONS} connections, on / off`;
    measured.push(compare(what, await alternate(ROUNDS, contenders), options));
  }
  for (const one of [on, off]) await one.addImages(all[0] ?? Buffer.alloc(0));
  const contenders = { subject: on.trashAndRestore, floor: off.trashAndRestore };
  await alternate(WARM_ROUNDS, contenders);
  const what = `events, trash and restore of ${IMAGES} images, ${CONNECTIONS} connections, on / off`;
  measured.push(compare(what, await alternate(ROUNDS, contenders), options));
  on.requireEvents({ areLogged: true });
  off.requireEvents({ areLogged: false });
  return measured;
}

async function startChanging(environment: Record<string, string>, files: readonly string[]) {
  const service = await recorded(
    async (folder) => ({ program: await startService({ folder, environment: { ...SILENT, ...environment } }) }),
    files,
  );
  const { origin } = service;
  const ids: string[] = [];
  let changes = 0;
  const changeAll = async (action: 'trash' | 'restore'): Promise<number> => {
    const requests = ids.map((id) => ({ method: 'POST', path: `/images/${id}/${action}` }) as const);
    changes += ids.length;
    return askEachOnce({ origin, requests, connections: CONNECTIONS });
  };
  return {
    ...service,
    async addImages(bytes: Buffer): Promise<void> {
      await shareOut(Array(IMAGES).keys(), CONNECTIONS, async () => {
        ids.push(await uploadPicture(origin, bytes, 'image/jpeg'));
      });
    },
    /** Changes a second. */
    async trashAndRestore(): Promise<number> {
      const seconds = (await changeAll('trash')) + (await changeAll('restore'));
      return (2 * ids.length) / seconds;
    },
    requireEvents({ areLogged }: { readonly areLogged: boolean }): void {
      using database = new DatabaseSync(join(service.folder, 'data/safelight.db'), { readOnly: true });
      const count = (sql: string) => Number(database.prepare(`SELECT count(*) AS n FROM ${sql}`).get()?.['n']);
      const expected = areLogged ? count("images WHERE status = 'ready'") + changes : 0;
      const found = count('events');
      if (found !== expected) throw new Error(`expected ${expected} events; got ${found}`);
    },
  };
}
