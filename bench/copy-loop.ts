// The floor of `backup`: each file of a folder tree to a flat one, synced under another name and then renamed.
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

const AT_ONCE = 12;

const [from = '', to = '', isSynced] = process.argv.slice(2);
await mkdir(to, { recursive: true });
const entries = await readdir(from, { recursive: true, withFileTypes: true });
const rest = entries.filter((entry) => entry.isFile()).values();

async function copy(path: string): Promise<void> {
  const bytes = await readFile(path);
  const name = createHash('sha256').update(bytes).digest('hex');
  const temporary = join(to, `${name}.tmp`);
  await using file = await open(temporary, 'wx', 0o600);
  await file.writeFile(bytes);
  if (isSynced === 'synced') await file.sync();
  await rename(temporary, join(to, name));
}

await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (const { parentPath, name } of rest) await copy(join(parentPath, name));
  }),
);
await using folder = await open(to);
await folder.sync();
