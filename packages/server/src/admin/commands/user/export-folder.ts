import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../domain/errors.ts';
import type { ExportFolder } from '../../../operations/users/export-user.ts';
import { writeVerified } from '../../exports/verified-file.ts';

/** Only for its owner. Errors: `unavailable` for a folder with files: an export never mixes with another. */
export async function openExportFolder(dir: string): Promise<ExportFolder & AsyncDisposable> {
  const originals = join(dir, 'originals');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const [first] = await readdir(dir);
  if (first !== undefined)
    throw new AppError('unavailable', `expected a new or empty folder at ${dir}; got one with ${first}`);
  await mkdir(originals, { mode: 0o700 });
  await using stack = new AsyncDisposableStack();
  const openLines = async (name: string): Promise<(line: string) => Promise<void>> => {
    const file = stack.use(await open(join(dir, name), 'wx', 0o600));
    let written = Promise.resolve();
    return (line) => {
      written = written.then(() => file.writeFile(`${line}\n`)); // one after the other: they share a position
      return written;
    };
  };
  const addImage = await openLines('images.jsonl');
  const addEvent = await openLines('events.jsonl');
  const held = stack.move();

  return {
    putOriginal: (name, body, sha256) =>
      writeVerified({ path: join(originals, name), temporary: join(dir, `.${name}`) }, body, sha256),
    addImage,
    addEvent,
    putPerson: (text) => writeFile(join(dir, 'person.json'), text, { flag: 'wx', mode: 0o600 }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
