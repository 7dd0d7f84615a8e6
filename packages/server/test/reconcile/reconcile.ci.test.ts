import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { AppError } from '../../src/domain/errors.ts';
import { eventOf } from '../../src/domain/event/image-event.ts';
import { tombstone } from '../../src/domain/image/image.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { checkImage } from '../../src/operations/reconcile/check-image.ts';
import { createMender } from '../../src/operations/reconcile/mend.ts';
import { newImageId } from '../../src/records/images/sample-images.fixture.ts';
import { beginLog, logOf, recordsOf } from '../backups/place.ts';
import { createPlanter, openPlace, snapshotOf, storedIn } from './planted.ts';
import { describeReconcile, PLACES, run, subjectsOf, type TestPlace } from './planted-faults.ts';

const openCounting = ({ environment }: TestPlace) => openPlace({ ...environment, USAGE: 'on' });

describeReconcile('SQLite and disk');

describe('reconcile', () => {
  it('leaves objects without a record that are younger than forty days, and of known images younger than a day', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await openCounting(place);
    const { services } = composition;
    const planter = createPlanter(services);
    await planter.addSound();
    await planter.addFaults();
    const hours = (count: number): Date => new Date(Date.now() + count * 3_600_000);
    const kinds = async (now: Date) => new Set((await run(services, { now })).map(({ finding }) => finding.kind));
    const [young, older, old] = [await kinds(hours(23)), await kinds(hours(39 * 24)), await kinds(hours(41 * 24))];
    const ofRecords = ['copy-hash', 'copy-missing', 'copy-size', 'original-hash', 'original-missing', 'original-size'];
    const always = [...ofRecords, 'upload-abandoned'];
    assert.deepEqual([...young].toSorted(), always);
    const ofKnown = [
      'copy-of-ended',
      'copy-superseded',
      'original-of-ended',
      'original-superseded',
      'rendition-of-ended',
    ];
    assert.deepEqual([...older].toSorted(), [...always, ...ofKnown].toSorted());
    assert.equal(old.size, older.size + 4);
  });

  it('leaves uploads in parts that are younger than an hour, and all of them in the wrong store', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await openCounting(place);
    const { services } = composition;
    const { multipart } = services;
    const sizes = { contentType: 'image/png', sizeBytes: 9, partBytes: 9, checksums: false };
    for (let count = 0; count < 3; count += 1) await multipart.begin(incomingKey('ada', newImageId()), sizes);
    const minutes = (count: number): Date => new Date(Date.now() + count * 60_000);
    assert.deepEqual(await run(services, { now: minutes(59) }), []);
    const left = await run(services, { mode: 'mend', now: minutes(61) });
    assert.deepEqual(
      left.map(({ finding: { kind }, outcome }) => `${kind} ${outcome}`),
      Array(3).fill('upload-abandoned left'),
    );
  });

  it('leaves all of a page whose originals or records are mostly gone: the store may be the wrong one', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await openCounting(place);
    const { services } = composition;
    const planter = createPlanter(services);
    const unknown = await planter.addUnknown(25);
    const lost = await planter.addLost(25);
    const before = await snapshotOf(services);
    const left = await run(services, { mode: 'mend' });
    assert.deepEqual(subjectsOf(left), [...unknown, ...lost].toSorted());
    assert.deepEqual([...new Set(left.map(({ outcome }) => outcome))], ['left']);
    assert.deepEqual(await snapshotOf(services), before);
  });

  it('leaves lost originals of the wrong store also on small pages, whichever way they differ', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await openCounting(place);
    const { services } = composition;
    const planter = createPlanter(services);
    const lost = await planter.addLost(12);
    const shorter = await planter.addShortened(12);
    const before = await snapshotOf(services);
    const { archive } = services;
    async function* onSmallPages(options: Parameters<typeof archive.all>[0]) {
      for await (const page of archive.all(options))
        for (let start = 0; start < page.length; start += 5) yield page.slice(start, start + 5);
    }
    const left = await run({ ...services, archive: { ...archive, all: onSmallPages } }, { mode: 'mend' });
    assert.deepEqual(subjectsOf(left), [...lost, ...shorter].toSorted());
    assert.deepEqual([...new Set(left.map(({ outcome }) => outcome))], ['left']);
    assert.deepEqual(await snapshotOf(services), before);
  });

  it("ends with an error if a record can't be looked at now, and passes over no object", async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await openCounting(place);
    const { services } = composition;
    await createPlanter(services).addSound();
    const busy = new AppError('unavailable', 'expected the table to accept the request; got a request to slow down');
    const images = { ...services.images, getToChange: () => Promise.reject(busy) };
    await assert.rejects(run({ ...services, images }), busy);
  });

  it('leaves the few objects of a small store whose images all have no record, as the sweeper does', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await openCounting(place);
    const { services } = composition;
    const unknown = await createPlanter(services).addUnknown(5);
    const left = await run(services, { mode: 'mend' });
    assert.deepEqual(subjectsOf(left), unknown.toSorted());
    assert.deepEqual([...new Set(left.map(({ outcome }) => outcome))], ['left']);
  });

  it('leaves an object whose record was brought back after it was found', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await openCounting(place);
    const { services } = composition;
    const planter = createPlanter(services);
    await planter.addSound();
    const [sound] = await storedIn(services);
    if (!sound) assert.fail();
    const { id: imageId, objectKey: key } = sound;
    const mender = createMender(services);
    assert.equal(await mender.mend({ kind: 'original-without-record', key, imageId }), false);
    assert.ok(await services.objects.head(key));
    await planter.addFaults();
    const found = (await run(services)).map(({ finding }) => finding);
    const orphan = found.find(({ kind }) => kind === 'original-without-record');
    if (!orphan || !('key' in orphan)) assert.fail();
    assert.equal(await mender.mend(orphan), true);
    assert.equal(await services.objects.head(orphan.key), undefined);
  });

  it('tells of a record that it cannot read, and leaves it and its objects', async () => {
    await using place = await PLACES['SQLite and disk']();
    const spoiled = await (async () => {
      await using composition = await openCounting(place);
      await createPlanter(composition.services).addSound();
      const [first] = await storedIn(composition.services);
      return first ?? assert.fail();
    })();
    using database = new DatabaseSync(join(place.environment['DATA_DIR'] ?? '', 'safelight.db'));
    database.prepare("UPDATE images SET metadata = 'no JSON' WHERE id = ?").run(spoiled.id);
    await using composition = await openCounting(place);
    const { services } = composition;
    const left = await run(services, { mode: 'mend' });
    assert.deepEqual(subjectsOf(left), [`unreadable-record ${spoiled.id}`]);
    assert.deepEqual(
      left.map(({ outcome }) => outcome),
      ['left'],
    );
    assert.ok(await services.objects.head(spoiled.objectKey));
  });

  it('tells of each image that it changes in the log of events', async () => {
    await using place = await PLACES['SQLite and disk']();
    const environment = { ...place.environment, EVENTS: 'on' };
    await beginLog({ environment });
    await using composition = await openPlace(environment);
    const { services } = composition;
    const planter = createPlanter(services);
    await planter.addSound();
    await planter.addFaults();
    const imagesOf = async () =>
      (await recordsOf(services)).flatMap((record) => (record.kind === 'image' ? [record.image] : []));
    const images = await imagesOf();
    const before = await logOf(services);
    await run(services, { mode: 'mend' });
    const { log, events } = await logOf(services, before.until);
    assert.equal(log, before.log);
    const known = new Map(images.map((image) => [image.id, image]));
    const expected = (await imagesOf()).map((image) => eventOf(known.get(image.id), image)).filter((event) => event);
    assert.ok(expected.length > 0);
    assert.deepEqual(
      events.map(({ imageId }) => imageId).toSorted(),
      expected.map((event) => event?.imageId).toSorted(),
    );
  });

  it('mends nothing that has become right meanwhile', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using composition = await openCounting(place);
    const { services } = composition;
    const planter = createPlanter(services);
    await planter.addFaults();
    const findings = (await run(services)).map(({ finding }) => finding);
    const mender = createMender(services);
    for (const finding of findings) {
      if (!('image' in finding)) continue;
      const image = await services.images.get(finding.image.id);
      if (image && image.status !== 'deleted') await services.images.replace(image, tombstone(image, new Date()));
      assert.equal(await mender.mend(finding), false, finding.kind);
      assert.deepEqual(await checkImage(services, finding.image, { compare: 'bytes' }), [], finding.kind);
    }
  });
});
