import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { checkFilters } from '../../src/operations/checks/check-filters.ts';
import { addReady, type Listed, NOW } from '../../src/records/images/sample-images.fixture.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { createTestService, json, type TestService } from '../services/service.ts';
import { type Answered, FORMS, told } from '../upload-tokens/token-client.ts';

const NAMES = ['order', 'sku'];

describe('a list by metadata', () => {
  let service: TestService;
  before(async () => {
    service = await createTestService({ environment: { METADATA_FILTERS: 'sku,order', TRASH_DAYS: '30' } });
    await checkFilters(service.services);
  });
  after(() => service[Symbol.asyncDispose]());

  const ask = (query: string, init?: RequestInit) => told(service.request(`/images?${query}`, init));
  const idsOf = async (query: string): Promise<string[]> => {
    const { status, body } = await ask(query);
    assert.equal(status, 200, JSON.stringify(body));
    return (body['images'] as Answered[]).map(({ image_id }) => image_id);
  };
  const add = async (userId: string, listed: Listed) =>
    (await addReady(service.services.images, { userId, filteredBy: NAMES, ...listed })).id;

  it('finds what every form of upload and a change of metadata say', async () => {
    for (const [name, { isDirect, request }] of Object.entries(FORMS)) {
      if (!isDirect) continue;
      const user_id = `by ${name}`;
      const { status, body } = await told(
        service.request(...request({ user_id, metadata: { order: 'A17', sku: 'S-9' } })),
      );
      assert.ok(status === 200 || status === 201, JSON.stringify(body));
      const by = (filter: string) => idsOf(`${new URLSearchParams({ user_id })}&${filter}`);
      assert.deepEqual(await by('metadata.order=A17&metadata.sku=S-9'), [body.image_id], name);
      assert.deepEqual(await by('metadata.order=a17'), [], name);
      const changes = { ...json({ metadata: { order: 'B18' } }), method: 'PATCH' };
      assert.equal((await service.request(`/images/${body.image_id}`, changes)).status, 200);
      assert.deepEqual(await by('metadata.order=A17'), []);
      assert.deepEqual(await by('metadata.sku=S-9'), []);
      assert.deepEqual(await by('metadata.order=B18'), [body.image_id]);
    }
  });

  it('is of the user of X-User-Id, if no other is named', async () => {
    const id = await add('header', { metadata: { order: 'A17' } });
    await add('another', { metadata: { order: 'A17' } });
    const answer = await service.request('/images?metadata.order=A17', { headers: { 'X-User-Id': 'header' } });
    const { images } = (await answer.json()) as { images: Answered[] };
    assert.deepEqual(
      images.map(({ image_id }) => image_id),
      [id],
    );
  });

  it('finds an image again once it is restored', async () => {
    const id = await add('trash', { metadata: { order: 'A17' } });
    const query = 'user_id=trash&metadata.order=A17';
    assert.equal((await service.request(`/images/${id}/trash`, { method: 'POST' })).status, 200);
    assert.deepEqual(await idsOf(query), []);
    assert.equal((await service.request(`/images/${id}/restore`, { method: 'POST' })).status, 200);
    assert.deepEqual(await idsOf(query), [id]);
  });

  it('combines with tags, type, dates and order, and goes on by cursor and Link', async () => {
    const metadata = { order: 'A17', sku: 'S-9' };
    const createdAt = new Date(NOW.getTime() - 1_000);
    const front = await add('ada', { metadata, tags: ['front'], createdAt });
    const back = await add('ada', { metadata, tags: ['back'], contentType: 'image/png' });
    await add('ada', { metadata: { order: 'A17' }, tags: ['front'] });
    await add('bob', { metadata, tags: ['front'] });
    const both = 'user_id=ada&metadata.order=A17&metadata.sku=S-9';
    assert.deepEqual(await idsOf(`${both}&tag=front&tag=back&tag_mode=any&order=oldest`), [front, back]);
    assert.deepEqual(await idsOf(`${both}&tag=front`), [front]);
    assert.deepEqual(await idsOf(`${both}&content_type=image/png&start_date=2020-01-01`), [back]);
    assert.deepEqual(await idsOf(`${both}&end_date=2020-01-01`), []);

    const first = await service.request(`/images?${both}&order=oldest&limit=1`);
    const { next_cursor: cursor } = (await first.json()) as { next_cursor: string };
    const next = /<([^>]*)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    assert.match(next, /metadata\.order=A17&metadata\.sku=S-9/);
    const { images } = (await (await service.send(next)).json()) as { images: Answered[] };
    assert.deepEqual(
      images.map(({ image_id }) => image_id),
      [back],
    );
    assert.deepEqual(await idsOf(`metadata.sku=S-9&metadata.order=A17&user_id=ada&order=oldest&cursor=${cursor}`), [
      back,
    ]);
    const other = await ask(`user_id=ada&metadata.order=A17&order=oldest&cursor=${cursor}`);
    assert.deepEqual([other.status, other.body.code], [400, 'invalid-cursor']);
  });

  it('compares values as they are, also with characters of queries', async () => {
    for (const value of ['a b', 'a+b', 'a&b=c', '%23', '\u{1f4f7}'.repeat(25), 'x'.repeat(100), ' ']) {
      const id = await add('values', { metadata: { order: value } });
      assert.deepEqual(await idsOf(`user_id=values&metadata.order=${encodeURIComponent(value)}`), [id]);
    }
  });

  const REFUSED: readonly (readonly [query: string, pointer: string, detail: string])[] = [
    [
      'user_id=a&metadata.ordr=A17',
      '?metadata.ordr',
      'expected one of metadata.order, metadata.sku, as METADATA_FILTERS names them; got "metadata.ordr": did you mean `metadata.order`?',
    ],
    [
      'user_id=a&metadata.colour=',
      '?metadata.colour',
      'expected one of metadata.order, metadata.sku, as METADATA_FILTERS names them; got "metadata.colour"',
    ],
    ['user_id=a&metadata.order=', '?metadata.order', 'expected a text of 1 to 100 bytes; got none'],
    [
      `user_id=a&metadata.order=${'%C3%A9'.repeat(66)}`,
      '?metadata.order',
      'expected at most 100 bytes of UTF-8; got 132',
    ],
    ['user_id=a&metadata.order=1&metadata.order=2', '?metadata.order', 'expected metadata.order once; got 2 values'],
    ['metadata.order=A17', '?user_id', 'expected a user_id with metadata.order; got none'],
    [
      'user_id=a&metadata.order=A17&status=pending',
      '?status',
      'expected filters by metadata with status ready only; got pending',
    ],
    ['user_id=a&metadata.order=A17&q=sea', '?q', 'expected q without filters by metadata; got metadata.order'],
    [
      'user_id=a&metadata.order=A17&external_id=1',
      '?external_id',
      'expected external_id without filters by metadata; got metadata.order',
    ],
    [
      'user_id=a&metadata.order=A17&count_total=true',
      '?count_total',
      'expected count_total without filters by metadata; got metadata.order',
    ],
  ];
  for (const [query, pointer, detail] of REFUSED)
    it(`is refused: ${query.slice(0, 60)}`, async () => {
      const { status, body } = await ask(query);
      assert.equal(status, 400);
      assert.deepEqual(body.errors, [{ pointer, detail }]);
    });

  it('is refused by a service without METADATA_FILTERS', async () => {
    await using plain = await createTestService();
    const { status, body } = await told(plain.request('/images?user_id=ada&metadata.order=A17'));
    assert.equal(status, 400);
    assert.deepEqual(body.errors, [
      {
        pointer: '?metadata.order',
        detail: 'expected a list without filters by metadata, since METADATA_FILTERS names none; got "metadata.order"',
      },
    ]);
  });
});

describe('a list by metadata, with credentials', () => {
  let service: ClosedService;
  before(async () => {
    service = await createClosedService({ environment: { METADATA_FILTERS: 'order' } });
    await checkFilters(service.services);
  });
  after(() => service[Symbol.asyncDispose]());

  it('is of the user for whom the caller acts', async () => {
    const metadata = { order: 'A17' };
    const { id } = await addReady(service.services.images, { userId: 'ada', metadata, filteredBy: ['order'] });
    await addReady(service.services.images, { userId: 'bob', metadata, filteredBy: ['order'] });
    const ada = await service.keyOf({ owner: 'ada' });
    const listed = async (key: string, query: string) => {
      const { status, body } = await told(service.as(key, `/images?${query}`));
      assert.equal(status, 200, JSON.stringify(body));
      return (body['images'] as Answered[]).map(({ image_id }) => image_id);
    };
    assert.deepEqual(await listed(ada, 'metadata.order=A17'), [id]);
    assert.deepEqual(await listed(service.admin, 'user_id=ada&metadata.order=A17'), [id]);
    const everyone = await told(service.as(service.admin, '/images?metadata.order=A17'));
    assert.deepEqual([everyone.status, everyone.body.errors?.[0]?.pointer], [400, '?user_id']);
    for (const [path, pointer] of [
      ['/images?metadata.sku=', '?metadata.sku'],
      [`/images/${id}/metadata?metadata.order=A17`, '?metadata.order'],
    ] as const) {
      const unknown = await told(service.as(ada, path));
      assert.deepEqual([unknown.status, unknown.body.errors?.[0]?.pointer], [400, pointer]);
    }
  });

  it('is refused to a view token that shows no metadata, and is within its tags', async () => {
    const metadata = { order: 'A17' };
    const listed = { userId: 'eve', metadata, filteredBy: ['order'] };
    await addReady(service.services.images, listed);
    const { id } = await addReady(service.services.images, { ...listed, tags: ['sea'] });
    const mint = async (fields: object): Promise<string> => {
      const { status, body } = await told(
        service.as(service.admin, '/view-tokens', json({ user_id: 'eve', ...fields })),
      );
      assert.equal(status, 201, JSON.stringify(body));
      return String(body['token']);
    };
    const blind = await told(service.as(await mint({}), '/images?metadata.order=A17'));
    assert.equal(blind.status, 400);
    assert.deepEqual(blind.body.errors, [
      {
        pointer: '?metadata.order',
        detail:
          'expected a list without filters by metadata, since the view token shows no metadata; got metadata.order',
      },
    ]);
    const seeing = await mint({ metadata: true, only_tags: ['sea'] });
    const { body } = await told(service.as(seeing, '/images?metadata.order=A17'));
    assert.deepEqual(
      (body['images'] as Answered[]).map(({ image_id }) => image_id),
      [id],
    );
  });
});
