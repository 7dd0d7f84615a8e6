import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { moveEvents } from '../../src/operations/upkeep/move-events.ts';
import { tellingPicture } from '../pictures/telling-picture.ts';
import { repeatsOf } from '../repeats.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import { json, post } from '../services/service.ts';

const { count: ROUNDS } = repeatsOf('changeRaces');
const RIVALS = 10;
const ENVIRONMENT = { AUTH: 'api-key', RATE_LIMITS: 'off', EVENTS: 'on' };
const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';

const READ = { taken_at: '2024-07-14T18:22:31.000', position: { latitude: 48.1234, longitude: 11.5678 } };

const telling = new Uint8Array(await tellingPicture());
const silent = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

interface FactsJson {
  readonly taken_at: string | null;
  readonly offset: string | null;
  readonly camera: string | null;
  readonly position: object | null;
  readonly title: string | null;
  readonly is_read: boolean;
}

interface Result {
  readonly image_id: string;
  readonly status?: string;
  readonly revision?: number;
  readonly error?: { readonly code: string; readonly detail: string };
}

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** Requests of Ada to one service. */
function adaAt(service: ClosedService, key: string) {
  const read = async <Answer>(answer: Response, status = 200): Promise<Answer> => {
    const body = (await answer.json()) as Answer;
    assert.equal(answer.status, status, JSON.stringify(body));
    return body;
  };
  const patch = (id: string, changes: unknown, headers: Record<string, string> = {}) =>
    service.as(key, `/images/${id}`, { ...json(changes, headers), method: 'PATCH' });
  const change = (body: object) => service.as(key, '/images/change', json(body));
  return {
    upload: async (bytes: Uint8Array<ArrayBuffer> = telling): Promise<string> =>
      (await read<{ image_id: string }>(await service.as(key, '/images/upload', post(bytes, 'image/jpeg')))).image_id,
    patch,
    patched: async (id: string, changes: object) =>
      read<{ revision: number; facts: FactsJson | null }>(await patch(id, changes)),
    change,
    changed: async (body: object) => read<{ count: number; results: Result[] }>(await change(body)),
    problem: async (answer: Response | Promise<Response>, status = 400) => read<Problem>(await answer, status),
    facts: async (id: string) => read<FactsJson>(await service.as(key, `/images/${id}/facts`)),
    image: async (id: string) =>
      read<{ revision: number; updated_at: string; facts: FactsJson | null }>(
        await service.as(key, `/images/${id}/metadata`),
      ),
    /** What `image.updated` named, for each revision of the image. */
    async told(id: string): Promise<readonly (readonly [number, readonly string[]])[]> {
      await moveEvents(service.services, { holder: 'one', signal: new AbortController().signal });
      const { events } = await read<{ events: { type: string; revision: number; changed: string[] }[] }>(
        await service.as(key, `/events?image_id=${id}&type=image.updated&limit=1000`),
      );
      return events.map(({ revision, changed }) => [revision, changed]);
    },
  };
}

type Ada = ReturnType<typeof adaAt>;

onEachRepository(
  'corrections',
  (serviceOf) => {
    let ada: Ada;
    before(async () => {
      ada = adaAt(serviceOf(), await serviceOf().keyOf({ owner: 'ada' }));
    });

    it('count instead of what the picture says, and leave the rest of it', async () => {
      const id = await ada.upload();
      const before = await ada.facts(id);
      assert.deepEqual({ taken_at: before.taken_at, position: before.position }, READ);
      const position = { latitude: -33.8568, longitude: 151.21531234567 };
      const { facts } = await ada.patched(id, { taken_at: '2019-05-04T10:00', position });
      assert.deepEqual([facts?.taken_at, facts?.offset], ['2019-05-04T10:00:00.000', null]);
      assert.deepEqual(await ada.facts(id), {
        ...before,
        taken_at: '2019-05-04T10:00:00.000',
        offset: null,
        position: { latitude: -33.8568, longitude: 151.2153123 },
      });
    });

    it('of null leave neither, though the picture has them', async () => {
      const id = await ada.upload();
      const before = await ada.facts(id);
      await ada.patched(id, { taken_at: null, position: null });
      assert.deepEqual(await ada.facts(id), { ...before, taken_at: null, position: null });
      await ada.patched(id, { taken_at: '0001-01-01' });
      assert.deepEqual(await ada.facts(id), { ...before, taken_at: '0001-01-01T00:00:00.000', position: null });
    });

    it('of a picture that says nothing, and of one that nobody has read', async () => {
      const { images } = serviceOf().services;
      const silentId = await ada.upload(silent);
      const unreadId = await ada.upload(silent);
      const unread = await images.get(unreadId as ImageId);
      assert.ok(unread?.status === 'ready');
      assert.equal(await images.replace(unread, { ...unread, facts: null, revision: unread.revision + 1 }), true);
      for (const [id, isRead] of [
        [silentId, true],
        [unreadId, false],
      ] as const) {
        const position = { latitude: 1, longitude: -2 };
        await ada.patched(id, { position });
        await ada.patched(id, { taken_at: '9999-12-31T23:59:59.999' });
        const facts = await ada.facts(id);
        assert.deepEqual(facts.position, position);
        assert.deepEqual([facts.taken_at, facts.camera, facts.is_read], ['9999-12-31T23:59:59.999', null, isRead]);
      }
    });

    it('are named by events, once for each change, and their values are not told', async () => {
      const id = await ada.upload();
      const changes = [
        { taken_at: '2019-05-04' },
        { taken_at: '2019-05-04T00:00:00.000' },
        { position: { latitude: 12.3456, longitude: 1 } },
        { position: { latitude: 12.3456, longitude: 1 }, tags: ['sea'] },
        { position: null, taken_at: null },
        { position: null, taken_at: null },
      ];
      for (const one of changes) await ada.patched(id, one);
      const ready = 2;
      assert.deepEqual(await ada.told(id), [
        [ready + 1, ['taken_at']],
        [ready + 3, ['position']],
        [ready + 4, ['tags']],
        [ready + 5, ['taken_at', 'position']],
      ]);
      const text = await (await serviceOf().as(serviceOf().admin, '/events?user_id=ada&limit=1000')).text();
      for (const value of ['12.3456', '2019-05-04T00', '48.1234']) assert.ok(!text.includes(value), value);
    });

    it('apply at a revision only, and of many at the same one a single one wins', async () => {
      const id = await ada.upload();
      const { revision } = await ada.image(id);
      const answers = await Promise.all(
        Array.from({ length: RIVALS }, (_, n) =>
          ada.patch(id, { position: { latitude: n + 1, longitude: n + 1 } }, { 'If-Match': `"${revision}"` }),
        ),
      );
      const statuses = answers.map(({ status }) => status);
      assert.deepEqual(statuses.toSorted(), [200, ...Array(RIVALS - 1).fill(412)]);
      const winner = statuses.indexOf(200) + 1;
      assert.deepEqual((await ada.facts(id)).position, { latitude: winner, longitude: winner });
      assert.deepEqual(await ada.told(id), [[revision + 1, ['position']]]);
    });

    it('at the same moment, also beside a change of tags, lose nothing', async () => {
      const id = await ada.upload();
      for (let round = 1; round <= ROUNDS; round += 1) {
        const { revision } = await ada.image(id);
        const day = `2019-05-${String(round).padStart(2, '0')}`;
        const patches = [{ taken_at: day }, { position: { latitude: round, longitude: 1 } }, { tags: [`${round}`] }];
        const answers = await Promise.all(patches.map((one) => ada.patch(id, one)));
        assert.deepEqual(
          answers.map(({ status }) => status),
          [200, 200, 200],
        );
        const facts = await ada.facts(id);
        assert.deepEqual([facts.taken_at, facts.position], [`${day}T00:00:00.000`, { latitude: round, longitude: 1 }]);
        const image = (await ada.image(id)) as { revision: number; tags?: string[] };
        assert.deepEqual([image.revision, image.tags], [revision + 3, [`${round}`]]);
      }
      const names = (await ada.told(id)).flatMap(([, changed]) => changed).toSorted();
      const each = (name: string) => Array(ROUNDS).fill(name);
      assert.deepEqual(names, [...each('position'), ...each('tags'), ...each('taken_at')]);
    });

    it('stay while the image is trashed and restored', async () => {
      const id = await ada.upload();
      await ada.patched(id, { taken_at: '2019-05-04', position: null });
      const before = await ada.facts(id);
      const trash = async (verb: string) =>
        serviceOf().as(serviceOf().admin, `/images/${id}/${verb}`, { method: 'POST' });
      assert.equal((await trash('trash')).status, 200);
      assert.equal((await ada.patch(id, { taken_at: null })).status, 404);
      assert.equal((await trash('restore')).status, 200);
      assert.deepEqual(await ada.facts(id), before);
    });

    describe('of many images', () => {
      it('set one date, with a result for each, in the order of the request', async () => {
        const [first, second] = [await ada.upload(), await ada.upload(silent)];
        const { revision } = await ada.image(first);
        const { count, results } = await ada.changed({
          image_ids: [second, UNKNOWN, first, 'x'],
          taken_at: '1999-12-31',
        });
        assert.equal(count, 2);
        assert.deepEqual(
          results.map(({ image_id, status, error, ...rest }) => [image_id, status ?? error?.code, rest.revision]),
          [
            [second, 'ready', revision + 1],
            [UNKNOWN, 'image-not-found', undefined],
            [first, 'ready', revision + 1],
            ['x', 'image-not-found', undefined],
          ],
        );
        for (const id of [first, second]) assert.equal((await ada.facts(id)).taken_at, '1999-12-31T00:00:00.000');
        await ada.changed({ image_ids: [first], taken_at: null });
        assert.equal((await ada.facts(first)).taken_at, null);
      });

      it('set it at the revisions of the request only', async () => {
        const ids = [await ada.upload(), await ada.upload()];
        const [{ revision }, { revision: other }] = [await ada.image(ids[0] ?? ''), await ada.image(ids[1] ?? '')];
        const { results } = await ada.changed({ image_ids: ids, taken_at: null, revisions: [revision, other + 1] });
        assert.deepEqual(
          results.map(({ status, error }) => status ?? error?.code),
          ['ready', 'revision-conflict'],
        );
        const dates = [await ada.facts(ids[0] ?? ''), await ada.facts(ids[1] ?? '')].map((one) => one.taken_at);
        assert.deepEqual(dates, [null, READ.taken_at]);
      });

      it('move dates, and a repeated request moves none twice', async () => {
        const [read, set, undated] = [await ada.upload(), await ada.upload(silent), await ada.upload(silent)];
        await ada.patched(set, { taken_at: '1970-01-01T00:30' });
        const image_ids = [read, set, undated];
        const revisions = await Promise.all(image_ids.map(async (id) => (await ada.image(id)).revision));
        const body = { image_ids, revisions, shift_taken_seconds: -3_600 };
        const { count, results } = await ada.changed(body);
        assert.equal(count, 2);
        assert.deepEqual(results[2]?.error?.code, 'invalid-request');
        assert.match(
          results[2]?.error?.detail ?? '',
          /^\/shift_taken_seconds: expected an image with a date; got one without/,
        );
        const again = await ada.changed(body);
        assert.deepEqual(
          again.results.map(({ error }) => error?.code),
          ['revision-conflict', 'revision-conflict', 'invalid-request'],
        );
        const dates = await Promise.all(image_ids.map(async (id) => (await ada.facts(id)).taken_at));
        assert.deepEqual(dates, ['2024-07-14T17:22:31.000', '1969-12-31T23:30:00.000', null]);
        assert.deepEqual(
          (await ada.told(read)).map(([, changed]) => changed),
          [['taken_at']],
        );
      });

      it('move a date once, also if many requests and one request name it at the same revision', async () => {
        const id = await ada.upload();
        const { revision } = await ada.image(id);
        const body = { image_ids: [id, id], revisions: [revision, revision], shift_taken_seconds: 86_400 };
        const answers = await Promise.all(Array.from({ length: RIVALS }, () => ada.changed(body)));
        assert.equal(
          answers.reduce((sum, { count }) => sum + count, 0),
          1,
        );
        assert.equal((await ada.facts(id)).taken_at, '2024-07-15T18:22:31.000');
      });

      it('move no date beyond the years 1 to 9999', async () => {
        const id = await ada.upload();
        const { revision } = await ada.patched(id, { taken_at: '9999-12-31T23:59:59' });
        const { results } = await ada.changed({ image_ids: [id], revisions: [revision], shift_taken_seconds: 1 });
        assert.equal(results[0]?.error?.code, 'invalid-request');
        assert.match(results[0]?.error?.detail ?? '', /expected a date from the year 1 to 9999; got one beyond/);
        assert.equal((await ada.image(id)).revision, revision);
      });
    });
  },
  ENVIRONMENT,
);

describe('corrections that are refused', () => {
  let service: ClosedService;
  let ada: Ada;
  let id: string;
  before(async () => {
    service = await createClosedService({ environment: ENVIRONMENT });
    ada = adaAt(service, await service.keyOf({ owner: 'ada' }));
    id = await ada.upload();
  });
  after(() => service[Symbol.asyncDispose]());

  const CLOCK = /^expected a date or a time as the picture's clock showed it, from the year 1 to 9999/;
  const NO_ZONE = /^expected a time without Z or an offset, .* since it is what the picture's clock showed; got "2019/;
  for (const [changes, pointer, says] of [
    [{ taken_at: '2019-05-04T10:00Z' }, '/taken_at', NO_ZONE],
    [{ taken_at: '2019-05-04T10:00:00.000+02:00' }, '/taken_at', NO_ZONE],
    [{ taken_at: '2019-02-29' }, '/taken_at', CLOCK],
    [{ taken_at: '0000-01-01' }, '/taken_at', CLOCK],
    [{ taken_at: '10000-01-01' }, '/taken_at', CLOCK],
    [{ taken_at: '' }, '/taken_at', CLOCK],
    [{ taken_at: 1_556_928_000 }, '/taken_at', CLOCK],
    [{ taken_at: '2'.repeat(65) }, '/taken_at', /65/],
    [
      { position: { latitude: 90.1, longitude: 0 } },
      '/position/latitude',
      /^expected a number from -90 to 90; got 90.1/,
    ],
    [{ position: { latitude: 0, longitude: -181 } }, '/position/longitude', /^expected a number from -180 to 180; got/],
    [{ position: { latitude: 'NaN', longitude: 1 } }, '/position/latitude', /^expected a number from -90 to 90; got/],
    [
      { position: { latitude: null, longitude: 1 } },
      '/position/latitude',
      /^expected a number from -90 to 90; got null/,
    ],
    [{ position: { longitude: 1 } }, '/position/latitude', /^expected a number from -90 to 90/],
    [{ position: { latitude: 0, longitude: 0 } }, '/position', /^expected a place; got 0, 0/],
    [{ position: { latitude: -1e-9, longitude: 1e-9 } }, '/position', /^expected a place; got 0, 0/],
    [{ position: [1, 2] }, '/position', /^expected an object with latitude and longitude/],
    [{ position: { latitude: 1, longitude: 2, altitude: 3 } }, '/position/altitude', /altitude/],
    [{ shift_taken_seconds: 1 }, '/shift_taken_seconds', /shift_taken_seconds/],
  ] as const)
    it(`by PATCH: ${JSON.stringify(changes).slice(0, 80)}`, async () => {
      const { code, errors = [] } = await ada.problem(ada.patch(id, changes));
      assert.deepEqual([code, errors.map((one) => one.pointer)], ['invalid-request', [pointer]]);
      assert.match(errors[0]?.detail ?? '', says);
    });

  it('by PATCH: numbers beyond those of JSON', async () => {
    const body = '{"position":{"latitude":1e999,"longitude":1}}';
    const request = { ...json({}), method: 'PATCH', body };
    const { errors = [] } = await ada.problem(
      service.as(await service.keyOf({ owner: 'ada' }), `/images/${id}`, request),
    );
    assert.deepEqual(
      errors.map((one) => one.pointer),
      ['/position/latitude'],
    );
  });

  const many = (count: number) => Array.from({ length: count }, () => UNKNOWN);
  for (const [name, body, pointer, says] of [
    [
      'nothing to change',
      { image_ids: [UNKNOWN] },
      '',
      /^expected one of add_tags, .*, taken_at, shift_taken_seconds; got none/,
    ],
    [
      'a date and a shift',
      { image_ids: [UNKNOWN], taken_at: null, shift_taken_seconds: 1, revisions: [1] },
      '/shift_taken_seconds',
      /^expected taken_at or shift_taken_seconds; got both/,
    ],
    [
      'a shift without revisions',
      { image_ids: [UNKNOWN], shift_taken_seconds: 1 },
      '/revisions',
      /^expected the revision of each image with shift_taken_seconds, so that a repeated request moves nothing twice/,
    ],
    [
      'too few revisions',
      { image_ids: many(3), shift_taken_seconds: 1, revisions: [1, 2] },
      '/revisions',
      /^expected a revision for each of the 3 image_ids; got 2/,
    ],
    [
      'too many revisions',
      { image_ids: [UNKNOWN], taken_at: null, revisions: [1, 2] },
      '/revisions',
      /the 1 image_ids; got 2/,
    ],
    [
      'a revision of 0',
      { image_ids: [UNKNOWN], taken_at: null, revisions: [0] },
      '/revisions/0',
      /^expected a revision; got 0/,
    ],
    [
      'a fraction',
      { image_ids: [UNKNOWN], shift_taken_seconds: 0.5, revisions: [1] },
      '/shift_taken_seconds',
      /whole number/,
    ],
    [
      'a text',
      { image_ids: [UNKNOWN], shift_taken_seconds: '1', revisions: [1] },
      '/shift_taken_seconds',
      /whole number/,
    ],
    [
      'no seconds',
      { image_ids: [UNKNOWN], shift_taken_seconds: 0, revisions: [1] },
      '/shift_taken_seconds',
      /not 0; got 0/,
    ],
    [
      'more than a century',
      { image_ids: [UNKNOWN], shift_taken_seconds: 3_155_760_001, revisions: [1] },
      '/shift_taken_seconds',
      /from -3155760000 to 3155760000, not 0; got 3155760001/,
    ],
    ['1,001 images', { image_ids: many(1_001), taken_at: null }, '/image_ids', /^expected at most 1000 image ids/],
    ['no image', { image_ids: [], taken_at: null }, '/image_ids', /^expected at least 1 image id/],
    ['a zone', { image_ids: [UNKNOWN], taken_at: '2019-05-04T10:00Z' }, '/taken_at', NO_ZONE],
    [
      'an unknown field',
      { image_ids: [UNKNOWN], taken_at: null, revision: [1] },
      '/revision',
      /did you mean `?revisions/,
    ],
  ] as const)
    it(`by POST /images/change: ${name}`, async () => {
      const { code, errors = [] } = await ada.problem(ada.change(body));
      assert.deepEqual([code, errors.map((one) => one.pointer)], ['invalid-request', [pointer]]);
      assert.match(errors[0]?.detail ?? '', says);
    });

  it('of an upload whose bytes are not verified, and nothing of the request is written', async () => {
    const granted = await service.as(
      await service.keyOf({ owner: 'ada' }),
      '/uploads',
      json({ content_type: 'image/png' }),
    );
    const { image_id } = (await granted.json()) as { image_id: string };
    const { revision } = await ada.image(image_id);
    for (const changes of [{ taken_at: null }, { position: null }, { tags: ['sea'], position: null }]) {
      const { code, detail } = await ada.problem(ada.patch(image_id, changes), 409);
      assert.deepEqual(
        [code, detail],
        ['image-not-ready', 'expected an image whose bytes are verified; got status pending'],
      );
    }
    assert.equal((await ada.image(image_id)).revision, revision);
  });

  it("of another user's image", async () => {
    const bob = adaAt(service, await service.keyOf({ owner: 'bob' }));
    assert.equal((await bob.patch(id, { position: null })).status, 404);
    const { count, results } = await bob.changed({ image_ids: [id], taken_at: null });
    assert.deepEqual([count, results[0]?.error?.code], [0, 'image-not-found']);
    assert.equal((await ada.facts(id)).taken_at, READ.taken_at);
  });

  it('but not those of a thousand images', async () => {
    const id = await ada.upload();
    const image_ids = Array.from({ length: 1_000 }, (_, n) => (n === 500 ? id : UNKNOWN));
    const { count, results } = await ada.changed({ image_ids, taken_at: '2019-05-04' });
    assert.deepEqual([count, results.length, results[500]?.status], [1, 1_000, 'ready']);
  });
});
