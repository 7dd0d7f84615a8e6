import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CountRows, rowsInFolder } from './count-rows.ts';
import { sendUploads, type UploadForm } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { smallPhotographs } from './photographs.ts';
import { type RunningProgram, SILENT, startFloor, startService } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
/** Per round: some seconds of work. */
const UPLOADS = 400;
/** Warms up V8's compiler. */
const WARM_ROUNDS = 2;
const FORMS: readonly UploadForm[] = ['direct', 'presigned'];
const CONNECTIONS = [8, 32];

/** The most common work: photographs from apps, each verified and durable when answered. */
export const uploadSmall = (): Promise<readonly Measurement[]> =>
  smallUploads('upload-small', {
    subject: async (folder) => ({ program: await startService({ folder, environment: SILENT }) }),
    floor: async (folder) => ({ program: await startFloor('upload-small', folder) }),
  });

interface Started {
  readonly program: RunningProgram;
  /** Of its records; those in its folder if unset. */
  readonly countRows?: CountRows;
}

type Start = (folder: string) => Promise<Started>;

export async function smallUploads(
  name: string,
  start: { readonly subject: Start; readonly floor: Start },
): Promise<readonly Measurement[]> {
  const { about, all } = await smallPhotographs();
  await using folder = await temporaryFolder();
  const files = all.map((_, index) => join(folder.path, `${index}.jpg`));
  for (const [index, file] of files.entries()) await writeFile(file, all[index] ?? '');
  await using service = await recorded(start.subject, files);
  await using floor = await recorded(start.floor, files);

  const measured: Measurement[] = [];
  for (const form of FORMS) {
    const contenders = (connections: number) => ({
      subject: () => service.upload(form, connections),
      floor: () => floor.upload(form, connections),
    });
    await alternate(WARM_ROUNDS, contenders(8));
    for (const connections of CONNECTIONS) {
      const rounds = await alternate(ROUNDS, contenders(connections));
      const what = `${name}, ${form}, ${about}, ${connections} connections`;
      measured.push(compare(what, rounds, { unit: perSecond, goal: { atLeast: 0.5 } }));
    }
  }
  for (const one of [service, floor]) await one.requireRecords();
  return measured;
}

/** A program on its own folder that must have a ready record for every answered upload. */
export async function recorded(start: Start, files: readonly string[]) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const { program, countRows = rowsInFolder(folder.path) } = await start(folder.path);
  const { origin } = stack.use(program);
  const held = stack.move();
  let answered = 0;
  return {
    origin,
    folder: folder.path,
    /** Uploads per second. */
    async upload(form: UploadForm, connections: number): Promise<number> {
      const seconds = await sendUploads({ origin, form, files, uploads: UPLOADS, connections });
      answered += UPLOADS;
      return UPLOADS / seconds;
    },
    async requireRecords() {
      const ready = await countRows("images WHERE status = 'ready'");
      if (ready !== answered) throw new Error(`expected a ready record for each of ${answered} uploads; got ${ready}`);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
