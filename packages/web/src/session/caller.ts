import { type components, createClient, SafelightError } from '@safelight/client';
import type { Credential } from './credential.ts';
import { fetchFirst } from './first-answers.ts';

/** Whom the service takes somebody for (`GET /whoami`). */
export type Caller = components['schemas']['Caller'];

/** Until then the page is empty. */
const LONGEST_MS = 10_000;

/** Errors: `SafelightError`, with status 401 if the service refuses the credential. */
export async function callerOf(credential: Credential): Promise<Caller> {
  const client = createClient({ token: credential.token(), retries: 1, fetch: fetchFirst });
  const signal = AbortSignal.timeout(LONGEST_MS);
  try {
    return (await client.request('/whoami', { signal })) as Caller;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new SafelightError('timeout', `expected an answer of /whoami within ${LONGEST_MS / 1_000} s; got none`);
  }
}

/** A person with equal rights, as one text. */
export const whoOf = (caller: Caller): string => JSON.stringify(caller);
/** Whether both are one person with equal rights: the content of the page may stay. */
export const isSame = (one: Caller, other: Caller): boolean => whoOf(one) === whoOf(other);

export const maySee = ({ scopes, kind }: Caller): boolean => kind !== 'upload-token' && scopes.includes('images:read');
/** A view token shows pictures, and opens originals only if it says so. */
export const mayOpenOriginals = ({ kind, originals }: Caller): boolean => kind !== 'view-token' || originals === true;
/** A view token without metadata is told no dates. */
export const maySeeDates = ({ kind, metadata }: Caller): boolean => kind !== 'view-token' || metadata === true;
/** Where pictures were taken, no view token is told. */
export const mayReadFacts = (caller: Caller): boolean => caller.kind !== 'view-token' && maySee(caller);
/** The service lists albums for no view token. */
export const mayReadAlbums = mayReadFacts;
/** Words could tell of pictures without the tags of a view token. */
export const maySearch = ({ only_tags: onlyTags = [] }: Caller): boolean => onlyTags.length === 0;
/** No view token signs addresses, or lists links. */
export const maySign = (caller: Caller): boolean => caller.kind !== 'view-token' && maySee(caller);
export const mayModerate = ({ scopes, kind }: Caller): boolean =>
  kind === 'admin' || scopes.includes('images:moderate');
export const maySaveSizes = ({ kind }: Caller): boolean => kind !== 'view-token';
/** Events don't say which tags a picture had. */
export const mayFollow = ({ only_tags: onlyTags = [] }: Caller): boolean => onlyTags.length === 0;
export const mayUpload = ({ scopes, kind }: Caller): boolean =>
  kind === 'admin' || scopes.includes('images:write') || scopes.includes('images:upload');
export const mayChange = ({ scopes, kind }: Caller): boolean => kind === 'admin' || scopes.includes('images:write');
