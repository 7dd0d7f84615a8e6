import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { DATABASE_FILE } from '../../records/sqlite/database.ts';
import { leavesOf, misdirectPage } from '../../records/sqlite/misdirected-page.fixture.ts';
import { quickCheck } from '../../records/sqlite/quick-check.ts';
import { backupPath } from '../archive/backup/names.ts';
import { readNote } from '../archive/backup/notes.ts';
import { putText, readText } from '../archive/place/target.ts';
import { sealed } from '../archive/sealed.ts';
import { createBackedUp } from './backed-up.fixture.ts';
import { listBackups } from './list-backups.ts';
import { pruneBackups } from './prune-backups.ts';
import { verifyBackups } from './verify-backup.ts';
import { writeResults } from './write-results.ts';

const IMAGES = 80;

/** Images on several pages, and a way to overwrite one of these. */
async function createDamageable(images = IMAGES) {
  const service = await createBackedUp();
  await Promise.all(Array.from({ length: images }, () => service.add()));
  const { target, time, dataDir, services } = service;
  return {
    ...service,
    checked: { database: { check: (signal: AbortSignal) => quickCheck(dataDir, signal) } },
    /** A table of many pages, which no backup reads. */
    fill(): void {
      using database = new DatabaseSync(join(dataDir, DATABASE_FILE));
      const add = database.prepare('INSERT INTO image_search_rows (position, n) VALUES (?, ?)');
      database.exec('BEGIN');
      for (let n = 1_000; n < 6_000; n += 1) add.run(n, n);
      database.exec('COMMIT');
    },
    damage(table = 'images'): void {
      const leaves = leavesOf(dataDir, table);
      misdirectPage(dataDir, { from: leaves.at(-2) ?? 0, to: leaves.at(2) ?? 0 });
    },
    pass(hours: number): void {
      time.now = new Date(time.now.getTime() + hours * 3_600_000);
    },
    async verify(sample?: number) {
      const verified = await verifyBackups({ target, sample });
      await writeResults(services, { target, sample }, verified);
      return verified;
    },
  };
}

describe('a backup of a damaged database', () => {
  it('has every image that can be read, names the others, and says the damage beside its manifest', async () => {
    await using service = await createDamageable();
    service.damage();
    const made = await service.backUp();
    const lost = made.faults.map(({ imageId, kind }) => `${kind} ${imageId}`);
    const { images } = made.manifest.counts;
    assert.ok(lost.length > 0 && images + lost.length === IMAGES, `${images} images, ${lost.length} lost`);
    assert.ok(lost.every((one) => one.startsWith('unreadable-record ')));
    assert.match(made.damage.join('\n'), /expected row numbers of images that rise/);
    const note = await readNote(service.target, made.id, 'damage.json');
    assert.deepEqual(note?.faults, made.damage);

    const { findings } = await service.verify();
    assert.deepEqual(
      findings.map(({ kind, path }) => [kind, path]),
      made.damage.map(() => ['lacking', backupPath(made.id, 'damage.json')]),
    );
  });

  it('is followed by another check, if the first one did not see the damage', async () => {
    await using service = await createDamageable();
    const blind = { database: { check: async () => [] } };
    service.damage();
    const { damage } = await service.backUp({}, blind);
    assert.notEqual(damage.length, 0);
    assert.notEqual((await service.backUp({}, blind)).check, 'not-due');
  });

  it('says the damage also if it was interrupted, and resumed after a repair', async () => {
    await using service = await createDamageable();
    service.damage();
    const id = await service.interrupt('originals');
    const { faults = [] } = (await readNote(service.target, id, 'damage.json')) ?? {};
    const resumed = await service.backUp({}, { archive: { all: () => assert.fail('expected no second reading') } });
    assert.deepEqual([resumed.id, resumed.damage], [id, faults]);
    assert.ok(faults.length > 0);
  });

  it('checks the whole database once a day until it is damaged, or if it must', async () => {
    await using service = await createDamageable(1);
    const { checked } = service;
    service.fill();
    const backUp = async (options = {}) => {
      service.pass(1);
      const { check, damage } = await service.backUp(options, checked);
      return [check, damage.length > 0];
    };
    assert.deepEqual(await backUp(), ['sound', false]);
    service.damage('image_search_rows');
    assert.deepEqual(await backUp(), ['not-due', false]);
    assert.deepEqual(await backUp({ mustCheck: true }), ['damaged', true]);
    assert.deepEqual(await backUp(), ['damaged', true]);
  });

  it('checks a database anew that was found sound a day ago, or in the future', async () => {
    await using service = await createDamageable(1);
    const checkAfter = async (hours: number) => {
      service.pass(hours);
      return (await service.backUp({}, { database: { check: async () => [] } })).check;
    };
    assert.equal(await checkAfter(0), 'sound');
    assert.equal(await checkAfter(19), 'not-due');
    assert.equal(await checkAfter(1), 'sound');
    assert.equal(await checkAfter(-48), 'sound');
  });

  it('takes a check that did not end for no fault', async () => {
    await using service = await createDamageable(1);
    const { check, damage } = await service.backUp({}, { database: { check: async () => undefined } });
    assert.deepEqual([check, damage], ['unfinished', []]);
    assert.equal(await service.coordination.bookmark('database-sound'), undefined);
  });

  it('ends its check as it fails itself', async () => {
    await using service = await createDamageable(1);
    let ended: AbortSignal | undefined;
    const database = {
      check: (signal: AbortSignal) =>
        new Promise<undefined>((resolve) => {
          ended = signal;
          signal.addEventListener('abort', () => resolve(undefined));
        }),
    };
    const onProgress = ({ phase }: { phase: string }): void => {
      if (phase === 'originals') throw new Error('interrupted');
    };
    await assert.rejects(service.backUp({ onProgress }, { database }), /interrupted/);
    assert.equal(ended?.aborted, true);
  });
});

describe('the result of a verification', () => {
  it('keeps the newest sound backup from a prune, and is shown by the list', async () => {
    await using service = await createDamageable();
    const { target, services } = service;
    const sound = await service.backUp();
    await service.verify();
    service.damage();
    service.pass(24);
    const lacking = await service.backUp();
    service.pass(24);
    const unknown = await service.backUp();
    const keeping = { target, keepDaily: 1, keepWeekly: 0 };
    assert.deepEqual((await pruneBackups(services, keeping)).removed, [lacking.id]);
    await service.verify(1);
    const listed = await listBackups(target);
    assert.deepEqual(
      listed.map((one) => one.state === 'finished' && [one.id, one.isLacking, one.verified?.faults === 0]),
      [
        [unknown.id, true, false],
        [sound.id, false, true],
      ],
    );
    assert.equal(listed[0]?.state === 'finished' && listed[0].verified?.read, 'sample');
    assert.deepEqual((await pruneBackups(services, keeping)).removed, []);
  });

  it('says nothing of another backup beside which it is copied', async () => {
    await using service = await createDamageable();
    const { target, services } = service;
    const sound = await service.backUp();
    service.damage();
    service.pass(24);
    const lacking = await service.backUp();
    await service.verify();
    const text = await readText(target, backupPath(sound.id, 'verified.json'));
    await putText(target, backupPath(lacking.id, 'verified.json'), text ?? '');
    const pruned = await pruneBackups(services, { target, keepDaily: 1, keepWeekly: 0 });
    assert.deepEqual(pruned.kept, [lacking.id, sound.id]);
    const { findings } = await service.verify();
    assert.ok(findings.some(({ path }) => path === backupPath(lacking.id, 'verified.json')));
  });

  it('is not needed to keep a backup that may be sound, if all others are known not to be', async () => {
    await using service = await createDamageable();
    const { target, services } = service;
    const unknown = await service.backUp();
    service.damage();
    service.pass(24);
    await service.backUp();
    service.pass(24);
    const lacking = await service.backUp();
    const keeping = { target, keepDaily: 1, keepWeekly: 0 };
    assert.deepEqual((await pruneBackups(services, keeping)).kept, [lacking.id, unknown.id]);
  });

  it('is unknown if it is no JSON, though it has a checksum', async () => {
    await using service = await createDamageable(1);
    const { target } = service;
    const { id } = await service.backUp();
    const path = backupPath(id, 'verified.json');
    await putText(target, path, sealed('no JSON\n'));
    assert.deepEqual(
      (await listBackups(target)).map((one) => one.state === 'finished' && one.verified),
      [undefined],
    );
    assert.deepEqual(
      (await verifyBackups({ target })).findings.map((one) => [one.kind, one.path]),
      [['damaged', path]],
    );
  });

  it('counts a damaged original for the backups that need it alone', async () => {
    await using service = await createBackedUp();
    const { target, time, services } = service;
    const first = await service.add();
    const old = await service.backUp();
    await service.remove(first);
    await service.add();
    time.now = new Date('2026-11-27T12:00:00.000Z');
    const young = await service.backUp();
    await target.delete([`objects/${first.sha256.slice(0, 2)}/${first.sha256}`]);
    await writeResults(services, { target }, await verifyBackups({ target }));
    const results = await Promise.all([old, young].map(({ id }) => readNote(target, id, 'verified.json')));
    assert.deepEqual(
      results.map((one) => [one?.faults, one?.objects]),
      [
        [1, [first.sha256]],
        [0, []],
      ],
    );
  });
});
