import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const HOUR_SECONDS = 3_600;
const SECRET = 'the secret of a bench, known to all';
const AUDIENCE = 'bench';

/** A service that accepts API keys. Its first start writes the key of an admin. */
export const API_KEYS = { AUTH: 'api-key', RATE_LIMITS: 'off' };

/** A service that accepts the tokens of `tokenOf`. */
export const TOKENS = { AUTH: 'jwt', RATE_LIMITS: 'off', JWT_SECRET: SECRET, JWT_AUDIENCE: AUDIENCE };

export interface KeyTerms {
  readonly scopes: readonly string[];
  readonly owner?: string;
  readonly acts_as?: readonly string[];
}

export interface ClosedService {
  readonly origin: string;
  /** With `data`. */
  readonly folder: string;
}

/** The text of a new key. */
export async function createKey({ origin, folder }: ClosedService, terms: KeyTerms): Promise<string> {
  const admin = (await readFile(join(folder, 'data/admin-key'), 'utf8')).trim();
  const answer = await fetch(`${origin}/keys`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'bench', ...terms }),
  });
  const body = await answer.text();
  if (answer.status !== 201) throw new Error(`expected 201 to a new key; got ${answer.status} ${body}`);
  return (JSON.parse(body) as { key: string }).key;
}

/** A JSON Web Token of a user, signed with HS256; it is valid for an hour. */
export function tokenOf(user: string): string {
  const expires = Math.floor(Date.now() / 1000) + HOUR_SECONDS;
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: user, aud: AUDIENCE, exp: expires })}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

const part = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url');
