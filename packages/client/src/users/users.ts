import type { SafelightError } from '../errors.ts';
import type { Api, ApiRequest } from '../http/api.ts';
import type { components } from '../openapi.ts';

/** How far the deletion of a user is; once it has ended, its receipt. */
export type UserDeletion = components['schemas']['UserDeletion'];

/** All data of a person, for a backend whose key has `users:erase`. Errors: `SafelightError`. */
export interface Users {
  /** Asks for the deletion of all data of the user. Repeated, it says how far that is. */
  delete(userId: string, options?: Pick<ApiRequest, 'signal'>): Promise<UserDeletion>;
  /** The latest deletion; undefined: nobody asked for one, or nothing of the user was found. */
  deletion(userId: string, options?: Pick<ApiRequest, 'signal'>): Promise<UserDeletion | undefined>;
}

export function createUsers(api: Api): Users {
  const ask = async (path: string, request: ApiRequest = {}) => (await api.json(path, request)) as UserDeletion;
  return {
    delete: (userId, options) => ask(pathOf(userId), { ...options, method: 'DELETE', query: { confirm: userId } }),
    deletion: (userId, options) =>
      ask(`${pathOf(userId)}/deletion`, options).catch((error: SafelightError) => {
        if (error.code === 'user-not-found') return undefined;
        throw error;
      }),
  };
}

const pathOf = (userId: string): string => `/users/${encodeURIComponent(userId)}`;
