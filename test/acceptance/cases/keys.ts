import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CreatedKey, Grant, Image, UploadToken } from '../answers.ts';
import { type Api, connect, json, newUser } from '../api.ts';
import { eventually } from '../eventually.ts';

const IN_A_YEAR_MS = 365 * 86_400_000;
const POST: RequestInit = { method: 'POST' };

export const describeKeys = (api: Api): void => {
  const { asAdmin } = api;
  if (api.isOpen || !asAdmin) {
    it('keys are an admin’s', { skip: 'this run has no key of an admin' }, () => {});
    return;
  }

  const create = (terms: object = {}): Promise<CreatedKey> =>
    asAdmin.ask('/keys', json({ name: 'acceptance', owner: newUser(), scopes: ['images:write'], ...terms }));
  const rotate = async ({ key_id }: CreatedKey): Promise<CreatedKey> => {
    const answer = await asAdmin.send(`/keys/${key_id}/rotate`, POST);
    const text = await answer.text();
    assert.equal(answer.status, 201, text);
    return JSON.parse(text) as CreatedKey;
  };
  const by = ({ key }: CreatedKey, init: RequestInit = {}): RequestInit => ({
    ...init,
    headers: { ...init.headers, Authorization: `Bearer ${key}` },
  });
  const GRANT = json({ content_type: 'image/png' });

  describe('An API key', () => {
    it('is rotated again after a lost answer: the successor that nobody used is refused, another one works', async () => {
      const expires_at = new Date(Date.now() + IN_A_YEAR_MS).toISOString();
      const key = await create({ expires_at });
      const [lost, found] = [await rotate(key), await rotate(key)];
      assert.deepEqual([lost.replaces, found.replaces], [key.key_id, key.key_id]);
      assert.equal(found.expires_at, expires_at);
      await api.refused('unauthenticated', '/uploads', by(lost, GRANT));
      for (const live of [key, found]) await api.ask('/uploads', by(live, GRANT));
    });

    it('whose successor was used isn’t rotated again: 409 key-already-rotated, which names the successor', async () => {
      const key = await create();
      const successor = await rotate(key);
      await api.ask('/uploads', by(successor, GRANT));
      const problem = await asAdmin.refused('key-already-rotated', `/keys/${key.key_id}/rotate`, POST);
      assert.ok(problem.detail.includes(successor.key_id), problem.detail);
      const next = await rotate(successor);
      for (const live of [key, successor, next]) await api.ask('/uploads', by(live, GRANT));
    });

    it('has one live successor after ten rotations at once', async () => {
      const key = await create();
      const made = await Promise.all(Array.from({ length: 10 }, () => rotate(key)));
      const statuses = await Promise.all(made.map(async (one) => (await api.send('/uploads', by(one, GRANT))).status));
      assert.deepEqual(statuses.toSorted(), [201, ...Array.from({ length: 9 }, () => 401)]);
    });

    it('is refused after its revocation, with the upload tokens that it minted', async () => {
      const key = await create();
      const { token } = await api.ask<UploadToken>('/upload-tokens', by(key, json({})));
      await api.ask('/uploads', by(key, GRANT));
      await asAdmin.ask(`/keys/${key.key_id}`, { method: 'DELETE' });
      for (const credential of [key, { ...key, key: token }])
        await eventually(() => api.refused('unauthenticated', '/uploads', by(credential, GRANT)));
    });

    it('shares Idempotency-Keys and images of its upload tokens with its successor', async () => {
      const key = await create();
      const keyed = json({ content_type: 'image/png' }, { 'Idempotency-Key': 'across a rotation' });
      const uploaderOf = async (minter: CreatedKey) => {
        const { token } = await api.ask<UploadToken>('/upload-tokens', by(minter, json({})));
        return connect(api.base, { token });
      };
      const [former, fresh] = [await uploaderOf(key), await uploaderOf(await rotate(key))];
      const { image_id } = await former.ask<Grant>('/uploads', keyed);
      assert.equal((await fresh.ask<Grant>('/uploads', keyed)).image_id, image_id);
      assert.equal((await fresh.ask<Image>(`/images/${image_id}/metadata`)).status, 'pending');
    });
  });
};
