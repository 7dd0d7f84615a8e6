import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage, truncated } from '../../../../test/pictures/test-images.ts';
import { EARLIER_FAMILIES, type EarlierName } from '../../src/admin/imports/sources/earlier/families.ts';
import { createOperator, type Operator } from '../backups/operator.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { createEarlierStores, type EarlierImage, type EarlierStores, recordOf } from './earlier-stores.fixture.ts';

const AT = new Date('2024-03-01T10:20:30.123Z');
const FAMILIES = Object.keys(EARLIER_FAMILIES) as EarlierName[];

/** What these clients asked for with the id of an image, the delete last. */
const REQUESTS: Record<EarlierName, (id: string) => readonly (readonly [path: string, init?: RequestInit])[]> = {
  '000': (id) => [
    [`/images/${id}/download`],
    [`/images/${id}/download?user_id=ada`],
    [`/images/${id}/download?user_id=mallory`],
    [`/images/${id}?user_id=ada`, { method: 'DELETE' }],
    [`/images/${id}/download`],
  ],
  '001': (id) => [
    [`/images/${id}`],
    [`/images/${id}/download`],
    [`/images/${id}`, { method: 'DELETE' }],
    [`/images/${id}`],
    [`/images/${id}`, { method: 'DELETE' }],
  ],
  '002': (id) => [
    [`/images/${id}/download`],
    [`/images/${id}?user_id=ada`, { method: 'DELETE' }],
    [`/images/${id}/download`],
  ],
  '003': (id) => [
    [`/images/${id}`],
    [`/images/${id}`, { headers: { Range: 'bytes=0-9' } }],
    [`/images/${id}?download=true`],
    [`/images/${id}?download=True`],
    [`/images/${id}`, { method: 'DELETE', headers: { 'X-User-Id': 'mallory' } }],
    [`/images/${id}`, { method: 'DELETE', headers: { 'X-User-Id': 'ada' } }],
    [`/images/${id}`, { method: 'DELETE', headers: { 'X-User-Id': 'ada' } }],
  ],
  '004': (id) => [
    [`/images/${id}`],
    [`/images/${id}/`],
    [`/images/${id}`, { method: 'DELETE', headers: { 'user-id': 'ada' } }],
    [`/images/${id}`],
  ],
};

/** Their lists, by the image's content type. */
const LISTS: Record<EarlierName, readonly string[]> = {
  '000': ['/images?user_id=ada&tag=sea', '/images?user_id=ada&start_date=2024-03-01T00:00:00&end_date=2024-03-02'],
  '001': ['/images?user_id=ada&tag=sun', '/images'],
  '002': ['/images?tag=sea', '/images?start_date=2024-01-01&end_date=2024-12-31'],
  '003': ['/images?user_id=ada&content_type=image/png&limit=10'],
  '004': ['/images/?user_id=ada&tag=sun'],
};

interface Json {
  readonly [name: string]: unknown;
}

/** What differs between any two uploads. */
const normal = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>')
    .replaceAll(/([?&](?:v|s|sig|signature|X-Amz-[A-Za-z-]+|exp|expires|e)=)[^&"]*/gi, '$1<signed>');

/** An answer, with the bytes behind its presigned URL. */
async function answerOf(origin: string, path: string, init?: RequestInit): Promise<string> {
  const answer = await fetch(`${origin}${path}`, init);
  const [status, type] = [answer.status, answer.headers.get('content-type')];
  if (!type?.includes('json')) return JSON.stringify({ status, type, bytes: await digest(answer) });
  const { download_url, presigned_url, ...json } = (await answer.json()) as Json;
  const url = download_url ?? presigned_url;
  const behind = url === undefined ? null : await fetch(String(url)).then(digest);
  return normal({
    status,
    type,
    names: [download_url && 'download_url', presigned_url && 'presigned_url'],
    json,
    behind,
  });
}

const digest = async (answer: Response): Promise<string> => Buffer.from(await answer.arrayBuffer()).toString('base64');

async function askedFor<T>(origin: string, path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(`${origin}${path}`, init);
  assert.ok(answer.ok, `${answer.status} of ${path}`);
  return (await answer.json()) as T;
}

const imageOf = (bytes: Uint8Array | null, fields: Partial<EarlierImage> = {}): EarlierImage => ({
  imageId: randomUUID(),
  userId: 'ada',
  bytes,
  contentType: 'image/png',
  filename: 'photo 1.png',
  tags: ['sea', 'sun'],
  description: 'At the sea',
  metadata: '{"camera":"x"}',
  at: AT,
  ...fields,
});

const variablesOf = ({ dynamo, s3 }: EarlierStores) => ({
  TZ: 'Asia/Kolkata', // times without a zone are UTC wherever the command runs
  IMPORT_S3_ENDPOINT: s3.url,
  IMPORT_DYNAMODB_ENDPOINT: dynamo.url,
  IMPORT_AWS_REGION: s3.region,
  IMPORT_AWS_ACCESS_KEY_ID: s3.accessKeyId,
  IMPORT_AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
});

/** `npm run admin -- import`, with its result and its report. */
async function importAll(operator: Operator, stores: EarlierStores) {
  const report = join(tmpdir(), `report-${randomUUID()}.ndjson`);
  const source = [`earlier:${stores.family}`, '--table', stores.table, '--bucket', stores.bucket];
  const { exitCode, output } = await operator.run(
    ['import', ...source, '--json', '--report', report],
    variablesOf(stores),
  );
  const printed = /^\{.*\}$/m.exec(output)?.[0];
  assert.ok(printed, output);
  const lines = (await readFile(report, 'utf8')).trim().split('\n');
  return {
    exitCode,
    output,
    counts: JSON.parse(printed) as Json,
    lines: lines.map((line) => JSON.parse(line) as Json),
  };
}

/** The family's requests answer for ids that the family gave as for new ones. */
async function compareClients(origin: string, stores: EarlierStores, image: EarlierImage): Promise<void> {
  const { family } = stores;
  const { imageId: former, bytes } = image;
  const imported = await askedFor<Json>(origin, `/images/${former}/metadata`);
  const created = imported['created_at'];
  assert.equal(created, family === '004' ? '2024-03-01T10:20:30.000Z' : '2024-03-01T10:20:30.123Z');
  assert.notEqual(imported['image_id'], former);

  const form = new FormData();
  for (const name of ['user_id', 'filename', 'description', 'metadata'] as const) {
    const value = imported[name];
    if (value !== null) form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  for (const tag of imported['tags'] as string[]) form.append('tags', tag);
  form.set(
    'file',
    new Blob([Uint8Array.from(bytes ?? [])], { type: String(imported['content_type']) }),
    String(imported['filename']),
  );
  const uploaded = await askedFor<Json>(origin, '/images', { method: 'POST', body: form });
  const fresh = String(uploaded['image_id']);

  for (const list of LISTS[family]) {
    const { images } = await askedFor<{ images: Json[] }>(origin, list);
    const listed = images.find(({ image_id }) => image_id === imported['image_id']);
    assert.ok(listed, `${list} has ${former}`);
    const { images: newer } = await askedFor<{ images: Json[] }>(origin, '/images?user_id=ada');
    assert.equal(normal(listed), normal(newer.find(({ image_id }) => image_id === fresh)));
  }
  const metadata = '/metadata';
  assert.equal(
    await answerOf(origin, `/images/${former}${metadata}`),
    await answerOf(origin, `/images/${fresh}${metadata}`),
  );
  const [ofFormer, ofFresh] = [REQUESTS[family](former), REQUESTS[family](fresh)];
  for (const [index, [path, init]] of ofFormer.entries()) {
    const [newPath = '', newInit] = ofFresh[index] ?? [];
    const [answer, expected] = [await answerOf(origin, path, init), await answerOf(origin, newPath, newInit)];
    assert.equal(answer, expected, `${init?.method ?? 'GET'} ${path}`);
    if (index === 0) assert.ok(answer.includes(Buffer.from(bytes ?? []).toString('base64')), 'the bytes');
  }
  const { images: left } = await askedFor<{ images: Json[] }>(origin, '/images?user_id=ada&limit=1000');
  assert.ok(!left.some(({ image_id }) => image_id === imported['image_id']), 'a deleted image is in no list');
}

const picture = (seed: number, type: 'image/png' | 'image/jpeg' = 'image/png') =>
  testImage({ type, width: 40, height: 30, seed });

describe('clients of the five earlier services after an import', { skip: NO_CLOUD }, () => {
  for (const family of FAMILIES) {
    it(`${family}: their requests answer for former ids as for new ones; what can't be imported is reported`, async () => {
      await using stores = await createEarlierStores(family);
      await using operator = await createOperator({});
      const image = imageOf(await picture(1));
      const other = imageOf(await picture(2), { userId: 'bob ü/%', imageId: 'photo-1', tags: ['x'] });
      await stores.upload(image);
      await stores.upload(other);
      const refused: (readonly [path: string, code: string])[] = [];
      const isByUser = family === '000' || family === '004';
      const refuse = async (code: string, one: EarlierImage): Promise<void> => {
        await stores.upload(one);
        refused.push([isByUser ? `${one.userId}/${one.imageId}` : one.imageId, code]);
      };
      await refuse('unreadable-image', imageOf(truncated(await picture(3))));
      await refuse('unsupported-type', imageOf(Buffer.from('%PDF-1.7\n'), { contentType: 'application/pdf' }));
      await refuse('invalid-request', imageOf(await picture(4), { userId: 'x'.repeat(129) }));
      if (family !== '003' && family !== '004') await refuse('upload-missing', imageOf(null));
      if (family === '000' || family === '003' || family === '004')
        await refuse('type-mismatch', imageOf(await picture(5, 'image/jpeg')));
      const wrong = imageOf(await picture(6));
      const key = await stores.upload(wrong);
      const record = { ...recordOf(family, wrong, key), user_id: { S: 'carl' }, image_id: { S: 'wrong' } };
      await stores.putRecord({ ...record, [isByUser ? 'content_type' : 's3_key']: { N: '7' } });
      refused.push([isByUser ? 'carl/wrong' : 'wrong', 'unusable-entry']);
      const { prefix } = EARLIER_FAMILIES[family];
      await stores.putObject(`${prefix}lost`, await picture(7), 'image/png');
      refused.push([`${stores.bucket}/${prefix}lost`, 'unusable-entry']);

      const twin = imageOf(await picture(8), { userId: 'eve' });
      await stores.upload(twin);
      if (isByUser) await stores.upload({ ...twin, userId: 'dan' }); // one id and one object of two users

      const first = await importAll(operator, stores);
      const outcomes = first.lines.filter(({ outcome }) => outcome === 'refused');
      const isTwin = ({ path }: Json): boolean => String(path).endsWith(twin.imageId);
      assert.deepEqual(
        outcomes
          .filter((one) => !isTwin(one))
          .map(({ path, code }) => [path, code])
          .toSorted(),
        refused.toSorted(),
        first.output,
      );
      const twins = outcomes.filter(isTwin).map(({ code }) => code);
      assert.deepEqual(twins, isByUser ? ['former-id-taken'] : []);
      assert.equal(first.exitCode, 1);
      assert.equal(first.counts['imported'], 4);

      const second = await importAll(operator, stores); // without the report of the first
      assert.equal(second.counts['imported'], 0, second.output);
      assert.equal(second.counts['known'], 4);

      await using service = await operator.start();
      const { images } = await askedFor<{ images: Json[] }>(service.origin, '/images?limit=1000');
      const users = images.map(({ user_id }) => user_id).toSorted();
      assert.deepEqual(users.slice(0, 3), ['ada', 'ada', 'bob ü/%']); // ada's wrong record has a twin that is right
      assert.equal(users.length, 4);
      await compareClients(service.origin, stores, image);
    });
  }

  it('on a bucket and a table of its own', async () => {
    await using stores = await createEarlierStores('001');
    await using cloud = await createCloud();
    await using operator = await createOperator({ ...cloud.environment });
    const image = imageOf(await picture(1));
    await stores.upload(image);
    const { exitCode, output, counts } = await importAll(operator, stores);
    assert.deepEqual([exitCode, counts['imported'], counts['refused']], [0, 1, 0], output);
    await using service = await operator.start();
    await compareClients(service.origin, stores, image);
  });
});
