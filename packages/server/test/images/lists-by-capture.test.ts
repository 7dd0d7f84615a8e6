import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { exifBlock, jpegWith } from '../../src/imaging/facts/exif.fixture.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import { createTestService, json, post } from '../services/service.ts';
import { type Answered, told } from '../upload-tokens/token-client.ts';

/** A photograph whose clock showed that; null: it says nothing. */
async function photograph(clock: string | null): Promise<Uint8Array<ArrayBuffer>> {
  const picture = await testImage({ type: 'image/jpeg', width: 32, height: 24 });
  if (clock === null) return new Uint8Array(picture);
  const exif = exifBlock({ exif: { 36867: clock } });
  return new Uint8Array(jpegWith(picture, [{ code: 0xe1, data: Buffer.concat([Buffer.from('Exif\0\0'), exif]) }]));
}

/** In the order of their upload. */
const CLOCKS = ['2024:07:14 18:22:31', '1969:12:31 23:59:59', null, '2024:07:14 09:00:00', '2019:05:04 10:00:00'];
/** Their places by capture, the latest first. */
const LATEST_FIRST = [2, 0, 3, 4, 1];

onEachRepository('a list by capture', (serviceOf) => {
  let ids: string[];
  before(async () => {
    ids = [];
    for (const clock of CLOCKS) {
      const picture = post(await photograph(clock), 'image/jpeg');
      const { body } = await told(request('/images/upload?user_id=ada&tags=sea', picture));
      ids.push(body.image_id);
    }
  });

  const request = (path: string, init?: RequestInit) => serviceOf().as(serviceOf().admin, path, init);
  const ask = (query: string) => told(request(`/images?${query}`));
  const isOnTable = async () => (await serviceOf().services.images.ordersByCapture()) === 'of-each-owner';
  const placesOf = async (query: string): Promise<number[]> => {
    const { status, body } = await ask(query);
    assert.equal(status, 200, JSON.stringify(body));
    return (body['images'] as Answered[]).map(({ image_id }) => ids.indexOf(image_id));
  };

  it('has each picture by its own clock, and one without a date by its upload', async () => {
    assert.deepEqual(await placesOf('user_id=ada&order=taken-newest'), LATEST_FIRST);
    assert.deepEqual(await placesOf('user_id=ada&order=taken-oldest'), LATEST_FIRST.toReversed());
    const app = (await (await request('/app.json')).json()) as Record<string, unknown>;
    assert.deepEqual([app['taken'], app['taken_of_all']], [true, !(await isOnTable())]);
    if (await isOnTable()) {
      for (const path of ['/images?order=taken-newest', '/images/months']) {
        const { status, body } = await told(request(path));
        const detail = "expected a user, since this service keeps each user's order by capture only; got none";
        assert.deepEqual([status, body['errors']], [400, [{ pointer: '?user_id', detail }]]);
      }
    } else assert.deepEqual(await placesOf('order=taken-newest'), LATEST_FIRST, 'of all users');
    assert.deepEqual(await placesOf('user_id=bob&order=taken-newest'), []);
  });

  it('goes on by cursor, in its own order only', async () => {
    const seen: number[] = [];
    let cursor = '';
    for (let page = 0; page < 5; page += 1) {
      const { body } = await ask(`user_id=ada&order=taken-newest&limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...(body['images'] as Answered[]).map(({ image_id }) => ids.indexOf(image_id)));
      if (body['next_cursor'] === null) break;
      cursor = String(body['next_cursor']);
    }
    assert.deepEqual(seen, LATEST_FIRST);
    for (const order of ['taken-oldest', 'newest', 'oldest']) {
      const { status, body } = await ask(`user_id=ada&order=${order}&limit=2&cursor=${cursor}`);
      assert.deepEqual([status, body['code']], [400, 'invalid-cursor']);
    }
  });

  it('has a year, a month, a day, or a time as a whole', async () => {
    for (const [range, places] of [
      ['taken_from=2024', [2, 0, 3]],
      ['taken_from=2024&taken_to=2024', [0, 3]],
      ['taken_from=2024-07-14&taken_to=2024-07-14', [0, 3]],
      ['taken_to=2024-06', [4, 1]],
      ['taken_from=2024-07-14T09:00&taken_to=2024-07-14T09:00', [3]],
      ['taken_from=2024-07-14T18:22:31&taken_to=2024-07-14T18:22:31', [0]],
      ['taken_from=2024-07-14T18:22:31.001', [2]],
      ['taken_to=1969-12-31T23:59:58', []],
      ['taken_to=9999', LATEST_FIRST],
    ] as const) {
      assert.deepEqual(await placesOf(`user_id=ada&order=taken-newest&${range}`), places, range);
      assert.deepEqual(
        await placesOf(`user_id=ada&order=taken-newest&tag=sea&content_type=image/jpeg&${range}`),
        places,
      );
    }
  });

  it('may be of words, in the order of upload', async (t) => {
    if (!serviceOf().services.images.searches) return t.skip('no search on a table');
    const { body } = await told(
      request('/images/upload?user_id=eve&filename=beach.jpg', post(await photograph(CLOCKS[0] ?? null), 'image/jpeg')),
    );
    const found = async (range: string) =>
      ((await ask(`user_id=eve&q=beach&${range}`)).body['images'] as Answered[]).map(({ image_id }) => image_id);
    assert.deepEqual(await found('taken_from=2024-07&taken_to=2024-07'), [body.image_id]);
    assert.deepEqual(await found('taken_from=2024-08'), []);
  });

  it('has its month, and each other month that has some, the latest first', async () => {
    const { status, body } = await told(request('/images/months?user_id=ada'));
    const thisMonth = new Date().toISOString().slice(0, 7);
    const months = [
      { month: thisMonth, images: 1 },
      { month: '2024-07', images: 2 },
      { month: '2019-05', images: 1 },
      { month: '1969-12', images: 1 },
    ];
    assert.equal(status, 200);
    assert.deepEqual(body, { count: 4, months, next_cursor: null });
    const first = (await told(request('/images/months?user_id=ada&limit=3'))).body;
    assert.deepEqual(first['months'], months.slice(0, 3));
    const rest = `/images/months?user_id=ada&limit=3&cursor=${String(first['next_cursor'])}`;
    assert.deepEqual((await told(request(rest))).body, {
      count: 1,
      months: months.slice(3),
      next_cursor: null,
    });
    assert.deepEqual((await told(request('/images/months?user_id=bob'))).body['months'], []);
  });

  for (const [query, pointer, detail] of [
    ['order=taken', '?order', 'expected one of newest, oldest, taken-newest, taken-oldest, added, manual; got "taken"'],
    [
      'order=taken-newest&taken_from=2024-07-01T00:00:00Z',
      '?taken_from',
      'expected a year, month, day or time without an offset, as 2024-07 or 2024-07-14T18:22; got "2024-07-01T00:00:00Z"',
    ],
    [
      'order=taken-newest&taken_to=2023-02-29',
      '?taken_to',
      'expected a year, month, day or time without an offset, as 2024-07 or 2024-07-14T18:22; got "2023-02-29"',
    ],
    [
      'order=taken-newest&taken_from=2024&taken_to=2023',
      '?taken_to',
      'expected a taken_to no earlier than taken_from; got "2023"',
    ],
    [
      'taken_from=2024',
      '?order',
      'expected order=taken-newest, order=taken-oldest or q with taken_from and taken_to; got nothing',
    ],
    ['order=taken-newest&q=x', '?order', 'expected an order by upload with q; got taken-newest'],
    [
      'order=taken-oldest&start_date=2024-01-01',
      '?order',
      'expected an order by upload with start_date; got taken-oldest',
    ],
    ['order=taken-newest&status=trashed', '?order', 'expected an order by upload with status; got taken-newest'],
  ] as const)
    it(`is a 400 with ${query}`, async () => {
      const { status, body } = await ask(`user_id=ada&${query}`);
      assert.deepEqual([status, body['errors']], [400, [{ pointer, detail }]]);
    });

  it('is a 400 with metadata, a date of 65 characters, or a month that is none', async () => {
    await using filtered = await createTestService({ environment: { METADATA_FILTERS: 'sku' } });
    const answer = await told(filtered.request('/images?user_id=ada&order=taken-newest&metadata.sku=a'));
    assert.deepEqual(answer.body['errors'], [
      { pointer: '?order', detail: 'expected an order by upload with metadata.sku; got taken-newest' },
    ]);
    assert.equal((await ask(`order=taken-newest&taken_from=${'2'.repeat(65)}`)).status, 400);
    for (const text of ['2024-13', '2024', 'x', '0000-01'])
      assert.equal(
        (await told(request(`/images/months?user_id=ada&cursor=${Buffer.from(text).toString('base64url')}`))).body[
          'code'
        ],
        'invalid-cursor',
      );
  });
});

onEachRepository('dates of capture', (serviceOf) => {
  it('are told to no view token that shows no metadata, not by an order, a range or months', async () => {
    const service = serviceOf();
    const key = await service.keyOf({ owner: 'ada' });
    await service.as(key, '/images/upload', post(await photograph(CLOCKS[0] ?? null), 'image/jpeg'));
    const mint = async (fields: object): Promise<string> =>
      ((await (await service.as(key, '/view-tokens', json(fields))).json()) as { token: string }).token;
    const [blind, seeing, tagged] = [
      await mint({}),
      await mint({ metadata: true }),
      await mint({ metadata: true, only_tags: ['sea'] }),
    ];
    for (const [path, refusal] of [
      ['/images?order=taken-newest', 400],
      ['/images?order=taken-oldest', 400],
      ['/images?q=photo&taken_from=2024', 400],
      ['/images?q=photo&taken_to=2024', 400],
      ['/images/months', 403],
    ] as const) {
      const answer = await service.as(blind, path);
      assert.equal(answer.status, refusal, path);
      assert.ok(!(await answer.text()).includes('2024-07'));
      const isSearch = path.includes('q=') && !service.services.images.searches;
      assert.equal((await service.as(seeing, path)).status, isSearch ? 400 : 200, path);
    }
    assert.equal((await service.as(tagged, '/images/months')).status, 403);
    assert.equal((await service.as(tagged, '/images?order=taken-newest')).status, 200);
  });
});
