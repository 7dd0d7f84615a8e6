// Plain JavaScript that old Node versions can read too, so that they get a sentence instead of a syntax error.
import { lstatSync, mkdirSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OLDEST_NODE = 24;

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  console.error(`Safelight needs Node ${OLDEST_NODE} or later; this is ${process.version}. Start it by npm start.`);
  process.exit(1);
}
process.env.UV_THREADPOOL_SIZE ??= '64'; // before libuv starts its threads, of which look-ups of names may take half
process.umask(0o077); // before any file is made: records, images and the secret are nobody else's
const userId = process.geteuid?.(); // Windows has none, and a temporary folder for each user
const cacheFolder = join(tmpdir(), `safelight-${userId ?? 'cache'}`);
// With NODE_COMPILE_CACHE set, Node has enabled its cache before this line.
if (!process.env.NODE_COMPILE_CACHE && isOurs(cacheFolder)) nodeModule.enableCompileCache(cacheFolder);
if (process.argv.length === 2) {
  const { earlyConfinement } = await import('../run/compose/early-confinement.ts');
  void earlyConfinement(); // beside the long import below
}
await import('./serve.ts');

/** Node runs the code that it finds in its cache, and any user of the machine can make Node's default folder first. */
function isOurs(folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    if (!found.isDirectory()) return false;
    return userId === undefined || (found.uid === userId && (found.mode & 0o022) === 0);
  } catch {
    return false; // a cache is never needed
  }
}
