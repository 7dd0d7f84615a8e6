import type { KeyTerms } from '../../src/domain/access/api-key.ts';
import { createKey } from '../../src/operations/keys/create-key.ts';
import { movingClock } from './moving-clock.ts';
import type { TestService } from './service.ts';
import { createSharingService } from './sharing-service.ts';

/** A service with AUTH=api-key, without rate limits, with a test clock and a key of an admin. */
export interface ClosedService extends TestService {
  readonly clock: ReturnType<typeof movingClock>;
  readonly admin: string;
  /** The text of a new key; by default a user's, with every right of one. */
  keyOf(terms: Partial<KeyTerms>): Promise<string>;
  /** A request with a credential. */
  as(key: string, path: string, init?: RequestInit): Promise<Response>;
}

const TERMS: KeyTerms = {
  name: 'test',
  owner: null,
  actsAs: null,
  scopes: ['images:read', 'images:write'],
  expiresAt: null,
};

export async function createClosedService(
  options: Parameters<typeof createSharingService>[0] = {},
): Promise<ClosedService> {
  const clock = movingClock();
  const environment = { AUTH: 'api-key', RATE_LIMITS: 'off', ...options.environment };
  const service = await createSharingService({ ...options, environment, overrides: { clock, ...options.overrides } });
  return closedBy(service, clock);
}

/** A service with AUTH=api-key and this clock, whatever stores it has. */
export async function closedBy(service: TestService, clock: ClosedService['clock']): Promise<ClosedService> {
  const keyOf = async (terms: Partial<KeyTerms>): Promise<string> =>
    (await createKey(service.services, { ...TERMS, ...terms })).text;
  return {
    ...service,
    clock,
    keyOf,
    admin: await keyOf({ name: 'admin', scopes: ['images:admin'] }),
    as: (key, path, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${key}`);
      return service.request(path, { ...init, headers });
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}
