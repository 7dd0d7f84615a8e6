import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';

const FOLDER = 'data/objects';
mkdirSync(FOLDER, { recursive: true });

/** Keeps a body in a file of that name, synced. */
export async function receive(request: IncomingMessage, name: string) {
  const path = `${FOLDER}/${name}`;
  await using file = await open(`${path}.part`, 'wx');
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of request) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    await file.writeFile(chunk);
  }
  await file.sync();
  await rename(`${path}.part`, path);
  return { path, sizeBytes, sha256: hash.digest('hex') };
}
