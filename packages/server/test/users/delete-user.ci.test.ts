import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { DeleteObjectCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { NO_POSTGRES } from '../../../../test/servers/postgres-for-tests.ts';
import { putErasure } from '../../src/admin/archive/backup/erasures.ts';
import { openBackup } from '../../src/admin/backups/open-backup.ts';
import { sampleKey } from '../../src/domain/access/api-keys.fixture.ts';
import { revocationOf } from '../../src/domain/access/revocation.ts';
import { sampleDelivery, sampleEvent, sampleWebhook } from '../../src/domain/event/webhooks.fixture.ts';
import { incomingKey, type ObjectKey, originalsPrefix } from '../../src/domain/image/object-key.ts';
import type { Deletion } from '../../src/domain/user/deletion.ts';
import { createInOrder } from '../../src/flow/in-order.ts';
import { createDiskObjectStore } from '../../src/object-store/disk/disk.ts';
import { askDeletion } from '../../src/operations/users/ask-deletion.ts';
import { type CarryOutServices, carryOutDeletions } from '../../src/operations/users/carry-out-deletions.ts';
import { deleteUser } from '../../src/operations/users/delete-user.ts';
import { finishDeletion } from '../../src/operations/users/finish-deletion.ts';
import { readDeletion } from '../../src/operations/users/read-deletion.ts';
import type { DeletionServices } from '../../src/operations/users/user-services.ts';
import { NOW, newImageId, samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import { openPostgres } from '../../src/records/postgres/database.ts';
import { tablesWith } from '../../src/records/postgres/tables-with.fixture.ts';
import { composeSoleArchive, type SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { BUCKET, objectsFolder } from '../../src/run/compose/objects.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { carryOutRequests } from '../../src/run/requests.ts';
import type { Services } from '../../src/services.ts';
import { backUp, createTarget, restoreFrom } from '../backups/backups.ts';
import { addStored, beginLog, PLACES, recordsOf } from '../backups/place.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { createDyingCalls } from '../services/dying-calls.ts';
import { createOwnDatabase } from '../services/postgres-service.ts';
import { addPerson, inCloud, inFiles, type Person, put } from './person.ts';

const ADA = 'person-ada-4711';
const BOB = 'person-bob-0815';
const INPUT = { userId: ADA, blockDays: 30 };
const HOUR_MS = 3_600_000;

/** The services at a time after the samples, which the test moves. */
function at(services: SoleArchiveServices) {
  const time = { ms: NOW.getTime() };
  const clock = { now: () => new Date(time.ms), elapsedMs: () => time.ms };
  return { services: { ...services, clock }, later: (ms: number) => (time.ms += ms) };
}

interface Harness extends AsyncDisposable {
  readonly services: SoleArchiveServices;
  /** Where something of the person is left. */
  leftovers(person: Person): Promise<string[]>;
  /** Former versions, of a bucket that has them. */
  readonly hasVersions: boolean;
  /** What a lifecycle rule does, or another program: a marker hides the version. */
  hide(key: string): Promise<void>;
}

const HARNESSES: Readonly<Record<string, { readonly skip: string | false; create(): Promise<Harness> }>> = {
  'SQLite and disk': {
    skip: false,
    async create() {
      await using stack = new AsyncDisposableStack();
      const place = stack.use(await PLACES['SQLite and disk']({ EVENTS: 'on' }));
      await beginLog(place);
      const { services } = stack.use(await place.open());
      const held = stack.move();
      return {
        services,
        leftovers: (person) => inFiles(place.folder, person),
        hasVersions: false,
        hide: async () => undefined,
        [Symbol.asyncDispose]: () => held.disposeAsync(),
      };
    },
  },
  'PostgreSQL and disk': {
    skip: NO_POSTGRES,
    async create() {
      await using stack = new AsyncDisposableStack();
      const { url } = stack.use(await createOwnDatabase());
      const place = stack.use(await PLACES['SQLite and disk']({ EVENTS: 'on', DATABASE_URL: url }));
      await beginLog(place);
      const { services } = stack.use(await place.open());
      const postgres = stack.use(openPostgres({ url, connections: 1, prepares: true }));
      const held = stack.move();
      return {
        services,
        async leftovers(person) {
          const found = await inFiles(place.folder, person);
          for (const needle of person.needles) found.push(...(await tablesWith(postgres, needle)));
          return [...new Set(found)];
        },
        hasVersions: false,
        hide: async () => undefined,
        [Symbol.asyncDispose]: () => held.disposeAsync(),
      };
    },
  },
  'DynamoDB and a bucket with versions': {
    skip: NO_CLOUD,
    async create() {
      await using stack = new AsyncDisposableStack();
      const cloud = stack.use(await createCloud());
      const { client, name: Bucket } = cloud.bucket;
      await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
      const { config, secrets } = loadConfig({ ...cloud.environment, USAGE: 'on', DATA_DIR: '/tmp/safelight-no-data' });
      const { services } = stack.use(await composeSoleArchive(config, secrets, { observe: () => undefined }));
      const held = stack.move();
      return {
        services,
        leftovers: (person) => inCloud(cloud, person),
        hasVersions: true,
        hide: async (Key) => void (await client.send(new DeleteObjectCommand({ Bucket, Key }))),
        [Symbol.asyncDispose]: () => held.disposeAsync(),
      };
    },
  },
};

for (const [name, { skip, create }] of Object.entries(HARNESSES))
  describe(`${name}: the deletion of a user`, { skip }, () => {
    it('leaves the user id and the hashes of the bytes nowhere, and takes nothing of others', async () => {
      await using harness = await create();
      const { services, later } = at(harness.services);
      const ada = await addPerson(services, ADA);
      const bob = await addPerson(services, BOB);
      const bobs = (await harness.leftovers(bob)).toSorted();
      assert.ok((await harness.leftovers(ada)).length > 10, 'the scan finds what is there');

      const open = await deleteUser(services, INPUT);
      assert.equal(open.endedAt, null);
      assert.ok(await services.erasures.blocks(services.clock.now()), 'the user is blocked');
      const late = incomingKey(ADA, newImageId());
      await put(services, late, Buffer.from('by a URL that was given out before'));
      if (harness.hasVersions) await harness.hide(late);
      assert.deepEqual(await finishDeletion(services, open), open, 'before the last URL has ended');
      assert.deepEqual(await readDeletion(services, ADA), open);

      later(open.urlsEndAt.getTime() - NOW.getTime());
      const walkedTo = originalsPrefix({ userId: ADA, id: newImageId() });
      await services.coordination.setBookmark(
        'orphans',
        `${services.clock.now().getTime()} ${walkedTo}attempt/ada.jpg`,
      );
      const ended = await finishDeletion(services, open);
      assert.deepEqual(await harness.leftovers(ada), []);
      assert.deepEqual((await harness.leftovers(bob)).toSorted(), bobs);
      assert.equal(ended.endedAt?.getTime(), services.clock.now().getTime());
      assert.deepEqual(
        { ...ended.counts, objects: ended.counts.objects + ended.counts.versions, versions: 0 },
        {
          images: 10,
          objects: 24 + (harness.hasVersions ? 2 : 1),
          versions: 0,
          kept: 0,
          keys: 1,
          keysChanged: 1,
          tokenCounts: 1,
          keyUses: 1,
        },
      );
      assert.deepEqual(await readDeletion(services, ADA), ended);

      await put(services, `${originalsPrefix({ userId: ADA, id: newImageId() })}attempt/planted.jpg`, Buffer.from('x'));
      assert.notDeepEqual(await harness.leftovers(ada), [], 'the scan finds what was planted');
    });

    it('removes the counts of upload tokens although it was killed after the images were removed', async () => {
      await using harness = await create();
      const { services, later } = at(harness.services);
      await addPerson(services, ADA);
      const hasCounts = async () => (await recordsOf(services)).some(({ kind }) => kind === 'token-count');
      assert.ok(await hasCounts());
      const killed = new Error('killed');
      const end = (): never => {
        throw killed;
      };
      const deadly = new Proxy(sampleKey(), { get: end }); // keys follow the images
      const { userRecords } = services;
      const remove: typeof userRecords.remove = (user) => userRecords.remove({ ...user, keys: [deadly] });
      const open = await deleteUser(services, INPUT);
      later(HOUR_MS);
      await assert.rejects(
        finishDeletion({ ...services, userRecords: { ...userRecords, remove } }, open),
        (error) => error === killed,
      );
      assert.ok(!(await recordsOf(services)).some(({ kind }) => kind === 'image'));
      assert.ok((await finishDeletion(services, open)).endedAt);
      assert.equal(await hasCounts(), false);
    });

    it('stays open if view tokens of the user are revoked while it ends, and removes the revocation then', async () => {
      await using harness = await create();
      const { services, later } = at(harness.services);
      const { archive, userRecords } = services;
      const revocation = revocationOf({ userId: ADA, tokenId: 'v1' }, NOW);
      const hasRevocation = async () => (await recordsOf(services)).some(({ kind }) => kind === 'revocation');
      const remove: typeof userRecords.remove = async (user) => {
        const removed = await userRecords.remove(user);
        await archive.put({ kind: 'revocation', revocation });
        return removed;
      };
      const open = await deleteUser(services, INPUT);
      later(HOUR_MS);
      const waiting = await finishDeletion({ ...services, userRecords: { ...userRecords, remove } }, open);
      assert.deepEqual([waiting.endedAt, await hasRevocation()], [null, true]);
      assert.ok((await finishDeletion(services, waiting)).endedAt);
      assert.equal(await hasRevocation(), false);
    });

    it('leaves the key of an admin that acts for the user too, without the user', async () => {
      await using harness = await create();
      const { services, later } = at(harness.services);
      const admin = sampleKey({ owner: null, actsAs: [ADA], scopes: ['images:admin'] });
      const ownersKey = sampleKey({ owner: BOB, actsAs: [ADA] }); // would act for its owner without her
      for (const key of [admin, ownersKey]) await services.archive.put({ kind: 'key', key });
      const open = await deleteUser(services, INPUT);
      later(HOUR_MS);
      const { counts } = await finishDeletion(services, open);
      assert.deepEqual([counts.keys, counts.keysChanged], [1, 1]);
      assert.deepEqual(await services.keys.get(admin.id), { ...admin, actsAs: null });
      assert.equal(await services.keys.get(ownersKey.id), undefined);
    });

    it('waits for the URL of an upload that was granted while the block began, and blocks for a day longer', async () => {
      await using harness = await create();
      const { services: whole, later } = at(harness.services);
      const { erasures } = whole;
      const putDeletion = (deletion: Deletion) => {
        assert.equal(deletion.blockedUntil.getTime() - deletion.urlsEndAt.getTime(), 24 * HOUR_MS);
        return erasures.putDeletion(deletion);
      };
      const services = { ...whole, erasures: { ...erasures, putDeletion } };
      const granted = new Date(NOW.getTime() + 5 * HOUR_MS);
      await services.archive.put({ kind: 'image', image: samplePending({ userId: ADA, expiresAt: granted }) });
      const open = await deleteUser(services, { ...INPUT, blockDays: 0 });
      assert.ok(open.urlsEndAt > granted);
      later(open.urlsEndAt.getTime() - NOW.getTime());
      const expiresAt = new Date(services.clock.now().getTime() + HOUR_MS);
      await services.archive.put({ kind: 'image', image: samplePending({ userId: ADA, expiresAt }) });
      const waiting = await finishDeletion(services, open);
      assert.equal(waiting.endedAt, null);
      assert.ok(waiting.urlsEndAt > expiresAt);
      assert.deepEqual((await erasures.blocks(waiting.urlsEndAt))?.until.size, 1);
      later(waiting.urlsEndAt.getTime() - services.clock.now().getTime());
      assert.equal((await finishDeletion(services, waiting)).counts.images, 2);
    });
  });

describe('a backup from before the deletion of a user', () => {
  it('does not bring the person back, wherever it is restored; nor does it lose who came back since', async () => {
    await using target = await createTarget();
    await using place = await PLACES['SQLite and disk']();
    await using source = await place.open();
    const { services, later } = at(source.services);
    const ada = await addPerson(services, ADA);
    const bob = await addPerson(services, BOB);
    const old = newImageId(new Date('2015-06-01T12:00:00.000Z')); // as imported pictures have
    await addStored(services, samplePublished(samplePending({ userId: ADA, id: old })));
    const { id: older } = await backUp(services, target);
    const open = await deleteUser(services, INPUT);
    later(HOUR_MS);
    const { userHash } = await finishDeletion(services, open);
    const key = (await services.erasures.key()) ?? assert.fail();
    for (const erasure of await services.erasures.of(userHash)) await putErasure(target.target, { erasure, key });

    await using empty = await PLACES['SQLite and disk']();
    {
      await using restored = await empty.open();
      const { report } = await restoreFrom(target, restored.services);
      assert.deepEqual([report.images, report.erased], [5, 6]);
      assert.deepEqual(await inFiles(empty.folder, ada), []);
      assert.notDeepEqual(await inFiles(empty.folder, bob), []);
    }

    const back = new Date(open.blockedUntil.getTime() + HOUR_MS);
    // The same source was imported again: `old` is one of the ids that the erasure names.
    const ids = [newImageId(back), newImageId(new Date('2015-06-02T12:00:00.000Z')), old];
    for (const id of ids)
      await addStored(services, samplePublished(samplePending({ userId: ADA, id, expiresAt: back })));
    await services.archive.put({ kind: 'key', key: sampleKey({ owner: ADA }, back) });
    await backUp(services, target);
    await using other = await PLACES['SQLite and disk']();
    await using again = await other.open();
    const { report } = await restoreFrom(target, again.services);
    assert.deepEqual([report.images, report.erased], [8, 0]);
    for (const id of ids) assert.ok(await again.services.images.get(id));
    assert.equal((await recordsOf(again.services)).filter(({ kind }) => kind === 'key').length, 4);

    for (const [id, alreadyThere, erased] of [
      [undefined, 3, 0],
      [older, 0, 6],
    ] as const) {
      const backup = await openBackup(target.target, id);
      const here = await restoreFrom(target, services, { backup, scope: { of: 'user', userId: ADA } });
      assert.deepEqual([here.report.images, here.report.alreadyThere, here.report.erased], [0, alreadyThere, erased]);
    }
  });
});

/** As the worker of a service does. */
const carryOut = ({ operator, ...services }: Services, signal: AbortSignal): Promise<void> =>
  carryOutDeletions({ ...services, ...operator } as CarryOutServices, signal);

describe('the deletion of a user', () => {
  /** The services, which end like a process at the `count`-th call that changes something. */
  function mortal(services: SoleArchiveServices, count: number): DeletionServices & { readonly calls: () => number } {
    const all = createDyingCalls(count);
    const { dying } = all;
    return {
      ...services,
      erasures: dying(services.erasures, ['addKey', 'add', 'putDeletion']),
      images: dying(services.images, ['replace']),
      objects: dying(services.objects, ['erase']),
      userRecords: dying(services.userRecords, ['remove', 'scrub']),
      eventLog: services.eventLog && dying(services.eventLog, ['eraseUser']),
      webhooks: dying(services.webhooks, ['eraseUser']),
      calls: () => all.calls,
    };
  }

  /** One attempt, as a process makes it. */
  async function attempt(services: DeletionServices, later: () => void): Promise<Deletion> {
    const open = await deleteUser(services, INPUT);
    later();
    return finishDeletion(services, open);
  }

  it('goes on after it was killed at any point', async () => {
    let count = 0;
    for (let isWhole = false; !isWhole; count += 3) {
      await using place = await PLACES['SQLite and disk']({ EVENTS: 'on' });
      await beginLog(place);
      await using composition = await place.open();
      const { services, later } = at(composition.services);
      const stored = await addStored(services, samplePublished(samplePending({ userId: ADA })));
      await services.archive.put({ kind: 'image', image: samplePending({ userId: ADA }) });
      await put(services, `${originalsPrefix(stored)}left/ada.jpg`, Buffer.from('left'));
      const dying = mortal(services, count);
      const next = () => void later(HOUR_MS);
      isWhole = await attempt(dying, next).then(
        () => true,
        (error: unknown) => {
          assert.equal((error as Error).message, 'killed');
          return false;
        },
      );
      const ended = isWhole ? await readDeletion(services, ADA) : await attempt(services, next);
      assert.ok(ended?.endedAt, `after ${count} calls`);
      assert.equal(ended.counts.images, 2);
      assert.deepEqual(await inFiles(place.folder, { userId: ADA, needles: [ADA, stored.sha256] }), []);
    }
    assert.ok(count > 15, `expected more points than ${count}`);
  });

  it('asked for by HTTP goes on after it was killed at any point', async () => {
    let count = 0;
    for (let isWhole = false; !isWhole; count += 3) {
      await using place = await PLACES['SQLite and disk']({ EVENTS: 'on' });
      await beginLog(place);
      await using composition = await place.open();
      const { services, later } = at(composition.services);
      const stored = await addStored(services, samplePublished(samplePending({ userId: ADA })));
      const dying = mortal(services, count);
      const round = (one: DeletionServices, observe: CarryOutServices['observe']): Promise<void> =>
        carryOutDeletions({ ...one, deletionInOrder: createInOrder(), observe }, new AbortController().signal);
      isWhole = true;
      const die: CarryOutServices['observe'] = () => {
        isWhole = false;
      };
      await askDeletion({ ...services, operator: null }, { userId: ADA, actor: 'key-1' });
      await round(dying, die);
      if (isWhole) {
        later(HOUR_MS);
        await round(dying, die);
      }
      await round(services, ({ event }) => assert.fail(event));
      assert.equal(await services.objects.head(stored.objectKey), undefined, 'its bytes are removed at once');
      later(HOUR_MS);
      for (let n = 0; n < 2; n += 1) {
        await round(services, ({ event }) => assert.fail(event));
        later(HOUR_MS);
      }
      const ended = await readDeletion(services, ADA);
      assert.ok(ended?.endedAt, `after ${count} calls`);
      assert.equal(ended.askedBy, null);
      assert.equal(ended.counts.images, 1);
      assert.equal(ended.blockedUntil.getTime() - ended.startedAt.getTime(), 30 * 24 * HOUR_MS);
      assert.deepEqual(await inFiles(place.folder, { userId: ADA, needles: [ADA, stored.sha256] }), []);
    }
    assert.ok(count > 15, `expected more points than ${count}`);
  });

  it('goes on where the store denies the removal of objects, and removes them when it is repeated', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    const { services, later } = at(composition.services);
    const ada = await addPerson(services, ADA);
    const erase = async () => ({ objects: 0, versions: 0, kept: 1 });
    const denied = { ...services, objects: { ...services.objects, erase } };
    const ended = await attempt(denied, () => void later(HOUR_MS));
    assert.ok(ended.endedAt);
    assert.ok(ended.counts.kept > 0);
    assert.equal((await services.usage.usageOf(ADA)).usage.images, 0);
    assert.notDeepEqual(await inFiles(place.folder, ada), []);

    const again = await attempt(services, () => void later(HOUR_MS));
    assert.ok(again.endedAt && again.endedAt > ended.endedAt);
    assert.deepEqual(
      [again.startedAt, again.counts.images, again.counts.kept],
      [ended.startedAt, ended.counts.images, 0],
    );
    assert.deepEqual(await inFiles(place.folder, ada), []);
    assert.deepEqual(await attempt(services, () => undefined), again);
  });

  it('keeps the user blocked for as long as it is open, with few records', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    const { services, later } = at(composition.services);
    const { erasures, clock } = services;
    const open = await deleteUser(services, INPUT);
    const erase = () => Promise.reject(new Error('out of order'));
    const failing = { ...services, objects: { ...services.objects, erase } };
    later(INPUT.blockDays * 24 * HOUR_MS - HOUR_MS);
    const finish = async () => finishDeletion(failing, (await readDeletion(services, ADA)) ?? assert.fail());
    for (const [goOn, hours, records] of [
      [finish, 0, 2],
      [finish, 1, 2],
      [() => deleteUser(failing, INPUT), 24, 3],
    ] as const) {
      later(hours * HOUR_MS);
      await assert.rejects(goOn(), /out of order/);
      later(2 * HOUR_MS);
      assert.equal((await erasures.blocks(clock.now()))?.until.size, 1);
      assert.equal((await erasures.of(open.userHash)).length, records);
    }
    assert.ok((await finishDeletion(services, open)).endedAt);
  });

  it('ends the keys of the user at once, also those that act for others', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    const { services } = at(composition.services);
    const own = [
      sampleKey({ owner: ADA, actsAs: 'everyone' }),
      sampleKey({ owner: ADA, scopes: ['images:admin'] }),
    ] as const;
    const other = sampleKey({ owner: null, actsAs: [ADA, BOB] });
    for (const key of [...own, other]) await services.archive.put({ kind: 'key', key });
    await deleteUser(services, INPUT);
    for (const { id } of own) assert.ok((await services.keys.get(id))?.revokedAt);
    assert.equal((await services.keys.get(other.id))?.revokedAt, null);
  });

  it('leaves what a disk that ignores case has in the same folder for another user', { timeout: 240_000 }, async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    const { services: own, later } = at(composition.services);
    assert.equal(own.settings.ignoresCase, false);
    const services = { ...own, settings: { ...own.settings, ignoresCase: true } };
    const ada = await addPerson(services, ADA);
    const other = await addStored(services, samplePublished(samplePending({ userId: ADA.toUpperCase() })));
    const key = `${originalsPrefix({ userId: ADA, id: other.id })}attempt/other.jpg` as ObjectKey;
    await put(services, key, Buffer.from('of another user'));
    const begun = samplePending({ id: newImageId(), userId: ADA });
    await services.archive.put({ kind: 'image', image: begun });
    const { multipart } = createDiskObjectStore({ root: objectsFolder(join(place.folder, 'data')), bucket: BUCKET });
    await multipart.begin(incomingKey(ADA, begun.id), {
      contentType: 'image/jpeg',
      sizeBytes: 3,
      partBytes: 2,
      checksums: false,
    });
    await attempt(services, () => void later(HOUR_MS));
    assert.ok(await services.objects.head(key));
    assert.deepEqual(await Array.fromAsync(multipart.list(`incoming/${ADA}/`)), []);
    await services.objects.delete([key]);
    while ((await inFiles(place.folder, ada)).includes(`folder ${ADA}`)) await nextTurn(); // pruned in the background
    assert.deepEqual(await inFiles(place.folder, ada), []);

    await put(own, key, Buffer.from('without a record, on a disk that tells case apart'));
    await addStored(own, samplePublished(samplePending({ userId: ADA })));
    await attempt(own, () => void later(HOUR_MS));
    assert.equal(await own.objects.head(key), undefined);
    assert.ok(await own.objects.head(other.objectKey));
  });

  it('answers its receipt while the user is blocked, unless something came in spite of that', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    const { services, later } = at(composition.services);
    await addStored(services, samplePublished(samplePending({ userId: ADA })));
    const ended = await attempt(services, () => void later(HOUR_MS));
    assert.ok(ended.endedAt);
    later(HOUR_MS);
    assert.deepEqual(await attempt(services, () => void later(HOUR_MS)), ended);
    assert.deepEqual(await readDeletion(services, ADA), ended);
    let latest = ended;
    for (const [come, images] of [
      [() => addStored(services, samplePublished(samplePending({ userId: ADA }))), 1],
      [() => services.usage.setLimits(ADA, { bytes: 1, images: null, pending: null }), 0],
      [() => services.webhooks.create(sampleWebhook({ userId: ADA })), 0],
    ] as const) {
      await come();
      const again = await attempt(services, () => void later(HOUR_MS));
      assert.ok(again.startedAt > latest.startedAt);
      assert.deepEqual([again.counts.images, again.endedAt !== null], [images, true]);
      assert.deepEqual(await inFiles(place.folder, { userId: ADA, needles: [ADA] }), []);
      latest = again;
    }
  });

  it('begins anew if the user has come back before the files of the store forgot the user id', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    const { services, later } = at(composition.services);
    await addStored(services, samplePublished(samplePending({ userId: ADA })));
    const full: DeletionServices = {
      ...services,
      userRecords: { ...services.userRecords, scrub: () => Promise.reject(new Error('the disk is full')) },
    };
    const afterLastUrl = () => void later(HOUR_MS);
    await assert.rejects(attempt(full, afterLastUrl), /the disk is full/);
    const open = (await readDeletion(services, ADA)) ?? assert.fail();
    assert.deepEqual([open.userId, open.endedAt], [null, null]);
    assert.deepEqual(await deleteUser(services, INPUT), open, 'nothing came: only its end is left to do');

    later(open.blockedUntil.getTime() - services.clock.now().getTime());
    const back = await addStored(services, samplePublished(samplePending({ userId: ADA })));
    const ended = await attempt(services, afterLastUrl);
    assert.ok(ended.endedAt);
    assert.ok(ended.startedAt >= open.blockedUntil);
    assert.equal(ended.counts.images, 1);
    assert.equal(await services.images.get(back.id), undefined);
    assert.deepEqual(await inFiles(place.folder, { userId: ADA, needles: [ADA, back.sha256] }), []);
    assert.ok((await services.erasures.blocks(services.clock.now()))?.until.has(ended.userHash), 'blocked again');
  });

  it('stays open while deliveries with the user id still arrive', async () => {
    await using place = await PLACES['SQLite and disk']({ EVENTS: 'on' });
    await beginLog(place);
    await using composition = await place.open();
    const { services, later } = at(composition.services);
    const webhook = sampleWebhook();
    await services.webhooks.create(webhook);
    let isLate = true;
    const webhooks: typeof services.webhooks = {
      ...services.webhooks,
      async eraseUser(userId) {
        const erased = await services.webhooks.eraseUser(userId);
        if (isLate) await services.webhooks.addDeliveries([sampleDelivery(webhook, sampleEvent({ userId }))]);
        isLate = false;
        return erased;
      },
    };
    const open = await attempt({ ...services, webhooks }, () => void later(HOUR_MS));
    assert.equal(open.endedAt, null);
    assert.ok((await finishDeletion(services, open)).endedAt);
    assert.deepEqual(await inFiles(place.folder, { userId: ADA, needles: [ADA] }), []);
  });

  it('is ended by the service although another one fails', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    const { services, later } = at(composition.services);
    for (const userId of [ADA, BOB]) await deleteUser(services, { ...INPUT, userId });
    later(HOUR_MS);
    const failing = new Error('out of order');
    let calls = 0;
    const erase: typeof services.objects.erase = async (prefix) => {
      calls += 1;
      if (calls === 1) throw failing;
      return services.objects.erase(prefix);
    };
    const told: unknown[] = [];
    const running = {
      ...services,
      objects: { ...services.objects, erase },
      operator: {
        archive: services.archive,
        userRecords: services.userRecords,
        eventLog: services.eventLog,
        deletionInOrder: createInOrder(),
        webhooks: services.webhooks,
      },
      observe: (event: unknown) => told.push(event),
    };
    await carryOut(running as unknown as Services, new AbortController().signal);
    assert.deepEqual(told, [{ event: 'command-failed', error: failing }]);
    assert.equal((await services.erasures.openDeletions()).length, 1);
    await carryOut(running as unknown as Services, new AbortController().signal);
    assert.deepEqual(await services.erasures.openDeletions(), []);
  });

  it('leaves the user id in no request of a command, whether that comes before or after its end', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    const { services, later } = at(composition.services);
    const { requests, archive, userRecords } = services;
    assert.ok(requests);
    const quoted = 'person "ada" 4711';
    const person = {
      userId: quoted,
      needles: [JSON.stringify(quoted).slice(1, -1), quoted, encodeURIComponent(quoted)],
    };
    const ask = async (): Promise<string> => {
      const id = services.newId();
      const body = JSON.stringify({ user_id: quoted, block_days: 90 });
      await requests.leave({ id, kind: 'delete-user', body }, services.clock.now());
      return id;
    };
    const operator = {
      requests,
      archive,
      userRecords,
      deletionInOrder: createInOrder(),
      storedObjects: services.objects,
      handedFiles: { open: () => undefined },
    };
    const running = { ...services, operator, observe: assert.fail } as unknown as Services;
    const { signal } = new AbortController();

    const open = await deleteUser(services, { userId: quoted, blockDays: 30 });
    const left = await ask(); // by a command that was killed
    later(HOUR_MS);
    assert.ok((await finishDeletion(services, open)).endedAt);
    assert.equal(await requests.read(left), undefined);
    assert.deepEqual(await inFiles(place.folder, person), []);

    const late = await ask();
    await carryOutRequests(running, 'others', signal);
    assert.equal((await requests.read(late))?.state, 'done');
    assert.notDeepEqual(await inFiles(place.folder, person), [], 'the log has it');
    const again = await readDeletion(services, quoted);
    assert.deepEqual([again?.endedAt, again?.userId], [null, null]);
    await carryOut(running, signal);
    const ended = await readDeletion(services, quoted);
    assert.ok(ended?.endedAt);
    assert.equal(ended.blockedUntil.getTime() - ended.startedAt.getTime(), 90 * 24 * HOUR_MS, 'a longer block counts');
    assert.deepEqual(await inFiles(place.folder, person), []);
  });

  it('is carried on by one attempt at a time', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    const { services, later } = at(composition.services);
    const { requests, archive, userRecords } = services;
    assert.ok(requests);
    const [removing, isBeside, end] = [1, 2, 3].map(() => Promise.withResolvers<void>());
    assert.ok(removing && isBeside && end);
    let finishing: Promise<void> | undefined;
    const objects: typeof services.objects = {
      ...services.objects,
      async erase(prefix) {
        if (finishing) isBeside.resolve();
        await finishing; // an attempt beside it would store what it knows afterwards
        return services.objects.erase(prefix);
      },
    };
    const slow: typeof userRecords = {
      ...userRecords,
      async remove(user) {
        removing.resolve();
        await end.promise;
        return userRecords.remove(user);
      },
    };
    const operator = { requests, archive, userRecords: slow, deletionInOrder: createInOrder() };
    const running = { ...services, operator, observe: assert.fail } as unknown as Services;
    const { signal } = new AbortController();
    await deleteUser(services, INPUT);
    later(HOUR_MS);
    const ending = carryOut(running, signal);
    await removing.promise;
    finishing = ending;
    const id = services.newId();
    const body = JSON.stringify({ user_id: ADA });
    await requests.leave({ id, kind: 'delete-user', body }, services.clock.now());
    const asked = carryOutRequests({ ...running, objects }, 'others', signal);
    await Promise.race([isBeside.promise, delay(200)]);
    end.resolve();
    await Promise.all([ending, asked]);
    assert.equal((await readDeletion(services, ADA))?.userId, null, 'expected no attempt to store it again');
  });

  it('leaves no part of a row in the file that was moved before it was deleted', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    const { services, later } = at(composition.services);
    for (let n = 0; n < 300; n += 1) {
      const userId = n % 4 === 0 ? ADA : `other ${n}`;
      const description = 'x'.repeat((n * 97) % 900);
      const pending = samplePending({ userId, description, tags: [`tag ${n % 7}`] });
      await services.archive.put({ kind: 'image', image: samplePublished(pending) });
    }
    assert.notDeepEqual(await inFiles(place.folder, { userId: ADA, needles: [ADA] }), []);
    await attempt(services, () => void later(HOUR_MS));
    assert.deepEqual(await inFiles(place.folder, { userId: ADA, needles: [ADA] }), []);
  });
});
