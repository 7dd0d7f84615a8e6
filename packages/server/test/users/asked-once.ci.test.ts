import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { ROUTES } from '../../src/http/app.ts';
import { namesUserInBody } from '../../src/http/request/user-claims.ts';
import { type ClosedService, closedBy } from '../services/closed-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, post } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
const PICTURE = new Uint8Array(await testImage({ type: 'image/png', width: 8, height: 8 }));
const BASE64 = Buffer.from(PICTURE).toString('base64');
const grant = (user_id?: string) => ({ user_id, content_type: 'image/png' });

function form(user?: string): RequestInit {
  const body = new FormData();
  body.set('file', new File([PICTURE], 'a.png', { type: 'image/png' }));
  if (user !== undefined) body.set('user_id', user);
  return { method: 'POST', body };
}

type Asked = readonly [path: string, init: (user?: string) => RequestInit];

/** Requests whose body names the user, or nobody, for each operation that has the choice. */
const BODIES: Readonly<Record<string, readonly Asked[]>> = {
  createUpload: [['/uploads', (user) => json(grant(user))]],
  grantUploads: [
    ['/images/uploads', (user_id) => json({ user_id, uploads: [grant(), grant()] })],
    ['/images/uploads', (user) => json({ uploads: [grant(user), grant(user), grant(user)] })],
  ],
  createUploadToken: [['/upload-tokens', (user_id) => json({ user_id })]],
  createViewToken: [['/view-tokens', (user_id) => json({ user_id })]],
  revokeViewTokens: [['/view-tokens/revoke', (user_id) => json({ user_id })]],
  upload: [['/images/upload', (user) => json(grant(user))]],
  deleteImages: [['/images/delete', (user_id) => json({ user_id, image_ids: [UNKNOWN] })]],
  changeImages: [['/images/change', (user_id) => json({ user_id, image_ids: [UNKNOWN], taken_at: null })]],
  trashImages: [['/images/trash', (user_id) => json({ user_id, image_ids: [UNKNOWN] })]],
  restoreImages: [['/images/restore', (user_id) => json({ user_id, image_ids: [UNKNOWN] })]],
  findKnown: [['/images/known', (user_id) => json({ user_id, sha256: ['ab'.repeat(32)] })]],
  createAlbum: [['/albums', (user_id) => json({ user_id, title: 'Lisbon' })]],
  linkToRenders: [['/render-urls', (user_id) => json({ user_id, renders: [{ image_id: UNKNOWN, w: 8 }] })]],
};

/** The bytes of these are decoded, which takes long: their user is asked for once more before the record is written. */
const DIRECT: Readonly<Record<string, readonly Asked[]>> = {
  uploadImage: [['/images', form]],
  upload: [
    ['/images/upload', form],
    ['/images/upload', (user_id) => json({ user_id, file: BASE64, metadata: { content_type: 'image/png' } })],
  ],
};

/** Requests whose headers or query name the user alone. */
const OTHERS: readonly Asked[] = [
  ['/images', () => ({})],
  ['/events', () => ({})],
  ['/usage', () => ({})],
  ['/whoami', () => ({})],
  [`/images/${UNKNOWN}/metadata`, () => ({})],
  [`/images/${UNKNOWN}`, () => ({ method: 'DELETE' })],
  ['/images/upload', () => ({ method: 'POST' })],
];

describe('the blocked user', () => {
  let service: ClosedService;
  let asked: string[] = [];
  let nowMs = 0;
  before(async () => {
    const clock = { ...movingClock(), elapsedMs: () => nowMs };
    const environment = { AUTH: 'api-key', RATE_LIMITS: 'off', EVENTS: 'on', USAGE: 'on' };
    service = await closedBy(await createSharingService({ environment, overrides: { clock } }), clock);
    const { blocked } = service.services;
    const ask = blocked.requireUnblocked;
    blocked.requireUnblocked = (userId) => {
      asked.push(userId);
      return ask(userId);
    };
  });
  after(() => service[Symbol.asyncDispose]());

  /** The users that a request asked for. */
  async function askedBy(key: string, path: string, init: RequestInit): Promise<readonly string[]> {
    asked = [];
    const { status, body } = await service.as(key, path, init);
    await body?.cancel();
    assert.ok(status < 300 || status === 404, `${path}: ${status}`);
    return asked;
  }

  const named = (init: RequestInit, user: string): RequestInit => {
    const headers = new Headers(init.headers);
    headers.set('x-user-id', user);
    return { ...init, headers };
  };

  it('has a request here for each operation whose body may name a user', () => {
    const naming = ROUTES.flatMap(({ operation }) => (operation && namesUserInBody(operation) ? [operation.id] : []));
    assert.deepEqual(new Set(naming), new Set(Object.keys({ ...BODIES, ...DIRECT })));
  });

  for (const [requests, times] of [
    [BODIES, 1],
    [DIRECT, 2],
  ] as const)
    for (const [operation, of] of Object.entries(requests))
      for (const [index, [path, init]] of of.entries())
        it(`is asked for ${times === 1 ? 'once' : 'twice'}, wherever it is named: ${operation} ${index}`, async () => {
          const [own, backend] = [await service.keyOf({ owner: 'ada' }), await service.keyOf({ actsAs: 'everyone' })];
          const expected = Array(times).fill('ada');
          assert.deepEqual(await askedBy(own, path, init()), expected, 'the owner of the key');
          assert.deepEqual(await askedBy(own, path, init('ada')), expected, 'the owner of the key, in the body');
          assert.deepEqual(await askedBy(backend, path, init('ada')), expected, 'in the body');
          assert.deepEqual(await askedBy(backend, path, named(init(), 'ada')), expected, 'in a header');
          assert.deepEqual(await askedBy(backend, path, named(init('ada'), 'ada')), expected, 'in both');
        });

  for (const [path, init] of OTHERS)
    it(`is asked for once by a header, a query or a key: ${init().method ?? 'GET'} ${path}`, async () => {
      const [own, backend] = [await service.keyOf({ owner: 'ada' }), await service.keyOf({ actsAs: 'everyone' })];
      assert.deepEqual(await askedBy(own, path, init()), ['ada'], 'the owner of the key');
      assert.deepEqual(await askedBy(own, path, named(init(), 'ada')), ['ada'], 'the owner of the key, in a header');
      assert.deepEqual(await askedBy(backend, path, named(init(), 'ada')), ['ada'], 'in a header');
      assert.deepEqual(await askedBy(backend, `${path}?user_id=ada`, init()), ['ada'], 'in the query');
      assert.deepEqual(await askedBy(backend, `${path}?user_id=ada`, named(init(), 'ada')), ['ada'], 'in both');
    });

  it('is asked for once by an upload token, and twice with the bytes', async () => {
    const backend = await service.keyOf({ actsAs: 'everyone' });
    const minted = await service.as(backend, '/upload-tokens', json({ user_id: 'ada' }));
    const { token } = (await minted.json()) as { token: string };
    assert.deepEqual(await askedBy(token, '/uploads', json(grant('ada'))), ['ada']);
    assert.deepEqual(await askedBy(token, '/images/upload', post(PICTURE, 'image/png')), ['ada', 'ada']);
  });

  it('is asked for once for each user that a batch names', async () => {
    const backend = await service.keyOf({ actsAs: 'everyone' });
    const uploads = ['ada', 'bob', 'ada', 'eve', 'bob'].map(grant);
    assert.deepEqual(await askedBy(backend, '/images/uploads', json({ uploads })), ['ada', 'bob', 'eve']);
  });

  it('is asked for once by what an admin stores for it', async () => {
    const key = { name: 'laptop', scopes: ['images:read'] };
    const hook = { url: 'https://example.com/hooks', user_id: 'ada' };
    const limits = { ...json({ bytes: null, images: 1, pending: null }), method: 'PUT' };
    const ask = (path: string, init: RequestInit) => askedBy(service.admin, path, init);
    assert.deepEqual(await ask('/keys', json({ ...key, owner: 'ada' })), ['ada']);
    assert.deepEqual(await ask('/keys', json({ ...key, acts_as: ['ada', 'bob'] })), ['ada', 'bob']);
    assert.deepEqual(await ask('/webhooks', json(hook)), ['ada']);
    assert.deepEqual(await ask('/quotas/ada', limits), ['ada']);
    assert.deepEqual(await ask('/quotas/ada', { method: 'DELETE' }), ['ada']);
  });

  it('is asked for again by a request whose body took more than a second', async () => {
    const own = await service.keyOf({ owner: 'ada' });
    const bytes = new TextEncoder().encode(JSON.stringify(grant()));
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          nowMs += 1_001;
          controller.enqueue(bytes);
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const init = { ...json(null), body, duplex: 'half' } as const;
    assert.deepEqual(await askedBy(own, '/uploads', init), ['ada', 'ada']);
  });
});
