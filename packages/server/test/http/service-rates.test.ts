import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { ROUTES } from '../../src/http/app.ts';
import { namesUserInBody } from '../../src/http/request/user-claims.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';

const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
const LIMIT = 10;

const PICTURE = new Uint8Array(await testImage({ type: 'image/png', width: 8, height: 8 }));
const grant = (user_id?: string) => ({ user_id, content_type: 'image/png' });

function form(user: string): RequestInit {
  const body = new FormData();
  body.set('file', new File([PICTURE], 'a.png', { type: 'image/png' }));
  body.set('user_id', user);
  return { method: 'POST', body };
}
const base64 = (user_id: string) =>
  json({ user_id, file: Buffer.from(PICTURE).toString('base64'), metadata: { content_type: 'image/png' } });
const batchOf = (user_id: string) => json({ user_id, image_ids: [UNKNOWN] });

/** Requests that name a user in their body, for each operation that may. */
const NAMING: Readonly<Record<string, readonly [path: string, init: (user: string) => RequestInit][]>> = {
  createUpload: [['/uploads', (user) => json(grant(user))]],
  grantUploads: [
    ['/images/uploads', (user) => json({ user_id: user, uploads: [grant()] })],
    ['/images/uploads', (user) => json({ uploads: [grant(user)] })],
  ],
  createUploadToken: [['/upload-tokens', (user_id) => json({ user_id })]],
  createViewToken: [['/view-tokens', (user_id) => json({ user_id })]],
  revokeViewTokens: [['/view-tokens/revoke', (user_id) => json({ user_id })]],
  uploadImage: [['/images', form]],
  upload: [
    ['/images/upload', form],
    ['/images/upload', base64],
    ['/images/upload', (user) => json(grant(user))],
  ],
  deleteImages: [['/images/delete', batchOf]],
  changeImages: [['/images/change', (user_id) => json({ user_id, image_ids: [UNKNOWN], taken_at: null })]],
  trashImages: [['/images/trash', batchOf]],
  restoreImages: [['/images/restore', batchOf]],
  findKnown: [['/images/known', (user_id) => json({ user_id, sha256: ['ab'.repeat(32)] })]],
  createAlbum: [['/albums', (user_id) => json({ user_id, title: 'Lisbon' })]],
  linkToRenders: [['/render-urls', (user_id) => json({ user_id, renders: [{ image_id: UNKNOWN, w: 8 }] })]],
};

describe('the rate limits of a service', () => {
  let service: ClosedService;
  before(async () => {
    const kinds = ['grant', 'upload', 'read', 'list'].map((kind) => `${kind}=${LIMIT}/h`);
    service = await createClosedService({ environment: { RATE_LIMITS: kinds.join(' ') } });
  });
  after(() => service[Symbol.asyncDispose]());

  const newKey = () => service.keyOf({ actsAs: 'everyone' });
  const limitsIn = ({ headers }: Response) =>
    [...(headers.get('ratelimit') ?? '').matchAll(/"([a-z-]+)";r=(\d+)/g)].map(([, name, left]) => `${name} ${left}`);
  const limitOf = async (key: string, path: string, init: RequestInit) => {
    const response = await service.as(key, path, init);
    return { status: response.status, limits: limitsIn(response) };
  };

  it('have a request here for each operation whose body may name a user', () => {
    const naming = ROUTES.flatMap(({ operation }) => (operation && namesUserInBody(operation) ? [operation.id] : []));
    assert.deepEqual(new Set(naming), new Set(Object.keys(NAMING)));
  });

  for (const [operation, requests] of Object.entries(NAMING))
    for (const [index, [path, init]] of requests.entries())
      it(`count the user in the body: ${operation} ${index}`, async () => {
        const key = await newKey();
        const { limits, status } = await limitOf(key, path, init('ada'));
        assert.ok(status < 300, `${status}`);
        const [policy = ''] = limits[0]?.split(' ') ?? [];
        assert.deepEqual(limits, [`${policy} ${LIMIT - 1}`, `${policy}-of-key ${50 * LIMIT - 1}`]);

        const answers = await Promise.all(Array.from({ length: 12 }, () => limitOf(key, path, init('ada'))));
        assert.equal(answers.filter((one) => one.status !== 429).length, LIMIT - 1);
        const refused = await service.as(key, path, init('ada'));
        assert.equal(((await refused.json()) as { policy: string }).policy, policy);
        assert.deepEqual(limitsIn(refused), [`${policy} 0`, `${policy}-of-key ${49 * LIMIT}`]);

        const other = await limitOf(key, path, init('bob'));
        assert.deepEqual(other.limits, [`${policy} ${LIMIT - 1}`, `${policy}-of-key ${49 * LIMIT - 1}`]);
      });

  it('count a user once that a header and the body name', async () => {
    const init = json(grant('ada'), { 'X-User-Id': 'ada' });
    const { limits } = await limitOf(await newKey(), '/uploads', init);
    assert.deepEqual(limits, [`grant ${LIMIT - 1}`, `grant-of-key ${50 * LIMIT - 1}`]);
  });

  it('count each member of a batch for its own user, all or none', async () => {
    const key = await newKey();
    const grants = (...users: readonly string[]) => json({ uploads: users.map((user) => grant(user)) });
    const first = await limitOf(key, '/images/uploads', grants('ada', 'ada', 'bob'));
    assert.deepEqual(first, { status: 200, limits: [`grant ${LIMIT - 2}`, `grant-of-key ${50 * LIMIT - 3}`] });
    for (const [many, refused] of [
      [Array(LIMIT - 1).fill('ada'), 'ada'],
      [Array(LIMIT).fill('bob'), 'bob'],
    ] as const) {
      const { status, limits } = await limitOf(key, '/images/uploads', grants('carl', ...many));
      assert.deepEqual([status, limits], [429, ['grant 0', `grant-of-key ${50 * LIMIT - 3}`]], refused);
    }
    const carl = await limitOf(key, '/uploads', json(grant('carl')));
    assert.deepEqual(carl.limits, [`grant ${LIMIT - 1}`, `grant-of-key ${50 * LIMIT - 4}`]);
  });

  it('count a batch whose members name a hundred users', async () => {
    const key = await newKey();
    const uploads = Array.from({ length: 100 }, (_, index) => grant(`user ${index}`));
    const statuses = [];
    for (let batch = 0; batch < 6; batch += 1)
      statuses.push((await limitOf(key, '/images/uploads', json({ uploads }))).status);
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429]);
    assert.deepEqual((await limitOf(key, '/uploads', json(grant('another')))).limits, ['grant-of-key 0']);
  });

  it('count a request whose body is invalid, or names a user of others, for the key', async () => {
    const key = await service.keyOf({ actsAs: ['ada'] });
    for (const [index, [body, status]] of (
      [
        [{ user_id: 'ada', content_type: 7 }, 400],
        [grant('bob'), 403],
        [{ uploads: [grant('bob')] }, 403],
      ] as const
    ).entries()) {
      const answer = await limitOf(key, 'uploads' in body ? '/images/uploads' : '/uploads', json(body));
      assert.deepEqual(answer, { status, limits: [`grant-of-key ${50 * LIMIT - 1 - index}`] });
    }
  });

  it('count nothing for the end of an upload', async () => {
    const key = await newKey();
    const { image_id } = (await (await service.as(key, '/uploads', json(grant('ada')))).json()) as { image_id: string };
    const ended = await service.as(key, `/images/${image_id}/complete?user_id=ada`, { method: 'POST' });
    assert.deepEqual([ended.status, ended.headers.get('ratelimit')], [409, null]);
  });
});

describe('the default rate limits', () => {
  it('admit an upload of each of thirty-one users of a service, and its batch of a hundred grants', async () => {
    await using service = await createClosedService({ environment: { RATE_LIMITS: '' } });
    const key = await service.keyOf({ actsAs: 'everyone' });
    for (let user = 0; user < 31; user += 1)
      assert.equal((await service.as(key, '/images', form(`user ${user}`))).status, 201, `${user}`);
    const uploads = Array.from({ length: 100 }, () => grant('ada'));
    assert.equal((await service.as(key, '/images/uploads', json({ uploads }))).status, 200);
  });

  it('admit hundreds of grants and pages of one person', async () => {
    await using service = await createClosedService({ environment: { RATE_LIMITS: '' } });
    const key = await service.keyOf({ owner: 'ada' });
    const met = new Set<number>();
    for (let asked = 0; asked < 250; asked += 1) {
      met.add((await service.as(key, '/uploads', json(grant()))).status);
      met.add((await service.as(key, '/images?limit=1')).status);
    }
    assert.deepEqual(met, new Set([201, 200]));
  });
});
