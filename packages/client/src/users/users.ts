import type { SafelightError } from '../errors.ts';
import type { Api, ApiRequest } from '../http/api.ts';
import type { components } from '../openapi.ts';

/** How far the deletion of a user is; once it has ended, its receipt. */
export type UserDeletion = components['schemas']['UserDeletion'];

/** A file with all data of a user, or that it is being made. */
export type UserExport = components['schemas']['UserExport'];

/** All data of a person, for a backend whose key has `users:erase`. Errors: `SafelightError`. */
export interface Users {
  /** Asks for the deletion of all data of the user. Repeated, it says how far that is. */
  delete(userId: string, options?: Pick<ApiRequest, 'signal'>): Promise<UserDeletion>;
  /** The latest deletion; undefined: nobody asked for one, or nothing of the user was found. */
  deletion(userId: string, options?: Pick<ApiRequest, 'signal'>): Promise<UserDeletion | undefined>;
  /** Asks for a file with all data of the user. Repeated, it answers the one that is there, or is being made. */
  export(userId: string, options?: Pick<ApiRequest, 'signal'>): Promise<UserExport>;
  /** undefined: nobody asked for one, its day is over, or nothing of the user was found. */
  exported(userId: string, options?: Pick<ApiRequest, 'signal'>): Promise<UserExport | undefined>;
}

export function createUsers(api: Api): Users {
  const ask = <Answer>(userId: string, part: string, request: ApiRequest = {}) =>
    api.json(`/users/${encodeURIComponent(userId)}${part}`, request) as Promise<Answer>;
  const find = <Answer>(userId: string, part: string, request?: ApiRequest): Promise<Answer | undefined> =>
    ask<Answer>(userId, part, request).catch((error: SafelightError) => {
      if (error.code !== 'user-not-found') throw error;
      return undefined;
    });
  return {
    delete: (userId, options) => ask(userId, '', { ...options, method: 'DELETE', query: { confirm: userId } }),
    deletion: (userId, options) => find(userId, '/deletion', options),
    export: (userId, options) => ask(userId, '/export', { ...options, method: 'POST' }),
    exported: (userId, options) => find(userId, '/export', options),
  };
}
