import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createKey } from '../../src/operations/keys/create-key.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';
import {
  grantStatus,
  mintToken,
  OPENINGS,
  type Opening,
  type SharedImage,
  shareImage,
  statusOf,
} from './shared-image.ts';

const POST: RequestInit = { method: 'POST' };
const patch = (body: object): RequestInit => ({ ...json(body), method: 'PATCH' });

type Statuses = Readonly<Record<Opening, number>>;
const statuses = (preset: number, render: number, link: number): Statuses => ({
  preset,
  render,
  'link to the original': link,
  'link to a preset': link,
});
const OPEN = statuses(200, 200, 200);
const REVOKED = statuses(403, 403, 404);
/** The signatures hold, and there is nothing to open. */
const GONE = statuses(404, 404, 404);

describe('a signed URL', () => {
  let service: ClosedService;
  let key: string;
  before(async () => {
    service = await createClosedService();
    key = await service.keyOf({ owner: 'ada' });
  });
  after(() => service[Symbol.asyncDispose]());

  const changed = async (path: string, init: RequestInit): Promise<void> =>
    assert.equal((await service.as(key, path, init)).status, 200, path);

  async function requireStatuses({ urls }: SharedImage, expected: Statuses): Promise<void> {
    for (const opening of OPENINGS) assert.equal(await statusOf(service, urls[opening]), expected[opening], opening);
  }

  const steps: readonly (readonly [name: string, steps: readonly (readonly [string, RequestInit, Statuses])[]])[] = [
    ['revoke-links', [['/revoke-links', POST, REVOKED]]],
    [
      'another visibility, also once the former is back',
      [
        ['', patch({ visibility: 'public' }), REVOKED],
        ['', patch({ visibility: 'private' }), REVOKED],
      ],
    ],
    ['delete', [['', { method: 'DELETE' }, GONE]]],
  ];
  for (const [name, changes] of steps)
    it(`opens nothing after ${name}`, async () => {
      const image = await shareImage(service, key);
      await requireStatuses(image, OPEN);
      for (const [path, init, expected] of changes) {
        await changed(`/images/${image.id}${path}`, init);
        await requireStatuses(image, expected);
      }
    });

  it('opens nothing while its image is in the trash, and the same after it', async () => {
    const image = await shareImage(service, key);
    await changed(`/images/${image.id}/trash`, POST);
    await requireStatuses(image, GONE);
    await changed(`/images/${image.id}/restore`, POST);
    await requireStatuses(image, OPEN);
  });

  it('that was revoked stays so through trash and restore', async () => {
    const image = await shareImage(service, key);
    await changed(`/images/${image.id}/revoke-links`, POST);
    await changed(`/images/${image.id}/trash`, POST);
    await changed(`/images/${image.id}/restore`, POST);
    await requireStatuses(image, REVOKED);
  });

  it('of a link opens nothing after the link is revoked, and others still do', async () => {
    const image = await shareImage(service, key);
    const [path] = image.urls['link to a preset'].split('?');
    await changed(path ?? '', { method: 'DELETE' });
    await requireStatuses(image, { ...OPEN, 'link to a preset': 404 });
  });

  it('survives changes that concern nobody else', async () => {
    const image = await shareImage(service, key);
    for (const fields of [{ visibility: 'private' }, { description: 'x' }, { tags: ['x'] }, { metadata: { x: 1 } }])
      await changed(`/images/${image.id}`, patch(fields));
    await requireStatuses(image, OPEN);
  });

  it('signed after a revocation opens the image', async () => {
    const image = await shareImage(service, key);
    await changed(`/images/${image.id}/revoke-links`, POST);
    const answer = await service.as(key, `/images/${image.id}/metadata`);
    const { renditions } = (await answer.json()) as { renditions: { thumb: string } };
    const { pathname, search } = new URL(renditions.thumb);
    assert.equal(await statusOf(service, `${pathname}${search}`), 200);
    assert.notEqual(`${pathname}${search}`, image.urls.preset);
  });

  it('of a public preset that needs none ends with private', async () => {
    const { id } = await shareImage(service, key);
    const url = `/images/${id}/renditions/thumb`;
    assert.equal(await statusOf(service, url), 401);
    await changed(`/images/${id}`, patch({ visibility: 'public' }));
    assert.equal(await statusOf(service, url), 200);
    for (const hidden of ['', '/original', '/metadata', '/renditions/thumb/download'])
      assert.equal(await statusOf(service, `/images/${id}${hidden}`), 401);
    await changed(`/images/${id}`, patch({ visibility: 'private' }));
    assert.equal(await statusOf(service, url), 401);
  });

  it('is 410 from its expiry on', async () => {
    const image = await shareImage(service, key);
    for (const opening of OPENINGS) {
      const url = image.urls[opening];
      const exp = Number(new URLSearchParams(url.split('?')[1]).get('exp'));
      service.clock.offsetMs = exp * 1000 - Date.now() - 30_000;
      assert.equal(await statusOf(service, url), 200, opening);
      service.clock.offsetMs = exp * 1000 - Date.now() + 1;
      assert.equal(await statusOf(service, url), 410, opening);
      service.clock.offsetMs = 0;
    }
  });
});

describe('an upload token', () => {
  let service: ClosedService;
  before(async () => {
    service = await createClosedService();
  });
  after(() => service[Symbol.asyncDispose]());

  const newKey = () =>
    createKey(service.services, {
      name: 'app',
      owner: 'ada',
      actsAs: null,
      scopes: ['images:read', 'images:upload'],
      expiresAt: null,
    });

  it('is no credential five seconds after its key is revoked, nor is any other of that key', async () => {
    const { key, text } = await newKey();
    const [one, other] = [await mintToken(service, text), await mintToken(service, text)];
    const another = await mintToken(service, (await newKey()).text);
    assert.equal(await grantStatus(service, one), 201);
    assert.equal((await service.as(service.admin, `/keys/${key.id}`, { method: 'DELETE' })).status, 200);
    service.clock.offsetMs += 5_001;
    for (const token of [one, other]) assert.equal(await grantStatus(service, token), 401);
    assert.equal(await grantStatus(service, another), 201);
  });

  it('is no credential once its key has expired or was rotated without overlap', async () => {
    const { key, text } = await newKey();
    const token = await mintToken(service, text);
    const rotated = await service.as(service.admin, `/keys/${key.id}/rotate`, json({ overlap_seconds: 0 }));
    assert.equal(rotated.status, 201);
    service.clock.offsetMs += 5_001;
    assert.equal(await grantStatus(service, token), 401);
  });

  it('is no credential from its expiry on', async () => {
    const token = await mintToken(service, (await newKey()).text, { expires_in: 60 });
    service.clock.offsetMs += 30_000;
    assert.equal(await grantStatus(service, token), 201);
    service.clock.offsetMs += 31_000;
    assert.equal(await grantStatus(service, token), 401);
  });
});
