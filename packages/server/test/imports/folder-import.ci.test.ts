import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { workAtMost } from '../../src/flow/work-at-most.ts';
import { createRandom } from '../chance/random.ts';
import { killAll, type Spawned, spawnProgram, startService } from '../services/running-service.ts';

const isLong = isInRun('long');
const FILES = isLong ? 10_000 : 120;
const KILLS = isLong ? 5 : 2;
const SEED = 20_261_201;
/** The files are copies of these with different comments: to draw 10,000 pictures takes longer than the test. */
const PICTURES = 40;
const USERS = ['ada', 'bob', 'eve'];

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');

interface Picture {
  readonly path: string;
  readonly bytes: Buffer;
  readonly userId: string;
  readonly tags: readonly string[];
  readonly createdAt: string;
}

/** A folder of pictures, and a table that says whose they are. */
async function writeSource(folder: string): Promise<readonly Picture[]> {
  const drawn = await Promise.all(
    Array.from({ length: PICTURES }, (_, seed) => testImage({ type: 'image/jpeg', width: 320, height: 240, seed })),
  );
  const pictures = Array.from(
    { length: FILES },
    (_, n): Picture => ({
      path: `${String(n % 12).padStart(2, '0')}/picture ${n}.jpg`,
      bytes: withComment(Buffer.from(drawn[n % PICTURES] ?? assert.fail()), `number ${n}`),
      userId: USERS[n % USERS.length] ?? assert.fail(),
      tags: n % 2 === 0 ? ['even', `of ${n % 10}`] : [],
      createdAt: new Date(Date.UTC(2001 + (n % 20), n % 12, 1 + (n % 28), 0, 0, n % 60)).toISOString(),
    }),
  );
  for (const n of Array.from({ length: 12 }).keys())
    await mkdir(join(folder, 'photos', String(n).padStart(2, '0')), { recursive: true });
  await workAtMost(16, pictures, ({ path, bytes }) => writeFile(join(folder, 'photos', path), bytes));
  const rows = pictures.map(
    ({ path, userId, tags, createdAt }) => `${path},${userId},"${tags.join(';')}",${createdAt},${path.length}`,
  );
  await writeFile(join(folder, 'table.csv'), ['path,user_id,tags,created_at,metadata.length', ...rows].join('\r\n'));
  return pictures;
}

/** A JPEG with that comment (COM) behind its first marker. */
const withComment = (jpeg: Buffer, comment: string): Buffer => {
  const text = Buffer.from(comment);
  const marker = Buffer.from([0xff, 0xfe, 0, text.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), marker, text, jpeg.subarray(2)]);
};

interface Listed {
  readonly image_id: string;
  readonly sha256: string;
  readonly filename: string;
  readonly created_at: string;
  readonly tags: readonly string[];
  readonly metadata: { readonly length?: string };
}

async function listOf(origin: string, userId: string): Promise<readonly Listed[]> {
  const all: Listed[] = [];
  for (let cursor = ''; ; ) {
    const answer = await fetch(`${origin}/images?user_id=${userId}&limit=1000${cursor}`);
    const { images, next_cursor } = (await answer.json()) as { images: Listed[]; next_cursor: string | null };
    all.push(...images);
    if (next_cursor === null) return all;
    cursor = `&cursor=${encodeURIComponent(next_cursor)}`;
  }
}

async function assertAllThere(origin: string, pictures: readonly Picture[]): Promise<void> {
  for (const userId of USERS) {
    const expected = pictures.filter((one) => one.userId === userId);
    const byName = new Map((await listOf(origin, userId)).map((one) => [one.filename, one]));
    assert.equal(byName.size, expected.length);
    for (const { path, bytes, tags, createdAt } of expected) {
      const found = byName.get(path.slice(path.lastIndexOf('/') + 1));
      assert.ok(found, path);
      assert.equal(found.sha256, hash('sha256', bytes));
      assert.deepEqual([found.tags, found.metadata.length], [tags, String(path.length)]);
      assert.equal(Math.floor(Date.parse(found.created_at) / 1_000), Date.parse(createdAt) / 1_000);
    }
    const [some] = expected;
    const served = await fetch(`${origin}/images/${byName.get(some?.path.slice(3) ?? '')?.image_id}/original`);
    assert.deepEqual(Buffer.from(await served.arrayBuffer()), some?.bytes);
  }
}

/** The most memory that the process had, in MB; 0 of one that has just ended. */
const peakOf = ({ child }: Spawned): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;

for (const how of ['without a service', 'beside a running service'] as const) {
  describe(`an import from a folder, ${how}`, () => {
    it('that is killed goes on: all is there, byte for byte, and nothing twice', { timeout: 3_600_000 }, async (t) => {
      const random = createRandom(SEED);
      await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-import-'));
      const pictures = await writeSource(folder.path);
      const environment = { LOG_LEVEL: 'warn', RATE_LIMITS: 'off', MIN_FREE_BYTES: '0' };
      const isBeside = how !== 'without a service';
      let service = isBeside ? await startService(environment, folder.path) : undefined;
      const report = join(folder.path, 'report.ndjson');
      const begin = (...more: readonly string[]): Spawned =>
        spawnProgram(folder.path, environment, [
          ...[process.execPath, '--max-semi-space-size=8', ADMIN, 'import', join(folder.path, 'photos')],
          ...['--table', join(folder.path, 'table.csv'), '--report', report, ...more],
        ]);
      const linesOf = async (): Promise<number> =>
        (await readFile(report, 'utf8').catch(() => '')).split('\n').length - 2;

      let peak = 0;
      for (let kill = 1; kill <= KILLS; kill += 1) {
        const command = begin();
        const goal = Math.floor((FILES * (random.chance(0.5) ? 0.6 : 0.2) * kill) / (KILLS + 1));
        while (command.child.exitCode === null && (await linesOf()) < goal) {
          peak = Math.max(peak, peakOf(command));
          await delay(10);
        }
        await killAll({ process: command.child });
        if (service && random.chance(0.5)) {
          await killAll(service);
          service = await startService(environment, folder.path);
        }
      }
      const last = begin();
      while (last.child.exitCode === null) {
        peak = Math.max(peak, peakOf(last));
        await Promise.race([delay(50), last.ended]);
      }
      const { exitCode, output } = await last.ended;
      assert.equal(exitCode, 0, output);
      assert.match(output, / pictures were imported .* 0 were refused/);
      t.diagnostic(`the command took at most ${Math.round(peak)} MB`);
      if (isLong) assert.ok(peak <= 200, `expected at most 200 MB; got ${peak}`);

      const again = await begin('--json').ended;
      const { imported, known } = JSON.parse(again.output.trim().split('\n').at(-1) ?? '');
      assert.deepEqual([imported, known], [0, FILES]);
      const withoutReport = await begin('--json', '--report', `${report}.new`).ended;
      const found = JSON.parse(withoutReport.output.trim().split('\n').at(-1) ?? '');
      assert.deepEqual([found.imported, found.known, found.read_bytes], [0, FILES, 0]);

      service ??= await startService(environment, folder.path);
      await using running = service;
      await assertAllThere(running.origin, pictures);
    });
  });
}

it('an import tells what it refuses, and why, and takes the rest; a dry run tells it before', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-import-'));
  const photos = join(folder.path, 'photos');
  await mkdir(photos);
  const sound = Buffer.from(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
  await writeFile(join(photos, 'old.jpg'), sound);
  await utimes(join(photos, 'old.jpg'), new Date(-86_400_000), new Date(-86_400_000));
  await writeFile(join(photos, 'cut.jpg'), sound.subarray(0, sound.length / 2));
  await writeFile(join(photos, 'empty.png'), '');
  await writeFile(join(photos, 'text.jpg'), 'no picture');
  await writeFile(join(photos, 'letter\u001b[31m\n.doc'), 'a letter');
  const run = async (...args: readonly string[]) => {
    const counted = { USAGE: 'on', QUOTA_PENDING: '1' }; // which the pictures under way wait for
    const command = [process.execPath, ADMIN, 'import', ...args];
    const { exitCode, output } = await spawnProgram(folder.path, counted, command).ended;
    return { exitCode, output };
  };
  const refusals = [
    /^cut\.jpg: /m,
    /^empty\.png: expected the bytes of an image; got an empty file$/m,
    /^text\.jpg: expected one of image\/jpeg, .*; got bytes of no known format$/m,
    /^letter \[31m \.doc: expected a picture/m, // no control character reaches the terminal,
  ];
  const dry = await run(photos, '--user', 'ada', '--dry-run');
  assert.equal(dry.exitCode, 1, dry.output);
  for (const refusal of refusals) assert.match(dry.output, refusal);
  assert.match(dry.output, /^1 pictures \(.*\) would be imported, and 4 refused: nothing was changed$/m);
  assert.match(dry.output, /^1 have a time before 1970 /m);

  const real = await run(photos, '--user', 'ada', '--report', 'report.ndjson');
  assert.equal(real.exitCode, 1, real.output);
  for (const refusal of refusals) assert.match(real.output, refusal);
  assert.match(real.output, /^1 pictures were imported .*, 0 had been before, 4 were refused$/m);
  const lines = (await readFile(join(folder.path, 'report.ndjson'), 'utf8')).trim().split('\n').slice(1);
  const told = lines.map((line) => JSON.parse(line)).find(({ path }) => path === 'old.jpg');
  assert.deepEqual([told.created_at, told.clamped], ['1970-01-01T00:00:00.000Z', true]);

  await writeFile(join(photos, 'cut.jpg'), sound); // mended
  const mended = await run(photos, '--user', 'ada', '--report', 'report.ndjson');
  assert.match(mended.output, /^1 pictures were imported .*, 1 had been before, 3 were refused$/m);
  const report = (await readFile(join(folder.path, 'report.ndjson'), 'utf8')).trim().split('\n');
  const since = report.map((line) => JSON.parse(line)).findLast(({ path }) => path === 'cut.jpg');
  const { mtime } = await stat(join(photos, 'cut.jpg'));
  assert.deepEqual(
    [since.outcome, since.created_at, since.clamped],
    ['imported', mtime.toISOString(), undefined],
    'the time of a file that has come since the first import',
  );

  const ofBob = await run(photos, '--user', 'bob', '--report', 'report.ndjson');
  assert.match(ofBob.output, /^2 pictures were imported .*, 0 had been before, 3 were refused$/m);

  const other = await run(join(folder.path), '--user', 'ada', '--report', 'report.ndjson');
  assert.match(other.output, /^expected a report of folder:.*; got one of the source folder:.*: name another file$/m);
  for (const [args, message] of [
    [[photos], /^expected whose pictures they are: --user USER, --user-pattern PATTERN, or --table FILE$/m],
    [[photos, '--user', ''], /^--user: expected/m],
    [[photos, '--user', 'ada', '--limit-rate', '0'], /^expected megabytes a second after --limit-rate/m],
    [['earlier:005'], /^expected earlier: with one of 000, 001, 002, 003, 004; got "earlier:005"$/m],
    [['s3://B'], /^expected whose pictures/m],
    [['s3://B', '--user', 'ada'], /^expected s3:\/\/BUCKET\/PREFIX; got "s3:\/\/B"$/m],
    [[photos, '--user', 'ada', '--date-from', 'moon'], /^expected picture, sidecar, table after --date-from/m],
  ] as const) {
    const { exitCode, output } = await run(...args);
    assert.equal(exitCode, 2, output);
    assert.match(output, message);
  }
  const absent = await run(join(photos, 'none'), '--user', 'ada');
  assert.equal(absent.exitCode, 1);
  assert.match(absent.output, /none can't be used: expected a folder; got ENOENT/);
});

it('a source that goes away ends the import with a sentence, and the next run brings the rest', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-import-'));
  const photos = join(folder.path, 'photos');
  await mkdir(photos);
  const sound = Buffer.from(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
  const count = 60;
  for (const n of Array(count).keys())
    await writeFile(join(photos, `${n}.jpg`), withComment(sound, `number ${n}${' '.repeat(200)}`));
  const report = join(folder.path, 'report.ndjson');
  const begin = (...more: readonly string[]): Spawned =>
    spawnProgram(folder.path, {}, [
      ...[process.execPath, ADMIN, 'import', photos, '--user', 'ada', '--report', report, ...more],
    ]);
  const command = begin('--limit-rate', '0.02');
  while (command.child.exitCode === null && (await readFile(report, 'utf8').catch(() => '')).split('\n').length < 5)
    await delay(10);
  await rename(photos, `${photos}.away`);
  const { exitCode, output } = await command.ended;
  assert.equal(exitCode, 1, output);
  assert.match(output, /photos/);
  await rename(`${photos}.away`, photos);
  const next = await begin().ended;
  assert.equal(next.exitCode, 0, next.output);
  const [, imported, known] =
    /^(\d+) pictures were imported .*, (\d+) had been before, 0 were/m.exec(next.output) ?? [];
  assert.equal(Number(imported) + Number(known), count);
  assert.ok(Number(known) > 0 && Number(imported) > 0, next.output);
});
