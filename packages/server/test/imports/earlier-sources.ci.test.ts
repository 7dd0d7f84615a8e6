import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { text as readText } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { startFront } from '../../../../test/servers/front.ts';
import {
  type ImportSource,
  isFault,
  type SourceEntry,
  type SourceFault,
} from '../../src/admin/imports/import-source.ts';
import { openEarlierSource } from '../../src/admin/imports/sources/earlier/earlier.ts';
import { EARLIER_FAMILIES, type EarlierName } from '../../src/admin/imports/sources/earlier/families.ts';
import { createEarlierStores, type EarlierImage, type EarlierStores, recordOf } from './earlier-stores.fixture.ts';

const FAMILIES = Object.keys(EARLIER_FAMILIES) as EarlierName[];
const AT = new Date('2024-03-01T10:20:30.123Z');
const { signal } = new AbortController();

const imageOf = (fields: Partial<EarlierImage> = {}): EarlierImage => {
  const imageId = randomUUID();
  return {
    imageId,
    userId: 'ada',
    bytes: Buffer.from(`bytes of ${imageId}`),
    contentType: 'image/png',
    filename: 'photo 1.png',
    tags: ['sea', 'sun'],
    description: 'At the sea',
    metadata: '{"camera":"x"}',
    at: AT,
    ...fields,
  };
};

const open = (
  { family, table, bucket, dynamo, s3 }: EarlierStores,
  options: Partial<Parameters<typeof openEarlierSource>[1]> = {},
): Promise<ImportSource> =>
  openEarlierSource(family, {
    table,
    bucket,
    region: s3.region,
    credentials: s3,
    caBundle: null,
    tableEndpoint: dynamo.url,
    bucketEndpoint: s3.url,
    ...options,
  });

async function sorted(source: ImportSource) {
  const entries: SourceEntry[] = [];
  const faults: SourceFault[] = [];
  for await (const one of source.entries()) {
    if (isFault(one)) faults.push(one);
    else entries.push(one);
  }
  return { entries, faults };
}

const contentOf = async (source: ImportSource, entry: SourceEntry) => {
  const bytes = await source.open(entry, signal);
  return bytes && (await readText(bytes));
};

/** What a record of the family keeps of `imageOf()`. */
const KEPT = {
  '000': {
    at: AT,
    contentType: 'image/png',
    sizeBytes: null,
    description: { filename: 'image.png', tags: ['sea', 'sun'], description: 'At the sea', metadata: {} },
  },
  '001': {
    at: AT,
    contentType: null,
    sizeBytes: null,
    description: { filename: 'image', tags: ['sea', 'sun'], description: 'At the sea', metadata: {} },
  },
  '002': {
    at: AT,
    contentType: null,
    sizeBytes: null,
    description: { filename: 'image', tags: ['sea', 'sun'], description: 'At the sea', metadata: {} },
  },
  '003': {
    at: AT,
    contentType: 'image/png',
    sizeBytes: 'bytes of '.length + 36,
    description: { filename: 'photo 1.png', tags: [], description: null, metadata: { camera: 'x' } },
  },
  '004': {
    at: new Date('2024-03-01T10:20:30Z'),
    contentType: 'image/png',
    sizeBytes: null,
    description: { filename: 'photo 1.png', tags: ['sun'], description: null, metadata: {} },
  },
} as const satisfies Record<EarlierName, object>;

const isByUser = (family: EarlierName): boolean => family === '000' || family === '004';
const pathOf = (family: EarlierName, { userId, imageId }: Pick<EarlierImage, 'userId' | 'imageId'>): string =>
  isByUser(family) ? `${userId}/${imageId}` : imageId;

describe('an earlier service as a source', { skip: NO_CEPH || NO_DYNOXIDE }, () => {
  for (const family of FAMILIES) {
    it(`${family}: each record is an entry with all that it says, and the bytes`, async () => {
      await using stores = await createEarlierStores(family);
      const image = imageOf();
      await stores.upload(image);
      await using source = await open(stores);
      assert.equal(source.name, `earlier:${family} ${stores.table} ${stores.bucket}`);
      const { entries, faults } = await sorted(source);
      assert.deepEqual(faults, []);
      const [entry] = entries;
      assert.ok(entry);
      const { objectKey: _, ...said } = entry as SourceEntry & { objectKey: string };
      assert.deepEqual(
        [said],
        [
          {
            path: pathOf(family, image),
            userId: 'ada',
            ...KEPT[family],
            takenAt: null,
            focalPoint: null,
            formerId: image.imageId,
            id: null,
          },
        ],
      );
      assert.equal(await contentOf(source, { ...entry }), `bytes of ${image.imageId}`);
    });

    it(`${family}: users of any characters, no tags, no description, ids that are no UUIDv4`, async () => {
      await using stores = await createEarlierStores(family);
      const bare = { tags: family === '004' ? ['_none'] : [], description: null, metadata: null };
      const images = [
        imageOf({ userId: 'ünï/写 %2F+', ...bare }),
        imageOf({ userId: ' a ', imageId: 'photo-1', ...bare }),
        imageOf({ imageId: '019a0000-0000-7000-8000-000000000000', ...bare }),
      ];
      for (const image of images) await stores.upload(image);
      await using source = await open(stores);
      const { entries, faults } = await sorted(source);
      assert.deepEqual(faults, []);
      const ids = (all: readonly (string | null)[][]) => all.map((one) => JSON.stringify(one)).toSorted();
      assert.deepEqual(
        ids(entries.map(({ userId, formerId }) => [userId, formerId])),
        ids([
          [images[0]?.userId ?? '', images[0]?.imageId ?? null],
          [' a ', null],
          ['ada', null],
        ]),
      );
      for (const entry of entries) {
        assert.deepEqual([entry.description.tags, entry.description.description], [[], null]);
        assert.deepEqual(entry.description.metadata, {});
        assert.match((await contentOf(source, entry)) ?? '', /^bytes of /);
      }
      assert.equal(new Set(entries.map(({ path }) => path)).size, 3);
    });

    it(`${family}: bytes without a record come last, as faults; those of a wrong record don't`, async () => {
      await using stores = await createEarlierStores(family);
      const image = imageOf();
      const key = await stores.upload(image);
      const wrong = imageOf();
      const wrongKey = await stores.upload(wrong);
      const record = recordOf(family, wrong, wrongKey) ?? {};
      const time = family === '003' || family === '004' ? 'created_at' : 'upload_time';
      await stores.putRecord({ ...record, [time]: { S: 'yesterday' } });
      const { prefix } = EARLIER_FAMILIES[family];
      await stores.putObject(`${prefix}lost`, Buffer.from('bytes'), 'image/png');
      await stores.putObject(`${prefix}folder/`, Buffer.from(''), 'application/x-directory');
      if (family === '004') await stores.upload(imageOf({ imageId: 'without-tags', tags: [] }));
      await using source = await open(stores);
      const all = await Array.fromAsync(source.entries());
      const [first, second, ...rest] = all;
      assert.ok(first && second);
      const [entry] = [first, second].filter((one) => !isFault(one));
      const [fault] = [first, second].filter(isFault);
      assert.equal(entry?.path, pathOf(family, image));
      assert.equal(fault?.path, pathOf(family, wrong));
      assert.match(fault?.fault ?? '', new RegExp(`^expected .* in ${time}; got "yesterday"$`));
      const lost = [`${prefix}lost`, ...(family === '004' ? ['without-tags'] : [])];
      assert.deepEqual(
        rest,
        lost.map((one) => ({
          path: `${stores.bucket}/${one}`,
          fault: `expected a record of ${stores.table}; got bytes without one: ${one}`,
        })),
      );
      assert.ok(!JSON.stringify(rest).includes(key));
    });
  }

  for (const family of ['000', '001', '002'] as const) {
    it(`${family}: a record without bytes has none`, async () => {
      await using stores = await createEarlierStores(family);
      await stores.upload(imageOf({ bytes: null }));
      await using source = await open(stores);
      const { entries } = await sorted(source);
      assert.equal(entries.length, 1);
      for (const entry of entries) assert.equal(await source.open(entry, signal), undefined);
    });
  }

  for (const family of ['000', '004'] as const) {
    it(`${family}: one image_id of two users is two images`, async () => {
      await using stores = await createEarlierStores(family);
      const image = imageOf();
      await stores.upload(image);
      await stores.upload({ ...image, userId: 'bob', bytes: Buffer.from('of bob') }); // over the bytes of the other
      await using source = await open(stores);
      const { entries, faults } = await sorted(source);
      assert.deepEqual(faults, []);
      assert.deepEqual(entries.map(({ userId }) => userId).toSorted(), ['ada', 'bob']);
      assert.deepEqual(new Set(entries.map(({ formerId }) => formerId)), new Set([image.imageId]));
      for (const entry of entries) assert.equal(await contentOf(source, entry), 'of bob');
    });
  }

  it('a record that is not as its service wrote it is a fault, with the attribute and its value', async () => {
    for (const [family, change, fault] of [
      ['000', { s3_key: { N: '7' } }, 'expected a text in s3_key; got the number 7'],
      ['000', { content_type: { NULL: true } }, 'expected a text in content_type; got nothing'],
      ['000', { tags: { SS: ['a'] } }, 'expected a list of texts in tags; got a set of texts'],
      ['000', { tags: { L: [{ S: 'a' }, { M: {} }] } }, 'expected a text in tags[1]; got a map'],
      ['001', { description: { BOOL: true } }, 'expected a text in description; got true'],
      ['001', { user_id: { B: Buffer.from('a') } }, 'expected a text in user_id; got a binary'],
      [
        '001',
        { upload_time: { S: '2024-02-30T10:00:00' } },
        'expected an ISO 8601 time, as 2024-03-01T10:20:30.123456, in upload_time; got "2024-02-30T10:00:00"',
      ],
      ['002', { tags: { L: [] } }, 'expected a text in tags; got a list'],
      [
        '002',
        { description: { S: 'x'.repeat(100_000) }, s3_key: { NS: ['1'] } },
        'expected a text in s3_key; got a set of numbers',
      ],
      ['003', { size: { N: '1.5' } }, 'expected a number of bytes in size; got the number 1.5'],
      ['003', { metadata: { M: {} } }, 'expected a text in metadata; got a map'],
      ['003', { filename: { BS: [Buffer.from('a')] } }, 'expected a text in filename; got a set of binaries'],
      ['004', { created_at: { N: '1e30' } }, 'expected a number of seconds since 1970 in created_at; got the number 1'],
      ['004', { tag: { NULL: true } }, 'expected a text in tag; got nothing'],
    ] as const) {
      await using stores = await createEarlierStores(family);
      const image = imageOf();
      const key = await stores.upload(image);
      await stores.putRecord({ ...recordOf(family, image, key), ...change } as Parameters<typeof stores.putRecord>[0]);
      await using source = await open(stores);
      const { entries, faults } = await sorted(source);
      assert.deepEqual(entries, [], fault);
      const [found] = faults;
      assert.equal(found?.path, pathOf(family, image));
      assert.ok(found.fault.startsWith(fault), `${found.fault} for ${fault}`);
    }
  });

  it('times with a zone, seconds with a fraction, and metadata of any text', async () => {
    await using stores = await createEarlierStores('003');
    const given = [
      ['{"a":{"b":[1]}}', { a: { b: [1] } }],
      ['{"__proto__":{"x":1}}', JSON.parse('{"__proto__":{"x":1}}')],
      ['', {}],
      ['null', {}],
      ['[1]', { metadata: '[1]' }],
      ['camera: x', { metadata: 'camera: x' }],
      ['"x"', { metadata: '"x"' }],
    ] as const;
    for (const [index, [metadata]] of given.entries()) {
      const image = imageOf({ imageId: String(index), metadata });
      const record = recordOf('003', image, await stores.upload(image));
      await stores.putRecord({ ...record, created_at: { S: '2024-03-01T12:20:30.5+02:00' } });
    }
    await using source = await open(stores);
    const { entries, faults } = await sorted(source);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      entries.toSorted((a, b) => a.path.localeCompare(b.path)).map(({ description }) => description.metadata),
      given.map(([, expected]) => expected),
    );
    for (const { at } of entries) assert.deepEqual(at, new Date('2024-03-01T10:20:30.500Z'));

    await using seconds = await createEarlierStores('004');
    const image = imageOf();
    const record = recordOf('004', image, await seconds.upload(image));
    await seconds.putRecord({ ...record, created_at: { N: '1709288430.25' } });
    await using fine = await open(seconds);
    assert.deepEqual((await sorted(fine)).entries[0]?.at, new Date('2024-03-01T10:20:30.250Z'));
  });

  it('a table of many pages is read to its end, in the same order each time', async () => {
    await using stores = await createEarlierStores('000');
    for (let index = 0; index < 24; index += 1) await stores.upload(imageOf({ bytes: null, userId: `u${index % 5}` }));
    await using source = await open(stores, { pageItems: 4 }); // the last page says that another follows, which is empty
    const [first, second] = [await sorted(source), await sorted(source)];
    assert.equal(first.entries.length, 24);
    assert.deepEqual(first.faults, []);
    assert.deepEqual(second, first);
    await using whole = await createEarlierStores('001');
    const description = 'x'.repeat(100_000); // DynamoDB's own pages have 1 MB
    for (let index = 0; index < 25; index += 1) await whole.upload(imageOf({ bytes: null, description }));
    await using paged = await open(whole);
    assert.equal((await sorted(paged)).entries.length, 25);
  });

  it('a table that goes away in the middle ends the walk with a sentence for the operator, before any bytes are called lost', async () => {
    await using stores = await createEarlierStores('001');
    for (let index = 0; index < 6; index += 1) await stores.upload(imageOf());
    let scans = 0;
    await using front = await startFront(({ socket }) => {
      scans += 1;
      if (scans <= 2) return stores.dynamo.url;
      socket.destroy();
      return undefined;
    });
    await using source = await open(stores, { pageItems: 2, tableEndpoint: front.url, attempts: 2 });
    const seen: (SourceEntry | SourceFault)[] = [];
    const walk = async () => {
      for await (const one of source.entries()) seen.push(one);
    };
    const detail = /^The table \S+ can't be read: .*check IMPORT_DYNAMODB_ENDPOINT/;
    await assert.rejects(walk(), { code: 'unavailable', detail });
    assert.equal(seen.filter((one) => !isFault(one)).length, 4);
    assert.equal(seen.length, 4);
  });

  it('says what is wrong with table, bucket and keys', async () => {
    await using stores = await createEarlierStores('000');
    const walked = async (options: Parameters<typeof open>[1]) => {
      await using source = await open(stores, options);
      await sorted(source);
    };
    for (const [options, detail] of [
      [{ table: 'none' }, /^The table none can't be read: there is no table none at http.*IMPORT_DYNAMODB_ENDPOINT/],
      [{ bucket: 'none' }, /^The bucket none can't be read: there is no bucket none at http/],
      [{ bucketEndpoint: 'http://127.0.0.1:9' }, /can't be reached .*check IMPORT_S3_ENDPOINT/],
      [{ credentials: { ...stores.s3, secretAccessKey: 'x' } }, /set IMPORT_AWS_ACCESS_KEY_ID/],
    ] as const)
      await assert.rejects(walked(options), { code: 'unavailable', detail });
  });
});
