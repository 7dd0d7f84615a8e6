import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import type { ImageRepository, Page } from '../../src/records/images/image-repository.ts';
import { json, post, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const jpeg = new Uint8Array(await testImage({ type: 'image/jpeg', width: 8, height: 6 }));

interface ListAnswer {
  readonly pending?: number;
  readonly images: readonly { readonly image_id: string }[];
  readonly next_cursor: string | null;
}

/** A lagging index: a list of ready images returns its first answer again. */
function lagBehind(images: ImageRepository): void {
  const { find } = images;
  const answers = new Map<string, Page>();
  images.find = async (query) => {
    const asked = JSON.stringify(query);
    const page = answers.get(asked) ?? (await find(query));
    if (query.status === 'ready') answers.set(asked, page);
    return page;
  };
}

type ImageId = Parameters<typeof incomingKey>[1];

async function grant(service: TestService, userId: string, tags: readonly string[] = []): Promise<ImageId> {
  const granted = await service.request('/images/upload', json({ user_id: userId, content_type: 'image/jpeg', tags }));
  return ((await granted.json()) as { image_id: ImageId }).image_id;
}

async function upload(service: TestService, userId: string): Promise<string> {
  const uploaded = await service.request('/images/upload', post(jpeg, 'image/jpeg', { 'X-User-Id': userId }));
  return ((await uploaded.json()) as { image_id: string }).image_id;
}

/** Puts bytes into the bucket without an event. */
async function arrive({ services: { objects, staging } }: TestService, userId: string, id: ImageId): Promise<void> {
  await using staged = await staging.stage(Readable.from([jpeg]), { maxBytes: jpeg.length });
  await objects.put(incomingKey(userId, id), staged, { contentType: 'image/jpeg' });
}

const list = async (service: TestService, query: string): Promise<ListAnswer> =>
  (await (await service.request(`/images?${query}`)).json()) as ListAnswer;

async function listPages(service: TestService, query: string): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await list(service, cursor === '' ? query : `${query}&cursor=${cursor}`);
    pages.push(page.images.map(({ image_id }) => image_id));
    cursor = page.next_cursor;
  }
  return pages;
}

/** From the oldest on: `u` was uploaded, `g` granted, and its bytes arrive just before the list. Pages, by number. */
const LISTS = [
  ['ugu', 'newest', 100, [[2, 1, 0]]],
  ['ugu', 'oldest', 100, [[0, 1, 2]]],
  ['ugu', 'newest', 1, [[2], [1], [0]]],
  ['ugu', 'oldest', 1, [[0], [1], [2]]],
  ['ug', 'newest', 1, [[1], [0]]],
  ['gu', 'oldest', 1, [[0], [1]]],
  ['g', 'newest', 1, [[0]]],
  ['uug', 'newest', 2, [[2, 1], [0]]],
  ['uug', 'oldest', 2, [[0, 1], [2]]],
  ['uug', 'newest', 3, [[2, 1, 0]]],
  [
    'uuug',
    'oldest',
    2,
    [
      [0, 1],
      [2, 3],
    ],
  ],
  [
    'guuu',
    'newest',
    2,
    [
      [3, 2],
      [1, 0],
    ],
  ],
  ['gugug', 'newest', 2, [[4, 3], [2, 1], [0]]],
  ['gugug', 'oldest', 4, [[0, 1, 2, 3], [4]]],
  ['ggg', 'newest', 2, [[2, 1], [0]]],
] as const;

for (const [index, make] of [
  ['a stale index', lagBehind],
  ['a current index', () => undefined],
] as const) {
  describe(`the list after an upload, from ${index}`, () => {
    for (const [made, order, limit, expected] of LISTS) {
      it(`contains it in its place and once: ${made}, ${order} first, ${limit} a page`, async () => {
        await using service = await createSharingService({ environment: { FINALIZE_ON_READ: 'on' } });
        make(service.services.images);
        const query = `user_id=u&order=${order}&limit=${limit}`;
        const ids: string[] = [];
        const granted: ImageId[] = [];
        for (const kind of made) {
          if (kind === 'g') granted.push(await grant(service, 'u'));
          ids.push(kind === 'g' ? (granted.at(-1) ?? '') : await upload(service, 'u'));
        }
        await list(service, query);
        for (const id of granted) await arrive(service, 'u', id);
        const pages = await listPages(service, query);
        assert.deepEqual(
          pages.map((page) => page.map((id) => ids.indexOf(id))),
          expected,
        );
      });
    }

    it('contains it only if its record matches', async () => {
      await using service = await createSharingService({ environment: { FINALIZE_ON_READ: 'on' } });
      make(service.services.images);
      const query = 'tag=sea&content_type=image/jpeg';
      const sea = await grant(service, 'u', ['sea']);
      const moon = await grant(service, 'u', ['moon']);
      await list(service, query);
      for (const id of [sea, moon]) await arrive(service, 'u', id);
      const { images } = await list(service, query);
      const record = await (await service.request(`/images/${sea}/metadata`)).json();
      assert.deepEqual(images, [record]);
    });
  });
}

describe('a list with uploads under examination', () => {
  it('answers in `pending` how many of them match, until it contains them', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await using service = await createSharingService({
      environment: { FINALIZE_ON_READ: 'on' },
      overrides: {
        wrapImaging: (imaging) => ({
          ...imaging,
          async inspect(...file) {
            await released;
            return imaging.inspect(...file);
          },
        }),
      },
    });
    const ids = [await grant(service, 'u', ['sea']), await grant(service, 'u', ['sea']), await grant(service, 'u')];
    for (const id of ids) await arrive(service, 'u', id);
    await grant(service, 'u', ['sea']); // without bytes its examination ends immediately
    const [sea, all, later, pending] = await Promise.all(
      ['tag=sea', 'user_id=u', 'end_date=2020-01-01', 'user_id=u&status=pending'].map((query) => list(service, query)),
    );
    assert.deepEqual([sea?.pending, all?.pending, later?.pending, pending?.pending], [2, 3, undefined, undefined]);
    assert.deepEqual(sea?.images, []);

    release();
    for (const id of ids) await (await service.request(`/images/${id}/metadata?wait=20`)).arrayBuffer();
    const listed = await list(service, 'user_id=u');
    assert.deepEqual(Object.keys(listed), ['count', 'images', 'next_cursor']);
    assert.equal(listed.images.length, 3);
  });
});
