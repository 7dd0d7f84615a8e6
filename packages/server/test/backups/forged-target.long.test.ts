// In the long tier: gigabytes: `restore-rules.ci.test.ts` and `lines.test.ts` have the bounds one by one.
import assert from 'node:assert/strict';
import { createHash, hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { erasureText } from '../../src/admin/archive/backup/erasures.ts';
import { sealed, unsealed } from '../../src/admin/archive/sealed.ts';
import { later } from '../../src/domain/access/api-keys.fixture.ts';
import { NOW, newImageId, samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import { spawnProgram } from '../services/running-service.ts';
import { backUp, createTarget } from './backups.ts';
import { addStored, PLACES } from './place.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');
const MAX_MEGABYTES = 300;
/** The peak of the process, at its end. */
const TELL_PEAK = `--import=data:text/javascript,import{readFileSync as r}from'node:fs';process.on('exit',()=>console.error(r('/proc/self/status','utf8').match(/VmHWM.*/)[0]))`;

interface Forged {
  readonly target: string;
  /** The folder of the backup. */
  readonly backup: string;
}

/** Writes the manifest again, so that it fits the files. */
async function seal({ backup }: Forged): Promise<void> {
  const path = join(backup, 'manifest.json');
  const manifest = JSON.parse(unsealed(await readFile(path, 'utf8')) ?? '');
  for (const file of ['records.jsonl', 'left-out.jsonl']) {
    const sha256 = createHash('sha256');
    for await (const chunk of createReadStream(join(backup, file))) sha256.update(chunk);
    manifest.files[file] = { sha256: sha256.digest('hex'), sizeBytes: (await stat(join(backup, file))).size };
  }
  await writeFile(path, sealed(`${JSON.stringify(manifest)}\n`));
}

/** `records.jsonl` with these lines instead of those after the first, and an end that fits. */
async function writeRecords(forged: Forged, lines: () => Iterable<string>): Promise<void> {
  const path = join(forged.backup, 'records.jsonl');
  const [head = ''] = (await readFile(path, 'utf8')).split('\n');
  await using file = await open(path, 'w');
  const sha256 = createHash('sha256');
  let records = 0;
  const write = async (text: string): Promise<void> => {
    sha256.update(text);
    await file.write(text);
  };
  await write(`${head}\n`);
  for (const part of inParts(lines(), () => (records += 1))) await write(part);
  await file.write(`${JSON.stringify({ records, sha256: sha256.digest('hex') })}\n`);
}

/** Many short lines are one write. */
function* inParts(lines: Iterable<string>, onLine: () => void): Generator<string> {
  let part = '';
  for (const line of lines) {
    onLine();
    part += `${line}\n`;
    if (part.length < 1_000_000) continue;
    yield part;
    part = '';
  }
  yield part;
}

async function recordLine({ backup }: Forged): Promise<string> {
  const [, line = ''] = (await readFile(join(backup, 'records.jsonl'), 'utf8')).split('\n');
  return line;
}

function* repeated(count: number, line: (nth: number) => string): Generator<string> {
  for (let nth = 0; nth < count; nth += 1) yield line(nth);
}

const anErasure = (imageIds: number): string =>
  erasureText({
    key: 'e5'.repeat(32),
    erasure: {
      id: randomUUID(),
      userHash: hash('sha256', randomUUID()),
      imageIds: Array.from({ length: imageIds }, () => newImageId()),
      erasedAt: NOW,
      blockedUntil: later(60),
    },
  });

const KINDS: Readonly<Record<string, (forged: Forged) => Promise<void>>> = {
  'one line of a gigabyte': async (forged) => {
    await using file = await open(join(forged.backup, 'records.jsonl'), 'w');
    await file.truncate(2 ** 30);
  },
  'a line that makes many faults': async (forged) => {
    const line = await recordLine(forged);
    await writeRecords(forged, () => [line.replace(/"tags":\[[^\]]*\]/, `"tags":[${'1,'.repeat(125_000)}1]`)]);
    await seal(forged);
  },
  'a line that makes several faults for each element': async (forged) => {
    const line = await recordLine(forged);
    await writeRecords(forged, () => [line.replace(/"links":\[[^\]]*\]/, `"links":[${'{},'.repeat(83_000)}{}]`)]);
    await seal(forged);
  },
  'lines with as much metadata as a line holds': async (forged) => {
    const line = await recordLine(forged);
    const full = line.replace(/"metadata":\{[^}]*\}/, `"metadata":{"a":[${'{},'.repeat(5_400)}{}]}`);
    await writeRecords(forged, () => repeated(3_000, () => full));
    await seal(forged);
  },
  'twenty thousand images of which it has no bytes': async (forged) => {
    const line = await recordLine(forged);
    const [, id = ''] = /"id":"([0-9a-f-]{36})"/.exec(line) ?? [];
    await writeRecords(forged, () => repeated(20_000, () => line.replaceAll(id, newImageId())));
    await seal(forged);
  },
  'two million images that were left out': async (forged) => {
    const path = join(forged.backup, 'left-out.jsonl');
    for (let part = 0; part < 100; part += 1)
      await appendFile(path, [...repeated(20_000, () => `{"id":"${newImageId()}","why":"missing"}\n`)].join(''));
    await seal(forged);
  },
  'a manifest of a gigabyte': async ({ backup }) => {
    await using file = await open(join(backup, 'manifest.json'), 'r+');
    await file.truncate(2 ** 30);
  },
  'many thousand backups and files of others': async ({ target }) => {
    for (let nth = 0; nth < 20_000; nth += 1) {
      const folder = join(target, 'backups', `20200101T000000Z-${nth.toString(16).padStart(8, '0')}`);
      await mkdir(folder);
      await writeFile(join(folder, 'manifest.json'), '');
      await writeFile(join(target, 'erasures', `${nth}.bak`), '').catch(() => undefined);
    }
  },
  'more erased images than anybody has': async ({ target }) => {
    for (let nth = 0; nth < 2_100; nth += 1)
      await writeFile(join(target, 'erasures', `${randomUUID()}.json`), anErasure(1_000));
  },
  'erasures of a gigabyte each': async ({ target }) => {
    await using file = await open(join(target, 'erasures', `${randomUUID()}.json`), 'w');
    await file.truncate(2 ** 30);
  },
};

describe('a restore of a forged target', { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  for (const [what, forge] of Object.entries(KINDS))
    it(`takes less than ${MAX_MEGABYTES} MB: ${what}`, async () => {
      await using target = await createTarget();
      await using source = await PLACES['SQLite and disk']();
      {
        await using composition = await source.open();
        await addStored(composition.services, samplePublished(samplePending({})));
        const { id } = await backUp(composition.services, target);
        await mkdir(join(target.path, 'erasures'), { recursive: true });
        await forge({ target: target.path, backup: join(target.path, 'backups', id) });
      }
      await using place = await PLACES['SQLite and disk']();
      const command = [process.execPath, TELL_PEAK, ADMIN, 'restore', target.path];
      const { output } = await spawnProgram(place.folder, { ...place.environment }, command).ended;
      const megabytes = Number(/VmHWM:\s+(\d+) kB/.exec(output)?.[1]) / 1_024;
      assert.ok(megabytes < MAX_MEGABYTES, `${megabytes} MB: ${output.slice(0, 2_000)}`);
      if (process.env['TELL_PEAKS']) console.log(`${what}: ${Math.round(megabytes)} MB: ${output.slice(0, 300)}`);
    });
});
