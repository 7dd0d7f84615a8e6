import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json, post } from '../services/service.ts';

type Audit = Omit<Extract<ServiceEvent, { event: 'audit' }>, 'event' | 'requestId'>;

describe('the audit', () => {
  const told: Audit[] = [];
  let service: ClosedService;
  let id: string;
  before(async () => {
    service = await createClosedService({
      observe(seen) {
        if (seen.event !== 'audit') return;
        const { event: _, requestId, ...audit } = seen;
        assert.match(requestId, /^[0-9a-f-]{36}$/);
        told.push(audit);
      },
    });
  });
  after(() => service[Symbol.asyncDispose]());

  /** The events of a request with this key. */
  async function auditOf(key: string, path: string, init: RequestInit = {}): Promise<readonly Audit[]> {
    told.length = 0;
    const response = await service.as(key, path, init);
    const text = await response.text();
    id ??= /"image_id":"([^"]+)"/.exec(text)?.[1] ?? '';
    return [...told];
  }
  const actorOf = (key: string): string => key.split('_')[1] ?? '';
  const picture = async () => new Uint8Array(await testImage({ type: 'image/png', width: 8, height: 8 }));

  it('tells what a service did, and for whom', async () => {
    const key = await service.keyOf({ actsAs: 'everyone' });
    const actor = actorOf(key);
    const uploaded = await auditOf(key, '/images/upload', post(await picture(), 'image/png', { 'X-User-Id': 'ada' }));
    assert.deepEqual(uploaded, [{ actor, forUser: 'ada', operation: 'upload', imageId: id, outcome: 'done' }]);
    const read = await auditOf(key, `/images/${id}/metadata`);
    assert.deepEqual(read, [{ actor, forUser: null, operation: 'describeImage', imageId: id, outcome: 'done' }]);
    const foreign = await auditOf(key, `/images/${id}?user_id=bob`, { method: 'DELETE' });
    assert.deepEqual(foreign, [{ actor, forUser: 'bob', operation: 'deleteImage', imageId: id, outcome: 'refused' }]);
    const batch = await auditOf(key, '/images/delete', json({ user_id: 'ada', image_ids: [id, id] }));
    assert.deepEqual(batch, [{ actor, forUser: 'ada', operation: 'deleteImages', count: 2, outcome: 'done' }]);
  });

  it('tells what an admin did with keys, without their secrets', async () => {
    const actor = actorOf(service.admin);
    const response = await service.as(
      service.admin,
      '/keys',
      json({ name: 'n', owner: 'ada', scopes: ['images:read'] }),
    );
    const { key_id: keyId } = (await response.json()) as { key_id: string };
    const rotated = await auditOf(service.admin, `/keys/${keyId}/rotate`, { method: 'POST' });
    const revoked = await auditOf(service.admin, `/keys/${keyId}`, { method: 'DELETE' });
    assert.deepEqual(
      [...rotated, ...revoked].map(({ operation, ...rest }) => [operation, rest]),
      ['rotateKey', 'revokeKey'].map((operation) => [operation, { actor, forUser: null, keyId, outcome: 'done' }]),
    );
  });

  it('tells which link a service made, revoked or failed to revoke', async () => {
    const key = await service.keyOf({ actsAs: ['ada'] });
    const uploaded = await service.as(
      key,
      '/images/upload',
      post(await picture(), 'image/png', { 'X-User-Id': 'ada' }),
    );
    const { image_id: imageId } = (await uploaded.json()) as { image_id: string };
    const headers = { 'X-User-Id': 'ada' };
    const made = await auditOf(key, `/images/${imageId}/links`, json({ what: 'original' }, headers));
    const linkId = made[0]?.linkId;
    assert.match(linkId ?? '', /^[\w-]{22}$/);
    const path = `/images/${imageId}/links/${linkId}`;
    const revoked = [
      ...(await auditOf(key, path, { method: 'DELETE', headers })),
      ...(await auditOf(key, path, { method: 'DELETE', headers })),
    ];
    const all = await auditOf(key, `/images/${imageId}/revoke-links`, { method: 'POST', headers });
    const told = { actor: actorOf(key), forUser: 'ada', imageId };
    assert.deepEqual(
      [...made, ...revoked, ...all],
      [
        { ...told, operation: 'createLink', linkId, outcome: 'done' },
        { ...told, operation: 'revokeLink', linkId, outcome: 'done' },
        { ...told, operation: 'revokeLink', linkId, outcome: 'refused' },
        { ...told, operation: 'revokeLinks', outcome: 'done' },
      ],
    );
  });

  it('says nothing of users, who act for themselves', async () => {
    const key = await service.keyOf({ owner: 'ada' });
    assert.deepEqual(await auditOf(key, '/images'), []);
    assert.deepEqual(await auditOf(key, '/health'), []);
  });
});
