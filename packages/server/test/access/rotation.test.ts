import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import type { ApiKey } from '../../src/domain/access/api-key.ts';
import type { KeyId } from '../../src/domain/access/api-key-text.ts';
import type { ClosedService } from '../services/closed-service.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import { json } from '../services/service.ts';
import { mint, type Problem } from '../upload-tokens/token-client.ts';

interface KeyJson {
  readonly key_id: string;
  readonly key: string;
  readonly expires_at: string | null;
}

const ROTATIONS = 10;

onEachRepository('a rotation', (serviceOf) => {
  let service: ClosedService;
  before(() => {
    service = serviceOf();
  });

  const idOf = (key: string): string => key.split('_')[1] ?? '';
  const recordOf = async (key: string): Promise<ApiKey> =>
    (await service.services.keys.get(idOf(key) as KeyId)) ?? assert.fail('expected a record; got none');
  const ask = (key: string, overlap_seconds = 3_600): Promise<Response> =>
    service.as(service.admin, `/keys/${idOf(key)}/rotate`, json({ overlap_seconds }));
  const rotate = async (key: string): Promise<KeyJson> => {
    const answer = await ask(key);
    const text = await answer.text();
    assert.equal(answer.status, 201, text);
    return JSON.parse(text) as KeyJson;
  };
  const statusOf = async (key: string): Promise<number> => (await service.as(key, '/whoami')).status;
  const refusedFor = async (key: string, successor: string): Promise<void> => {
    const answer = await ask(key);
    const { code, detail } = (await answer.json()) as Problem;
    assert.deepEqual([answer.status, code], [409, 'key-already-rotated']);
    assert.ok(detail.includes(idOf(successor)), detail);
  };

  it('repeated after a lost answer revokes the successor that nobody used, and makes another', async () => {
    const expiresAt = new Date(Date.now() + 90 * 86_400_000);
    const key = await service.keyOf({ owner: 'ada', expiresAt });
    const lost = await rotate(key);
    const found = await rotate(key);
    assert.deepEqual([lost.expires_at, found.expires_at], [expiresAt.toISOString(), expiresAt.toISOString()]);
    assert.deepEqual([await statusOf(key), await statusOf(lost.key), await statusOf(found.key)], [200, 401, 200]);
  });

  it('is refused once the successor was used, and the refusal names it', async () => {
    const key = await service.keyOf({ owner: 'ada' });
    const successor = await rotate(key);
    assert.equal(await statusOf(successor.key), 200);
    await refusedFor(key, successor.key);
    assert.equal(await statusOf(successor.key), 200);

    const next = await rotate(successor.key);
    await refusedFor(key, next.key);
    assert.deepEqual([await statusOf(successor.key), await statusOf(next.key)], [200, 200]);
  });

  it('is refused once an upload token of the successor was used', async () => {
    const key = await service.keyOf({ owner: 'ada' });
    const successor = await rotate(key);
    const { token } = await mint(service, successor.key);
    await refusedFor(key, successor.key);
    assert.equal((await service.as(token, '/uploads', json({ content_type: 'image/png' }))).status, 201);
  });

  it('is refused once the successor was rotated itself', async () => {
    const key = await service.keyOf({ owner: 'ada' });
    const next = await rotate((await rotate(key)).key);
    await refusedFor(key, next.key);
    assert.equal(await statusOf(next.key), 200);
  });

  it('makes another successor if the former one was revoked, also with its expiry', async () => {
    const key = await service.keyOf({ owner: 'ada' });
    const successor = await rotate(key);
    assert.equal(await statusOf(successor.key), 200);
    await service.as(service.admin, `/keys/${successor.key_id}`, { method: 'DELETE' });
    const other = await rotate(key);
    assert.equal(other.expires_at, null);
    assert.deepEqual([await statusOf(successor.key), await statusOf(other.key)], [401, 200]);
  });

  for (const [name, terms] of [
    ['a key', {}],
    ['a key that ends within the overlap', { expiresAt: new Date(Date.now() + 600_000) }],
  ] as const)
    it(`leaves one live successor of ${ROTATIONS} at once of ${name}`, async () => {
      const key = await service.keyOf({ owner: 'ada', ...terms });
      const made = await Promise.all(Array.from({ length: ROTATIONS }, () => rotate(key)));
      const statuses = await Promise.all(made.map((one) => statusOf(one.key)));
      assert.deepEqual(statuses.toSorted(), [200, ...Array.from({ length: ROTATIONS - 1 }, () => 401)]);
      assert.equal((await recordOf(key)).successor, made[statuses.indexOf(200)]?.key_id);
    });

  it('at once with the first use of the successor never revokes one that let a request in', async () => {
    for (const isFirst of [true, false, true, false]) {
      const key = await service.keyOf({ owner: 'ada' });
      const successor = await rotate(key);
      const used = isFirst ? statusOf(successor.key) : undefined;
      const rotation = ask(key);
      const status = await (used ?? statusOf(successor.key));
      assert.deepEqual([status, (await rotation).status], status === 200 ? [200, 409] : [401, 201]);
      assert.equal(await statusOf(successor.key), status);
    }
  });
});
