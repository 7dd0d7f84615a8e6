import {
  type components,
  createClient,
  type SafelightClient,
  SafelightError,
  type Service,
  type Wait,
} from '@safelight/client';
import { answerOf } from './answer-of.ts';
import { wrongUsage } from './failure.ts';
import type { Interruption } from './interruption.ts';
import type { Output } from './output/output.ts';
import type { ProgressLine } from './output/progress-line.ts';
import type { Connection } from './settings/connection.ts';

/** One run of a command. */
export interface Invocation {
  readonly connection: Connection;
  readonly client: SafelightClient;
  readonly output: Output;
  readonly progress: ProgressLine;
  readonly interruption: Interruption;
  /** Tells the person that the service has asked for a pause. */
  readonly onWait: (wait: Wait) => void;
  /** Changes nothing, here or there: says what would happen. */
  readonly isDryRun: boolean;
}

/** For whom a credential is. */
export type Caller = components['schemas']['Caller'];

const CALLER = { user_id: 'text?', users: ['text', '?'], user_prefixes: ['text', '-'] } as const;

/** Attempts of the first request: nothing is under way yet that would be lost. */
const FIRST_RETRIES = 1;

export const clientFor = ({
  connection: { url, token, user },
  onWait,
  fetch,
}: Pick<Invocation, 'connection' | 'onWait'> & { readonly fetch?: typeof globalThis.fetch }): SafelightClient =>
  createClient({ baseUrl: url, token, userId: user, onWait, fetch });

/**
 * What the service says of itself, which the client learns with it. Errors: `unexpected-answer` if it isn't Safelight;
 * no connection, after fewer attempts than other requests make.
 */
export async function reach({
  connection: { url },
  client,
}: Pick<Invocation, 'connection' | 'client'>): Promise<Service> {
  const service = await client.service({ retries: FIRST_RETRIES });
  if (service?.name === 'safelight') return service;
  const { pathname, origin } = new URL(url);
  const path =
    pathname === '/' ? '' : `. The URL of the service has the path ${pathname}: most have none, as ${origin}`;
  throw new SafelightError('unexpected-answer', `expected a Safelight service at ${url}; got another one${path}`);
}

/** Asks the service for whom the credential is; undefined: there is none. Errors: the service refuses it. */
export async function callerOf({
  connection: { token },
  client,
}: Pick<Invocation, 'connection' | 'client'>): Promise<Caller | undefined> {
  if (token === undefined) return undefined;
  return answerOf<Caller>(await client.request('/whoami'), CALLER);
}

/** For what needs an owner. Errors: without authentication somebody must be named. */
export function requireUser({ connection: { token, user } }: Pick<Invocation, 'connection'>): void {
  if (token === undefined && user === undefined)
    throw wrongUsage('Whose images? Add --user NAME, set SAFELIGHT_USER, or run `safelight login`.');
}
