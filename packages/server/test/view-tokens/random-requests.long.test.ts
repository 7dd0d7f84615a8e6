import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import { createRandom } from '../chance/random.ts';
import { repeatsOf } from '../repeats.ts';
import type { ClosedService } from '../services/closed-service.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import { json } from '../services/service.ts';
import { mint, picture } from '../upload-tokens/token-client.ts';
import { answered, mintView, statusOf } from './view-client.ts';
import {
  anyList,
  filenameOf,
  isDescribed,
  isSeen,
  listed,
  metadataOf,
  type Picture,
  queryOf,
  TAGS,
  USERS,
  type View,
  wordOf,
} from './view-model.ts';

const IMAGES = 60;
const TOKENS = 12;
const { count, seed } = repeatsOf('viewerRequests');

onEachRepository('random requests by view tokens', (serviceOf) => {
  it('get what the model says, and no word of another user, another tag or another state', async (t) => {
    const isOnDisk = serviceOf().services.images.searches;
    const steps = isOnDisk ? count : Math.ceil(count / 10);
    const world = await createWorld(serviceOf(), seed, isOnDisk);
    for (let step = 0; step < steps; step++)
      await world.step().catch((error: unknown) => {
        throw new Error(`step ${step} of SEED=${seed}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      });
    t.diagnostic(`${steps} requests: ${JSON.stringify(world.told)}`);
    for (const status of [200, 400, 401, 403, 404]) assert.ok((world.told[status] ?? 0) > steps / 200, `${status}`);
  });
});

async function createWorld(service: ClosedService, seed: number, searches: boolean) {
  const random = createRandom(seed);
  const backends = [await service.keyOf({ actsAs: 'everyone' }), await service.keyOf({ actsAs: 'everyone' })];
  const pictures: Picture[] = [];
  const views: View[] = [];
  const told: Record<number, number> = {};
  const some = () => random.pick(pictures);
  const tags = (share: number) => TAGS.filter(() => random.chance(share));

  const credentialOf = {
    'view token': async (backend: string, user: string) =>
      (await mintView(service, backend, { user_id: user, upload: {} })).token,
    'upload token': async (backend: string, user: string) => (await mint(service, backend, { user_id: user })).token,
    key: async (backend: string) => backend,
  };

  async function addPicture(): Promise<void> {
    const [n, user, backend] = [pictures.length, random.pick(USERS), random.pick(backends)];
    const said = {
      description: `album ${wordOf(n)}`,
      metadata: { note: metadataOf(n) },
      tags: tags(0.4),
      filename: filenameOf(n),
    };
    const isPending = random.chance(0.15);
    const bytes = await picture(n + 1);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (isPending) {
      const by = random.pick(['view token', 'upload token', 'key'] as const);
      const token = await credentialOf[by](backend, user);
      const body = json({ ...said, content_type: 'image/jpeg', user_id: user });
      const { image_id: id } = await answered<{ image_id: string }>(service.as(token, '/uploads', body), 201);
      pictures.push({
        n,
        id,
        user,
        sha256,
        minter: by === 'view token' ? backend : null,
        tags: said.tags,
        state: 'pending',
      });
      return;
    }
    const form = new FormData();
    form.set('user_id', user);
    for (const name of ['description', 'filename'] as const) form.set(name, said[name]);
    form.set('metadata', JSON.stringify(said.metadata));
    form.set('tags', said.tags.join(','));
    form.set('file', new File([bytes], filenameOf(n), { type: 'image/jpeg' }));
    const sent = service.as(backend, '/images', { method: 'POST', body: form });
    const { image_id: id } = await answered<{ image_id: string }>(sent, 201);
    pictures.push({ n, id, user, sha256, minter: null, tags: said.tags, state: 'ready' });
  }

  async function addView(): Promise<void> {
    const [user, minter] = [random.pick(USERS), random.pick(backends)];
    const onlyTags = random.chance(0.5) ? tags(0.3).slice(0, 5) : [];
    const [showsOriginals, showsMetadata, uploads] = [random.chance(0.5), random.chance(0.5), random.chance(0.5)];
    const { token: text } = await mintView(service, minter, {
      user_id: user,
      ...(onlyTags.length > 0 && { only_tags: onlyTags }),
      ...(uploads && { upload: { tags: onlyTags } }),
      originals: showsOriginals,
      metadata: showsMetadata,
    });
    const view: View = { text, user, minter, onlyTags, showsOriginals, showsMetadata, uploads, isLive: true };
    const dead = views.findIndex(({ isLive }) => !isLive);
    if (views.length < TOKENS) views.push(view);
    else views[dead >= 0 && random.chance(0.9) ? dead : random.below(views.length)] = view;
  }

  /** A change by the owner. */
  async function change(): Promise<void> {
    const image = some();
    const send = async (path: string, method: string, body: object = {}) =>
      answered(
        service.as(random.pick(backends), `/images/${image.id}${path}?user_id=${image.user}`, {
          ...json(body),
          method,
        }),
      );
    if (image.state === 'trashed') {
      await send('/restore', 'POST');
      image.state = 'ready';
    } else if (image.state === 'ready' && random.chance(0.3)) {
      await send('/trash', 'POST');
      image.state = 'trashed';
    } else if (image.state === 'ready' && random.chance(0.03)) {
      await send('', 'DELETE');
      image.state = 'deleted';
      await addPicture();
    } else if (image.state !== 'deleted') {
      const other = tags(0.4);
      await send('', 'PATCH', { tags: other });
      image.tags = other;
    }
  }

  async function revoke(): Promise<void> {
    const user = random.pick(USERS);
    await answered(service.as(random.pick(backends), '/view-tokens/revoke', json({ user_id: user })));
    for (const view of views) if (view.user === user) view.isLive = false;
    for (let n = 0; n < TOKENS / 2; n++) await addView();
  }

  const note = (status: number): void => {
    told[status] = (told[status] ?? 0) + 1;
  };

  /** The answer, in which nothing of another image is told. `asked`: the image that the request itself named. */
  async function ask(
    view: View,
    path: string,
    init: RequestInit = {},
    asked?: Picture,
  ): Promise<{ status: number; text: string }> {
    const answer = await service.as(view.text, path, init);
    const isText = answer.headers.get('content-type')?.includes('json') === true;
    const text = isText ? await answer.text() : '';
    if (!isText) await answer.body?.cancel();
    note(answer.status);
    for (const one of pictures) {
      const isOpen = view.isLive && isDescribed(view, one);
      const hidden = [
        ...(isOpen ? [] : [wordOf(one.n), filenameOf(one.n), ...(one === asked ? [] : [one.id])]),
        ...(isOpen && view.showsMetadata ? [] : [metadataOf(one.n)]),
        ...(isOpen && view.showsOriginals ? [] : [one.sha256]),
      ];
      for (const needle of hidden)
        assert.ok(!text.includes(needle), `${path} tells ${needle} of image ${one.n}: ${text}`);
    }
    return { status: answer.status, text };
  }

  async function list(view: View): Promise<void> {
    const asked = anyList(random, pictures);
    if (asked.word !== undefined && !searches) return;
    const expected = view.isLive ? listed(view, asked, pictures) : 401;
    const ids: string[] = [];
    const limit = 1 + random.below(20);
    let cursor: string | null = null;
    do {
      const query: string = `${queryOf(asked)}&limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`;
      const { status, text } = await ask(view, `/images?${query}`);
      if (typeof expected === 'number') return assert.equal(status, expected, `${query}: ${text}`);
      assert.equal(status, 200, `${query}: ${text}`);
      const page = JSON.parse(text) as { images: { image_id: string }[]; next_cursor: string | null; pending?: number };
      assert.equal(page.pending, undefined);
      ids.push(...page.images.map(({ image_id }) => image_id));
      cursor = page.next_cursor;
      if (cursor !== null) await misuse(cursor, view);
    } while (cursor !== null);
    assert.deepEqual(ids, expected, queryOf(asked));
  }

  /** A cursor tells no id, and opens no list of a token with another user or other tags. */
  async function misuse(cursor: string, of: View): Promise<void> {
    const bytes = Buffer.from(cursor, 'base64url').toString('hex');
    for (const { id } of pictures) assert.ok(!bytes.includes(id.replaceAll('-', '')), `a cursor tells ${id}`);
    const other = random.pick(views);
    const boundsOf = ({ user, onlyTags }: View) => JSON.stringify([user, onlyTags]);
    if (!other.isLive || boundsOf(other) === boundsOf(of) || random.chance(0.8)) return;
    const { status, text } = await ask(other, `/images?cursor=${cursor}`);
    assert.equal(status, 400, text);
  }

  const SINGLE = {
    '/metadata': (view, one) => (isDescribed(view, one) ? 200 : 404),
    '/renditions/thumb': (view, one) => (isSeen(view, one) ? 200 : 404),
    '/renditions/thumb?trashed=true': () => 404,
    '/original': (view, one) => opened(view, isSeen(view, one)),
    '/download': (view, one) => opened(view, isSeen(view, one)),
    '': (view, one) => opened(view, isSeen(view, one)),
    '?download=true': (view, one) => opened(view, isSeen(view, one)),
    '/links': () => 403,
    '/renditions/thumb/download': () => 403,
    '/decisions': () => 403,
  } as const satisfies Record<string, (view: View, one: Picture) => number>;

  const REFUSED: readonly ((id: string) => readonly [string, RequestInit?])[] = [
    (id) => [`/images/${id}/render-url`, json({ w: 8 })],
    (id) => ['/render-urls', json({ renders: [{ image_id: id, w: 8 }] })],
    (id) => [`/images/${id}`, { ...json({ tags: ['sea'] }), method: 'PATCH' }],
    (id) => [`/images/${id}/trash`, { method: 'POST' }],
    (id) => [`/images/${id}/restore`, { method: 'POST' }],
    (id) => [`/images/${id}`, { method: 'DELETE' }],
    (id) => ['/images/delete', json({ image_ids: [id] })],
    (id) => [`/images/${id}/links`, json({ what: 'original' })],
    (id) => [`/images/${id}/revoke-links`, { method: 'POST' }],
    () => ['/upload-tokens', json({})],
    () => ['/view-tokens', json({})],
    () => ['/view-tokens/revoke', json({})],
    () => ['/keys'],
    () => ['/users'],
  ];

  async function request(): Promise<void> {
    const [view, one] = [random.pick(views), some()];
    const kind = random.next();
    if (kind < 0.3) return list(view);
    if (kind < 0.4) {
      const [path, init = {}] = random.pick(REFUSED)(one.id);
      const { status, text } = await ask(view, path, init, one);
      return assert.equal(status, view.isLive ? 403 : 401, `${path}: ${text}`);
    }
    const [path, expected] = random.pick(Object.entries(SINGLE));
    const { status, text } = await ask(view, `/images/${one.id}${path}`, {}, one);
    assert.equal(status, view.isLive ? expected(view, one) : 401, `${path} of image ${one.n}: ${text}`);
  }

  for (let n = 0; n < IMAGES; n++) await addPicture();
  for (let n = 0; n < TOKENS; n++) await addView();
  assert.equal(await statusOf(service.as(views[0]?.text ?? '', '/whoami')), 200);

  return {
    told,
    async step() {
      if (random.chance(0.003)) await revoke();
      if (random.chance(0.1)) await change();
      await request();
    },
  };
}

const opened = ({ showsOriginals }: View, isSeen: boolean): number => {
  if (!showsOriginals) return 403;
  return isSeen ? 200 : 404;
};
