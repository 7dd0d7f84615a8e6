import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CreatedKey, Grant, UploadToken } from '../answers.ts';
import { type Api, connect, json, newUser, requireProblem } from '../api.ts';

const GRANT = { content_type: 'image/png' };

/** Keys that act for users by the beginning of their ids. */
export const describePrefixes = (api: Api): void => {
  const { asAdmin } = api;
  if (api.isOpen || !asAdmin) {
    it('keys by prefix are an admin’s', { skip: 'this run has no key of an admin' }, () => {});
    return;
  }

  const terms = { name: 'acceptance', scopes: ['images:read', 'images:write'] };
  const create = (fields: object): Promise<CreatedKey> => asAdmin.ask('/keys', json({ ...terms, ...fields }));
  /** A tenant, and the service as its key has it. */
  const newTenant = async (fields: object = {}) => {
    const prefix = `${newUser()}:`;
    const made = await create({ acts_as_prefixes: [prefix], ...fields });
    const asTenant = (path: string, init: RequestInit = {}) =>
      api.anonymously(path, { ...init, headers: { ...init.headers, Authorization: `Bearer ${made.key}` } });
    const refused = async (code: Parameters<Api['refused']>[0], path: string, init: RequestInit = {}, field?: string) =>
      requireProblem(await asTenant(path, init), code, field);
    const { ask } = await connect(api.base, { token: made.key });
    return { prefix, made, asTenant, refused, ask };
  };
  const of = (path: string, user: string) => `${path}?user_id=${encodeURIComponent(user)}`;

  describe('A key by prefix', () => {
    it('uploads, reads, lists and changes for users whose ids begin so', async () => {
      const { prefix, ask, asTenant } = await newTenant();
      for (const user of [prefix, `${prefix}ada`, `${prefix}zo\u00eb`, `${prefix}ada:2`]) {
        const { image_id } = await ask<Grant>('/uploads', json({ ...GRANT, user_id: user }));
        assert.equal((await asTenant(`/images/${image_id}/metadata`)).status, 200, user);
        for (const path of ['/images', '/albums']) assert.equal((await asTenant(of(path, user))).status, 200, path);
        const minted = await ask<UploadToken>('/upload-tokens', json({ user_id: user }));
        await ask('/uploads', json(GRANT, { Authorization: `Bearer ${minted.token}` }));
        const removal = await asTenant(of(`/images/${image_id}`, user), { method: 'DELETE' });
        assert.equal(removal.status, 200, user);
      }
    });

    it('acts for nobody else: 403 for a user that it names, 404 for an image of one', async () => {
      const { prefix, refused } = await newTenant({ owner: newUser() });
      const tenant = prefix.slice(0, -1);
      const others = [tenant, `${tenant}2:ada`, `x${prefix}ada`, `${tenant}\uff1aada`, prefix.toUpperCase(), newUser()];
      for (const user of others) {
        await refused('forbidden', '/uploads', json({ ...GRANT, user_id: user }));
        await refused('forbidden', of('/images', user));
        await refused('forbidden', '/upload-tokens', json({ user_id: user }));
        const { image_id } = await asAdmin.ask<Grant>('/uploads', json({ ...GRANT, user_id: user }));
        await refused('image-not-found', `/images/${image_id}/metadata`);
        await refused('image-not-found', of(`/images/${image_id}`, `${prefix}ada`), { method: 'DELETE' });
      }
    });

    it('compares code points: another case or Unicode form is another user', async () => {
      const { prefix } = await newTenant();
      const { refused, asTenant } = await newTenant({ acts_as_prefixes: [`${prefix}zo\u00eb`, `${prefix}\u{1f305}`] });
      for (const user of [`${prefix}zo\u00eb`, `${prefix}zo\u00eb\u0301`, `${prefix}\u{1f305}!`])
        assert.equal((await asTenant(of('/images', user))).status, 200, user);
      for (const user of ['zoe\u0308', 'zo\u00cb', 'zoe', '\u{1f304}'])
        await refused('forbidden', of('/images', `${prefix}${user}`));
    });

    it('names its user in lists and in changes', async () => {
      const { prefix, ask, refused } = await newTenant();
      const { image_id } = await ask<Grant>('/uploads', json({ ...GRANT, user_id: `${prefix}ada` }));
      await refused('invalid-request', '/images');
      await refused('invalid-request', '/uploads', json(GRANT), 'user_id');
      await refused('invalid-request', `/images/${image_id}`, { method: 'DELETE' }, 'user_id');
    });

    it('has no rights of admins: it makes no keys, and sees none', async () => {
      const { prefix, refused } = await newTenant({ owner: newUser() });
      await refused('missing-scope', '/keys', json({ ...terms, acts_as_prefixes: [prefix] }));
      await refused('missing-scope', '/keys');
    });

    it('says whom it stands for: no users, and its prefixes', async () => {
      const { prefix, made, ask } = await newTenant({ owner: newUser() });
      assert.deepEqual([made.acts_as, made.acts_as_prefixes], [null, [prefix]]);
      assert.deepEqual(await ask('/whoami'), {
        ...{ kind: 'service', user_id: null, users: [], user_prefixes: [prefix] },
        scopes: terms.scopes,
      });
    });

    it('is not made for an empty prefix, a pattern, more than 20 prefixes, or beside acts_as', async () => {
      const refused = (fields: object, field: string) =>
        asAdmin.refused('invalid-request', '/keys', json({ ...terms, ...fields }), field);
      for (const prefix of ['', ' ', 'acme:*', ' acme', 'acme ', 'x'.repeat(129)])
        await refused({ acts_as_prefixes: [prefix] }, 'acts_as_prefixes/0');
      await refused({ acts_as_prefixes: [] }, 'acts_as_prefixes');
      await refused({ acts_as_prefixes: Array.from({ length: 21 }, (_, n) => `t${n}:`) }, 'acts_as_prefixes');
      await refused({ acts_as_prefixes: ['acme:'], acts_as: ['ada'] }, 'acts_as_prefixes');
      await asAdmin.refused(
        'invalid-request',
        '/keys',
        json({ ...terms, acts_as_prefixes: ['acme:'], scopes: ['images:moderate'] }),
        'scopes',
      );
    });
  });
};
