import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type PendingImage, scheduleMaintenance, tombstone } from '../../../domain/image/image.ts';
import { createSqliteRevocationRepository } from '../../revocations/sqlite/sqlite.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { allDue } from '../all-due.fixture.ts';
import { addReady, NOW, sampleKeyUse, samplePending } from '../sample-images.fixture.ts';
import { createSqliteImageRepository } from './sqlite.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';

const UNTIL = new Date(NOW.getTime() + 60_000);

describe('ending every claim at the start of a single service', () => {
  it('frees claims and key uses, and keeps attempts and revisions', async () => {
    await using harness = await createSqliteHarness();
    const images = [samplePending(), samplePending({ revision: 3 }), samplePending()];
    const claimed = images.map((image, index) => (index === 2 ? image : claimedBy(image, `attempt ${index}`)));
    for (const image of claimed) await harness.images.create(image);
    const held = sampleKeyUse({ leaseUntil: UNTIL });
    await harness.images.useKey(held, NOW);
    await harness.images.endClaims();
    assert.deepEqual(await harness.images.useKey(held, NOW), { ...held, leaseUntil: new Date(0) });
    for (const image of claimed) {
      const claim = image.claim && { ...image.claim, leaseUntil: new Date(0) };
      assert.deepEqual(await harness.images.get(image.id), { ...image, claim });
    }
  });

  it('makes claimed images due, and no others', async () => {
    await using harness = await createSqliteHarness();
    const claimed = claimedBy(samplePending(), 'attempt');
    await harness.images.create(claimed);
    await harness.images.create(samplePending());
    const ready = await addReady(harness.images);
    await harness.images.replace(ready, scheduleMaintenance(ready, UNTIL));
    await harness.images.endClaims();
    assert.deepEqual(
      (await allDue(harness.images, NOW, 10)).map(({ id }) => id),
      [claimed.id],
    );
  });
});

describe('forgetting', () => {
  it('removes any number of revocations from their last day on, and no other', async () => {
    await using harness = await createSqliteHarness();
    await using writes = createGroupCommit(harness.database);
    const revocations = createSqliteRevocationRepository(harness.database, writes);
    const forgetAt = (n: number): Date => new Date(UNTIL.getTime() + n);
    const all = Array.from({ length: 1_200 }, (_, n) => ({
      userId: `user ${n}`,
      tokenId: null,
      notBefore: NOW,
      forgetAt: forgetAt(n),
    }));
    await Promise.all(all.map((one) => revocations.add(one)));
    await harness.images.forget(forgetAt(1_100));
    const left = await Promise.all(all.map(({ userId }) => revocations.ofUser(userId)));
    assert.deepEqual(
      left.filter((one) => one !== undefined),
      all.slice(1_101),
    );
  });
});

describe('the description of a deleted image', () => {
  it('is in no page of the database after a checkpoint', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-scrubbed-'));
    using database = openDatabase(folder.path, MIGRATIONS);
    await using writes = createGroupCommit(database);
    const images = createSqliteImageRepository(database, writes);
    const inFile = async () => {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      return (await readFile(join(folder.path, 'safelight.db'), 'latin1')).split('personal').length - 1;
    };
    const said = { description: 'personal', metadata: { long: 'personal '.repeat(5_000) } };
    const all = Array.from({ length: 20 }, () => samplePending(said));
    for (const image of all) assert.ok(await images.create(image));
    assert.ok((await inFile()) > 0);
    for (const image of all) assert.ok(await images.replace(image, tombstone(image, NOW)));
    assert.equal(await inFile(), 0);
  });
});

const claimedBy = (image: PendingImage, attempt: string): PendingImage => ({
  ...image,
  claim: { attempt, leaseUntil: UNTIL },
});
