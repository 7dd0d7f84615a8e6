import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { skipWithout } from '../../../../test/servers/installed.ts';
import { AppError } from '../../src/domain/errors.ts';
import { type Details, type Facts, NO_DETAILS, READER } from '../../src/domain/facts/facts.ts';
import type { WallClock } from '../../src/domain/facts/wall-clock.ts';
import {
  describe as described,
  isPublished,
  type PublishedImage,
  type ReadyImage,
  retagged,
  trash,
} from '../../src/domain/image/image.ts';
import { parseImageId } from '../../src/domain/image/image-id.ts';
import { createImaging } from '../../src/imaging/create-imaging.ts';
import { fillFacts } from '../../src/operations/upkeep/fill-facts.ts';
import { requestFacts } from '../../src/operations/upkeep/request-facts.ts';
import { readReading } from '../../src/records/coordination/facts-bookmarks.ts';
import { imageKey } from '../../src/records/dynamodb/item-keys.ts';
import { giveAttributes, NEWER } from '../../src/records/dynamodb/raw-item.fixture.ts';
import { NOW } from '../../src/records/images/sample-images.fixture.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import type { Services } from '../../src/services.ts';
import { json, post } from '../services/service.ts';
import { datedPicture } from './dated-pictures.ts';
import { createFilledFolder, createFilledTable, type FilledRecords, type FilledService } from './filled-service.ts';

const SIGNAL = new AbortController().signal;
const PICTURE = await datedPicture();
const TAKEN = '2024-07-14T18:22:31.000';
const DAY_MS = 24 * 3_600_000;
const BY_HAND = '2019-05-04T10:00:00.000' as WallClock;

describe('facts of images that are there already, on SQLite', () => {
  describeReading(createFilledFolder);

  it('are told by no event', async () => {
    await using records = await createFilledFolder();
    await using service = await records.start('', { EVENTS: 'on' });
    await unread(service, await uploaded(service));
    const eventsOf = async () => (await (await service.request('/events')).json()) as { events: object[] };
    const { events } = await eventsOf();
    assert.ok(events.length > 0);
    await readAll(service);
    assert.deepEqual((await eventsOf()).events, events);
  });
});

describe('facts of images that are there already, on DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeReading(() => createFilledTable(server.dynamo));

  it('are left to the later version that has written the image meanwhile', async () => {
    await using records = await createFilledTable(server.dynamo);
    await using service = await records.start('');
    const image = await unread(service, await uploaded(service));
    const other = await unread(service, await uploaded(service));
    await asked(service);
    const services = withPages(service.services, async (images) => {
      if (!images.some(({ id }) => id === image.id)) return;
      assert.ok(await service.services.images.replace(image, described(image, { tags: ['sea'] }, NOW)));
      await giveAttributes(records.table, imageKey(image.id), NEWER);
    });
    await fillFacts(services, { holder: 'one', signal: SIGNAL });
    const now = await service.services.images.get(image.id);
    assert.ok(now?.status === 'ready');
    assert.deepEqual([now.revision, now.facts], [image.revision + 1, null]);
    assert.deepEqual(skipped(service), [image.id]);
    assert.equal((await recordOf(service, other)).facts?.taken?.at, TAKEN);
  });
});

function describeReading(create: () => Promise<FilledRecords>): void {
  it('are read once, of ready and trashed images that lack them, and nothing else of an image changes', async () => {
    await using records = await create();
    await using service = await records.start('');
    const link = { ...json({ what: 'original' }, { 'x-user-id': 'ada' }) };
    const read = await uploaded(service);
    const details = await detailsOf(service, read);
    const first = await uploaded(service);
    assert.equal((await service.request(`/images/${first.id}/links`, link)).status, 201);
    assert.equal((await service.request(`/images/${first.id}/renditions/thumb`)).status, 200);
    const plain = await uploaded(service, 'image/png');
    const second = await uploaded(service);
    assert.equal((await service.request(`/images/${second.id}/trash`, { method: 'POST' })).status, 200);
    const lacking = [];
    for (const image of [first, plain, second]) lacking.push(await unread(service, await recordOf(service, image)));
    const files = await service.storedFiles();

    await readAll(service);
    for (const image of lacking) {
      const now = await recordOf(service, image);
      const isDated = image.contentType === 'image/jpeg';
      assert.deepEqual(now, {
        ...image,
        facts: isDated ? read.facts : plain.facts,
        hasDetails: isDated,
        revision: image.revision + 1,
      });
      assert.deepEqual(await detailsOf(service, now), isDated ? details : null);
    }
    assert.deepEqual(await recordOf(service, read), read);
    assert.deepEqual(await service.storedFiles(), files);
    assert.deepEqual(filled(service), [{ images: 4, read: 3, skipped: 0 }]);
    await records.requireAgreement(service);

    await fillFacts(service.services, { holder: 'two', signal: SIGNAL });
    assert.equal(filled(service).length, 1, 'it is done');
    await readAll(service);
    assert.deepEqual(filled(service).at(-1), { images: 4, read: 0, skipped: 0 }, 'asked again, it finds nothing to do');
  });

  it('are read if an earlier reader read them, and not if a later one did', async () => {
    await using records = await create();
    await using service = await records.start('');
    const [early, late] = [await uploaded(service), await uploaded(service)];
    assert.ok(early.facts && late.facts);
    const former = await replaced(service, early, { facts: { ...early.facts, reader: 0, camera: 'Former' } });
    const latter = await replaced(service, late, { facts: { ...late.facts, reader: READER + 1, camera: 'Latter' } });
    await readAll(service);
    const now = await recordOf(service, former);
    assert.deepEqual(now.facts, early.facts);
    assert.deepEqual(await recordOf(service, latter), latter);
  });

  it('keep what somebody set by hand, and members of a later version', async () => {
    await using records = await create();
    await using service = await records.start('');
    const image = await uploaded(service);
    const details = await detailsOf(service, image);
    assert.ok(image.facts && details);
    const facts: Facts = { ...image.facts, reader: 0, taken: null, takenByHand: BY_HAND, unknown: { later: 1 } };
    const positionByHand = { latitude: 1, longitude: 2 };
    const set: Details = { ...details, title: 'Former', positionByHand, unknown: { later: 2 } };
    await replaced(service, image, { facts }, set);
    const bare = await unread(service, await uploaded(service, 'image/png'));
    const removed: Details = { ...NO_DETAILS, positionByHand: null };
    await replaced(service, bare, { hasDetails: true }, removed);
    await readAll(service);
    const now = await recordOf(service, image);
    assert.deepEqual(now.facts, { ...image.facts, takenByHand: BY_HAND, unknown: { later: 1 } });
    assert.deepEqual(await detailsOf(service, now), { ...details, positionByHand, unknown: { later: 2 } });
    assert.deepEqual(await detailsOf(service, await recordOf(service, bare)), removed);
  });

  it('have no date later than a day after the upload, however late they are read', async () => {
    await using records = await create();
    await using service = await records.start('');
    const day = 24 * 3_600_000;
    const dated = Date.parse(`${TAKEN}Z`);
    const [before, within] = [
      await unread(service, await uploaded(service)),
      await unread(service, await uploaded(service)),
    ];
    await replaced(service, before, { uploadedAt: new Date(dated - day - 1) });
    await replaced(service, within, { uploadedAt: new Date(dated - day) });
    await readAll(service);
    const takenOf = async (image: PublishedImage) => (await recordOf(service, image)).facts?.taken?.at;
    assert.deepEqual([await takenOf(before), await takenOf(within)], [undefined, TAKEN]);
  });

  it('are read on by another holder after a stop, also within a page, and each picture once', async () => {
    await using records = await create();
    await using service = await records.start('');
    const images = await manyUnread(service, 11);
    await asked(service);
    let [rounds, reads] = [0, 0];
    while (filled(service).length === 0) {
      rounds += 1;
      assert.ok(rounds < 50);
      const [stop, before] = [new AbortController(), reads];
      const services = withReadings(
        withPages(service.services, async () => undefined, 6),
        async (read) => {
          reads += 1;
          stop.abort();
          return read();
        },
      );
      await fillFacts(services, { holder: `holder ${rounds}`, signal: stop.signal });
      assert.ok(reads - before <= 4, 'those that had begun');
      const walk = (await readReading(service.services.coordination))?.walk;
      assert.ok(walk?.pass !== 1 || walk.images <= reads, 'the rest of a page is not left out');
    }
    assert.ok(rounds >= 3, `${rounds} rounds`);
    assert.equal(reads, images.length);
    assert.deepEqual(filled(service), [{ images: images.length, read: images.length, skipped: 0 }]);
    for (const image of images) assert.equal((await recordOf(service, image)).facts?.taken?.at, TAKEN);
    await records.requireAgreement(service);
  });

  it('are read by one of two holders', async () => {
    await using records = await create();
    await using service = await records.start('');
    const images = await manyUnread(service, 5);
    await asked(service);
    let reads = 0;
    const services = withReadings(service.services, (read) => {
      reads += 1;
      return read();
    });
    await Promise.all(['one', 'two'].map((holder) => fillFacts(services, { holder, signal: SIGNAL })));
    assert.equal(reads, images.length);
    assert.equal(filled(service).length, 1);
  });

  it('are read of an image that a walk missed, as one that is restored may be, by another pass', async () => {
    await using records = await create();
    await using service = await records.start('');
    const [missed, other] = await manyUnread(service, 2);
    assert.ok(missed && other);
    await asked(service);
    let isMissed = true;
    const { images } = service.services;
    const published: typeof images.published = async (limit, after) => {
      const page = await images.published(limit, after);
      const left = page.images.filter(({ id }) => !isMissed || id !== missed.id);
      isMissed = isMissed && page.next !== null;
      return { ...page, images: left };
    };
    const services = { ...service.services, images: { ...images, published } };
    await fillFacts(services, { holder: 'one', signal: SIGNAL });
    for (const image of [missed, other]) assert.equal((await recordOf(service, image)).facts?.taken?.at, TAKEN);
    assert.deepEqual(filled(service), [{ images: 2, read: 2, skipped: 0 }]);
  });

  it('are read of all images, whatever changes while a picture is read', async () => {
    await using records = await create();
    await using service = await records.start('');
    const images = await manyUnread(service, 12);
    await asked(service);
    const changed = new Set<string>();
    const changing = withPages(service.services, async (page) => {
      for (const [nth, image] of images.entries()) {
        if (nth % 2 === 1 || changed.has(image.id) || !page.some(({ id }) => id === image.id)) continue;
        changed.add(image.id);
        await changeBeside(service, image, nth);
      }
    });
    const services = withReadings(changing, async (read, path) => {
      const said = await read();
      const nth = images.findIndex(({ id }) => path.includes(id));
      const [image] = images.slice(nth, nth + 1);
      if (image && nth % 2 === 1) await changeBeside(service, image, nth);
      return said;
    });
    await fillFacts(services, { holder: 'one', signal: SIGNAL });
    for (const [index, image] of images.entries()) {
      const now = await service.services.images.get(image.id);
      if (index % 6 < 2) assert.equal(now?.status, 'deleted');
      else assert.ok(now && isPublished(now) && now.facts?.taken?.at === TAKEN, `${index}`);
      if (index % 6 >= 4) assert.ok(now && isPublished(now) && now.tags.includes('sea'), `${index}`);
    }
    assert.deepEqual(skipped(service), []);
    await records.requireAgreement(service);
  });

  it('are read of an image of a copied bucket that is trashed before its original is read', async () => {
    await using records = await create();
    await using service = await records.start('');
    const [found] = await manyUnread(service, 1);
    assert.ok(found);
    const image = await replaced(service, found, { objectTag: 'of the former bucket' });
    await asked(service);
    let isFirst = true;
    const services = withPages(service.services, async (page) => {
      if (isFirst && page.length > 0) assert.ok(await service.services.images.replace(image, trash(image, NOW, NOW)));
      isFirst = isFirst && page.length === 0;
    });
    await fillFacts(services, { holder: 'one', signal: SIGNAL });
    const now = await recordOf(service, image);
    assert.deepEqual([now.status, now.facts?.taken?.at], ['trashed', TAKEN]);
    assert.deepEqual(skipped(service), []);
  });

  it('are skipped of an image whose original is gone or damaged, which is told', async () => {
    await using records = await create();
    await using service = await records.start('');
    const [gone, damaged, fine] = await manyUnread(service, 3);
    assert.ok(gone && damaged && fine);
    await service.services.objects.delete([gone.objectKey]);
    await damage(service, damaged);
    await readAll(service);
    assert.deepEqual(filled(service), [{ images: 3, read: 1, skipped: 2 }]);
    assert.deepEqual(new Set(skipped(service)), new Set([gone.id, damaged.id]));
    for (const image of [gone, damaged]) assert.deepEqual(await recordOf(service, image), image);
    assert.equal((await recordOf(service, fine)).facts?.taken?.at, TAKEN);
  });

  it('are skipped of an image that hangs the decoder', { skip: skipWithout('mkfifo') }, async () => {
    await using records = await create();
    await using service = await records.start('');
    const [hostile, fine] = await manyUnread(service, 2);
    assert.ok(hostile && fine);
    await using folder = await mkdtempDisposable(join(tmpdir(), 'hanging-'));
    const pipe = join(folder.path, 'pipe'); // a pipe without a writer: its reader hangs in a thread
    await promisify(execFile)('mkfifo', [pipe]);
    await using hanging = createImaging({ timeoutSeconds: 1 });
    const services = withReadings(service.services, (read, path) =>
      path.includes(hostile.id) ? hanging.readFacts(pipe, 'image/jpeg', { latest: NOW }) : read(),
    );
    await asked(service);
    await fillFacts(services, { holder: 'one', signal: SIGNAL });
    assert.deepEqual(filled(service), [{ images: 2, read: 1, skipped: 1 }]);
    assert.deepEqual(new Set(skipped(service)), new Set([hostile.id]));
  });

  it('are read later if the store is away, however long, and without a retry at once', async () => {
    await using records = await create();
    await using service = await records.start('');
    const images = await manyUnread(service, 10);
    await asked(service);
    const { objects } = service.services;
    let calls = 0;
    const away = async () => {
      calls += 1;
      throw new AppError('unavailable', 'the store is away');
    };
    const services = { ...service.services, objects: { ...objects, checkOut: away, check: away } };
    for (let round = 1; round <= 5; round += 1) {
      await fillFacts(services, { holder: 'one', signal: SIGNAL });
      assert.equal(postponed(service), round);
      const before = calls;
      await fillFacts(services, { holder: 'one', signal: SIGNAL });
      assert.equal(calls, before, 'it backs off');
      service.clock.offsetMs += 3_600_000;
    }
    assert.ok(calls < 5 * images.length, `${calls} calls`);
    await fillFacts(service.services, { holder: 'one', signal: SIGNAL });
    assert.deepEqual(filled(service), [{ images: images.length, read: images.length, skipped: 0 }]);
    assert.deepEqual(skipped(service), []);
  });

  for (const [code, isSkipped] of [
    ['unavailable', true],
    ['overloaded', false],
    ['insufficient-storage', false],
  ] as const)
    it(`${isSkipped ? 'are skipped of' : 'wait for'} one original that is ${code} again and again`, async () => {
      await using records = await create();
      await using service = await records.start('');
      const [bad, fine] = await manyUnread(service, 2);
      assert.ok(bad && fine);
      await asked(service);
      const { objects } = service.services;
      const checkOut: typeof objects.checkOut = async (key, options) => {
        if (key === bad.objectKey) throw new AppError(code, 'an input/output error');
        return objects.checkOut(key, options);
      };
      const services = { ...service.services, objects: { ...objects, checkOut } };
      for (let round = 0; round < 30; round += 1) {
        await fillFacts(services, { holder: 'one', signal: SIGNAL });
        service.clock.offsetMs += DAY_MS;
      }
      assert.deepEqual(filled(service), isSkipped ? [{ images: 2, read: 1, skipped: 1 }] : []);
      assert.deepEqual(new Set(skipped(service)), new Set(isSkipped ? [bad.id] : []));
      if (!isSkipped) await fillFacts(service.services, { holder: 'one', signal: SIGNAL });
      assert.equal((await recordOf(service, fine)).facts?.taken?.at, TAKEN);
    });

  it('are skipped at once of originals that are larger than all temporary space, which is told', async () => {
    await using records = await create();
    await using service = await records.start('');
    const [found, fine] = await manyUnread(service, 2);
    assert.ok(found && fine);
    const large = await replaced(service, found, { sizeBytes: PICTURE.length + 1 });
    await asked(service);
    const { objects, settings } = service.services;
    const fetched: string[] = [];
    const checkOut: typeof objects.checkOut = (key, options) => {
      fetched.push(key);
      return objects.checkOut(key, options);
    };
    await fillFacts(
      {
        ...service.services,
        objects: { ...objects, checkOut },
        settings: { ...settings, maxTemporaryBytes: PICTURE.length },
      },
      { holder: 'one', signal: SIGNAL },
    );
    assert.deepEqual(fetched, [fine.objectKey]);
    assert.deepEqual(filled(service), [{ images: 2, read: 1, skipped: 1 }]);
    assert.deepEqual(new Set(skipped(service)), new Set([large.id]));
    const [told] = service.events.filter((event) => event.event === 'facts-skipped');
    assert.match(String(told?.error), /MAX_TEMPORARY_MB/);
    assert.equal((await readReading(service.services.coordination))?.walk?.noRoom, 1);
    assert.equal(postponed(service), 0);
    assert.deepEqual(await recordOf(service, large), large);
    await records.requireAgreement(service);
  });

  for (const code of ['unavailable', 'overloaded'] as const)
    it(`are read behind a time in which all is ${code}, though then one original fails once more`, async () => {
      await using records = await create();
      await using service = await records.start('');
      const [shaky, fine] = await manyUnread(service, 2);
      assert.ok(shaky && fine);
      await asked(service);
      const { objects } = service.services;
      const fail = async () => {
        throw new AppError(code, 'the store is away, or the disk is full');
      };
      const check = code === 'unavailable' ? fail : objects.check;
      const services = { ...service.services, objects: { ...objects, checkOut: fail, check } };
      for (let round = 0; round < 5; round += 1) {
        await fillFacts(services, { holder: 'one', signal: SIGNAL });
        service.clock.offsetMs += DAY_MS;
      }
      const checkOut: typeof objects.checkOut = async (key, options) => {
        if (key === shaky.objectKey) throw new AppError('unavailable', 'an input/output error');
        return objects.checkOut(key, options);
      };
      await fillFacts({ ...service.services, objects: { ...objects, checkOut } }, { holder: 'one', signal: SIGNAL });
      service.clock.offsetMs += DAY_MS;
      await fillFacts(service.services, { holder: 'one', signal: SIGNAL });
      assert.deepEqual(filled(service), [{ images: 2, read: 2, skipped: 0 }]);
      assert.deepEqual(skipped(service), []);
      assert.equal(postponed(service), 6);
    });

  it('are read behind many originals in a row that stay unavailable', async () => {
    await using records = await create();
    await using service = await records.start('');
    const images = await manyUnread(service, 12);
    await asked(service);
    const { objects } = service.services;
    const fine = images.slice(-2).map(({ objectKey }) => objectKey);
    const checkOut: typeof objects.checkOut = async (key, options) => {
      if (!fine.includes(key)) throw new AppError('unavailable', 'an input/output error');
      return objects.checkOut(key, options);
    };
    const services = { ...service.services, objects: { ...objects, checkOut } };
    for (let round = 0; round < 8; round += 1) {
      await fillFacts(services, { holder: 'one', signal: SIGNAL });
      service.clock.offsetMs += 3_600_000;
    }
    assert.equal(new Set(skipped(service)).size, 10);
    for (const image of images.slice(-2)) assert.equal((await recordOf(service, image)).facts?.taken?.at, TAKEN);
  });

  it('are read by a scheduled worker also if its sweep fails', async () => {
    await using records = await create();
    await using service = await records.start('');
    await manyUnread(service, 2);
    await asked(service);
    const due = () => Promise.reject(new Error('an unreadable index'));
    const services = { ...service.services, images: { ...service.services.images, due } };
    await assert.rejects(sweepOnce(services, { holder: 'function', signal: SIGNAL }), /an unreadable index/);
    assert.deepEqual(filled(service), [{ images: 2, read: 2, skipped: 0 }]);
  });

  it('are left to a process of the version that asked, and a request joins one that runs', async () => {
    await using records = await create();
    await using service = await records.start('');
    await manyUnread(service, 1);
    const { coordination } = service.services;
    const later = { id: 'later', askedAt: NOW, reader: READER + 1, generation: 'g', unknown: [1] };
    await coordination.setBookmark('facts-asked', JSON.stringify(later));
    assert.equal((await requestFacts(service.services)).request.id, 'later', 'joined');
    await fillFacts(service.services, { holder: 'one', signal: SIGNAL });
    assert.deepEqual(filled(service), []);
    await coordination.setBookmark('facts-asked', JSON.stringify({ ...later, reader: 0 }));
    const { request } = await requestFacts(service.services);
    assert.notEqual(request.id, 'later', 'replaced');
    assert.equal(request.reader, READER);
    await begun(service);
    await fillFacts(service.services, { holder: 'one', signal: SIGNAL });
    const reading = await readReading(coordination);
    assert.deepEqual([reading?.request, reading?.walk?.id], [request, request.id]);
    assert.ok(reading?.walk?.doneAt);
    assert.notEqual((await requestFacts(service.services)).request.id, request.id, 'it is done: anew');
  });
}

async function uploaded(service: FilledService, type: 'image/jpeg' | 'image/png' = 'image/jpeg'): Promise<ReadyImage> {
  const bytes = type === 'image/jpeg' ? PICTURE : new Uint8Array(await testImage({ type, width: 40, height: 30 }));
  const answer = await service.request('/images/upload?user_id=ada', post(bytes, type));
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const id = parseImageId((JSON.parse(text) as { image_id: string }).image_id);
  assert.ok(id);
  const image = await service.services.images.get(id);
  assert.ok(image?.status === 'ready');
  return image;
}

/** As an earlier version left it. */
const unread = <Current extends PublishedImage>(service: FilledService, image: Current): Promise<Current> =>
  replaced(service, image, { facts: null, hasDetails: false }, null);

async function manyUnread(service: FilledService, count: number): Promise<ReadyImage[]> {
  const images: ReadyImage[] = [];
  for (let nth = 0; nth < count; nth += 1) images.push(await unread(service, await uploaded(service)));
  return images;
}

/** Without a change that clients see. */
async function replaced<Current extends PublishedImage>(
  { services }: FilledService,
  image: Current,
  fields: Partial<PublishedImage>,
  details?: Details | null,
): Promise<Current> {
  const to = { ...image, ...fields } as Current;
  assert.ok(await services.images.replace(image, to, { details }));
  return to;
}

async function recordOf({ services }: FilledService, { id }: PublishedImage): Promise<PublishedImage> {
  const image = await services.images.get(id);
  assert.ok(image && isPublished(image));
  return image;
}

const detailsOf = ({ services }: FilledService, image: PublishedImage): Promise<Details | null> =>
  services.images.details(image);

async function readAll(service: FilledService): Promise<void> {
  await asked(service);
  await fillFacts(service.services, { holder: 'one', signal: SIGNAL });
}

/** Where images have places, the walk has begun, and other processes know of it. */
async function asked(service: FilledService): Promise<void> {
  await requestFacts(service.services);
  if (service.services.images.places) await begun(service);
}

async function begun(service: FilledService): Promise<void> {
  await fillFacts(service.services, { holder: 'one', signal: SIGNAL });
  service.waitForOthers();
}

/** Small pages; `happening` after each was read, before its images are. */
const withPages = (
  services: Services,
  happening: (images: readonly PublishedImage[]) => Promise<void>,
  size = 100,
): Services => ({
  ...services,
  images: {
    ...services.images,
    async published(_, position) {
      const page = await services.images.published(size, position);
      await happening(page.images);
      return page;
    },
  },
});

type Reading = ReturnType<Services['imaging']['readFacts']>;

/** `around`: called with each reading and the path of the original, which has the image's id. */
const withReadings = (services: Services, around: (read: () => Reading, path: string) => Reading): Services => ({
  ...services,
  imaging: {
    ...services.imaging,
    async readFacts(source, type, options) {
      const { path } = typeof source === 'string' ? { path: source } : await source.fetch(SIGNAL);
      return around(() => services.imaging.readFacts(path, type, options), path);
    },
  },
});

/** Another change for each of six. */
async function changeBeside({ services, request }: FilledService, image: ReadyImage, nth: number): Promise<void> {
  const { images } = services;
  const kind = Math.floor((nth % 6) / 2);
  if (kind === 0) assert.equal((await request(`/images/${image.id}`, { method: 'DELETE' })).status, 200);
  else if (kind === 1) {
    const retaggedImage = retagged(image, 'another');
    assert.ok(await images.replace(image, retaggedImage));
    assert.ok(await images.replace(retaggedImage, trash(retaggedImage, NOW, NOW)));
  } else {
    const change = { ...json({ tags: ['sea'] }), method: 'PATCH' };
    assert.equal((await request(`/images/${image.id}`, change)).status, 200);
  }
}

async function damage({ services }: FilledService, { objectKey }: ReadyImage): Promise<void> {
  const { objects, staging } = services;
  await objects.delete([objectKey]);
  await using file = await staging.stage(Readable.from([Buffer.from('other bytes')]), { maxBytes: 100 });
  await objects.put(objectKey, file, { contentType: 'image/jpeg' });
}

const filled = ({ events }: FilledService) =>
  events.flatMap((event) => {
    if (event.event !== 'facts-filled') return [];
    const { images, read, skipped: left } = event;
    return [{ images, read, skipped: left }];
  });

/** In each pass. */
const skipped = ({ events }: FilledService): string[] =>
  events.flatMap((event) => (event.event === 'facts-skipped' ? [event.imageId] : []));

const postponed = ({ events }: FilledService): number =>
  events.filter(({ event }) => event === 'facts-postponed').length;
