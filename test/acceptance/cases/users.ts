import { describe, it } from 'node:test';
import { type Api, json, newUser } from '../api.ts';

const DELETE: RequestInit = { method: 'DELETE' };

/** What is closed to a credential that doesn't name `users:erase`. Nobody is exported or erased here. */
export const describeUsers = (api: Api): void => {
  const requests = (): readonly (readonly [string, RequestInit])[] => {
    const user = newUser();
    return [
      [`/users/${user}?confirm=${user}`, DELETE],
      [`/users/${user}/deletion`, {}],
      [`/users/${user}/export`, { method: 'POST' }],
      [`/users/${user}/export`, {}],
    ];
  };

  describe('The export and the deletion of a user', () => {
    it('is closed in open mode (403 forbidden), and to credentials without users:erase (403 missing-scope)', async () => {
      for (const [path, init] of requests()) await api.refused(api.isOpen ? 'forbidden' : 'missing-scope', path, init);
    });

    it('is closed to an admin whose key doesn’t name users:erase, and who gives that scope to no key', {
      skip: (api.isOpen || !api.asAdmin) && 'this run has no key of an admin',
    }, async () => {
      const { asAdmin } = api;
      for (const [path, init] of requests()) await asAdmin?.refused('missing-scope', path, init);
      const terms = { name: 'acceptance', acts_as: ['*'], scopes: ['users:erase'] };
      await asAdmin?.refused('missing-scope', '/keys', json(terms));
    });
  });
};
