import { type components, createClient } from '@safelight/client';
import type { Credential } from './credential.ts';

/** Whom the service takes somebody for (`GET /whoami`). */
export type Caller = components['schemas']['Caller'];

/** Errors: `SafelightError`, with status 401 if the service refuses the credential. */
export async function callerOf(credential: Credential): Promise<Caller> {
  const client = createClient({ token: credential.token(), retries: 1 });
  return (await client.request('/whoami')) as Caller;
}

/** The same person, with the same rights: what is on the page may stay. */
export const isSame = (one: Caller, other: Caller): boolean => JSON.stringify(one) === JSON.stringify(other);

export const maySee = ({ scopes, kind }: Caller): boolean => kind !== 'upload-token' && scopes.includes('images:read');
export const mayUpload = ({ scopes, kind }: Caller): boolean =>
  kind === 'admin' || scopes.includes('images:write') || scopes.includes('images:upload');
export const mayChange = ({ scopes, kind }: Caller): boolean => kind === 'admin' || scopes.includes('images:write');
