import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from './disk/disk-harness.fixture.ts';
import { sha256 } from './sample-objects.fixture.ts';
import { createLocalStaging } from './staging/local-staging.ts';
import { createZip } from './zip.ts';

const NO_PROC = process.platform !== 'linux' && 'needs /proc';

/** Files below the folder that this process holds open, also removed ones. */
const openFiles = (folder: string): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return []; // the one that listed the folder
    }
  });

async function untilClosed(folder: string): Promise<void> {
  const end = performance.now() + 5_000;
  while (openFiles(folder).length > 0) {
    assert.ok(performance.now() < end, `still open: ${openFiles(folder)}`);
    await new Promise(setImmediate);
  }
}

describe('a zip', () => {
  it('of more than 65,535 small files is whole for other programs', async () => {
    await using folder = await temporaryFolder();
    await using staging = createLocalStaging(join(folder.path, 's'), { files: 'temporary', maxBytes: Infinity });
    const zip = createZip(staging, { ofLines: [] });
    const chunks = Array.fromAsync(zip.bytes);
    for (let n = 0; n < 65_600; n += 1) await zip.addText(`${n}.txt`, 'x');
    await zip.end();
    const path = join(folder.path, 'many.zip');
    await writeFile(path, Buffer.concat(await chunks));
    await promisify(execFile)('unzip', ['-tq', path]);
  });

  it('whose reader fails holds no file open', { skip: NO_PROC }, async () => {
    await using folder = await temporaryFolder();
    await using staging = createLocalStaging(join(folder.path, 's'), { files: 'temporary', maxBytes: Infinity });
    const failed = new Error('the store failed');
    const bytes = new Uint8Array(randomBytes(4_000_000));
    for (const ends of [false, true]) {
      const zip = createZip(staging, { ofLines: ['a.jsonl'] });
      const reading = (async () => {
        const chunks = zip.bytes[Symbol.asyncIterator]();
        for (let n = 0; n < 10; n += 1) await chunks.next();
        if (ends) await chunks.return?.().catch(() => undefined);
        throw failed;
      })();
      reading.catch(zip.fail);
      await assert.rejects(zip.addFile('a.png', bytes, sha256(bytes)));
      await untilClosed(folder.path);
    }
  });

  it('closes a body that the disk refuses before it is read', { skip: NO_PROC }, async () => {
    await using folder = await temporaryFolder();
    await using staging = createLocalStaging(join(folder.path, 's'), { files: 'temporary', maxBytes: 0 });
    const path = join(folder.path, 'a.png');
    await writeFile(path, randomBytes(1_000_000));
    const zip = createZip(staging, { ofLines: [] });
    const body = Readable.toWeb((await open(path)).createReadStream()) as ReadableStream<Uint8Array>;
    await assert.rejects(zip.addFile('a.png', body, ''), { code: 'overloaded' });
    await untilClosed(folder.path);
  });
});
