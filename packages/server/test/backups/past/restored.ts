import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestGate } from '../../gates/test-gate.ts';
import type { TestService } from '../../services/service.ts';
import { createSharingService } from '../../services/sharing-service.ts';
import { createOperator } from '../operator.ts';
import { type Expected, expectedOf, type Fields, type Source, targetOf } from './expected.ts';

/** Empty stores. */
export interface EmptyPlace extends AsyncDisposable {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** On SQLite and disk. */
export async function newFolder(): Promise<EmptyPlace> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-restored-'));
  return {
    folder: folder.path,
    environment: { DATA_DIR: join(folder.path, 'data'), USAGE: 'on' },
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

/** A place into which the command has restored a backup of the past. */
export interface Restored extends AsyncDisposable {
  readonly expected: Expected;
  readonly target: string;
  readonly folder: string;
  /** What the command printed. */
  readonly report: Fields;
  /** The lines of JSON that an admin's command prints. */
  command(...args: readonly string[]): Promise<readonly Fields[]>;
  /** The service of the place, at the time of the recorded answers. */
  serve(): Promise<RestoredService>;
}

export interface RestoredService extends TestService {
  /** A request with the recorded key of that name. */
  as(key: string, path: string, init?: RequestInit): Promise<Response>;
  /** An admin's request, which must have this status, and the JSON of its answer. */
  ask<Body = Fields>(path: string, init?: RequestInit, status?: number): Promise<Body>;
}

export async function restored(source: Source, newPlace: () => Promise<EmptyPlace>): Promise<Restored> {
  const [target, expected] = [targetOf(source), await expectedOf(source)];
  await using stack = new AsyncDisposableStack();
  const { environment, folder } = stack.use(await newPlace());
  const operator = stack.use(await createOperator(environment));
  const { DATA_DIR = '' } = environment;
  const command = async (...args: readonly string[]): Promise<readonly Fields[]> => {
    const { exitCode, output } = await operator.run(args, { DATA_DIR, AUTH: 'api-key' });
    assert.equal(exitCode, 0, output);
    return output.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Fields] : []));
  };
  const [report = {}] = await command('restore', target, '--json');
  const serving = () => serve(expected, { environment, folder: DATA_DIR });
  const held = stack.move();
  return {
    expected,
    target,
    folder,
    report,
    command,
    serve: serving,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function serve(
  { now, keys }: Expected,
  { environment, folder }: { readonly environment: Readonly<Record<string, string>>; readonly folder: string },
): Promise<RestoredService> {
  const clock = { offsetMs: 0, now: () => new Date(Date.now() + clock.offsetMs), elapsedMs: () => performance.now() };
  const own = { AUTH: 'api-key', RATE_LIMITS: 'off', EVENTS: 'on', OUTBOUND_ALLOW: '127.0.0.1/32' };
  const gates = ['scan', 'review'].map((name) => createTestGate(name));
  const service = await createSharingService({
    folder,
    environment: { ...environment, ...own },
    overrides: { clock, gates },
  });
  // The clock moves once the service is open: a store whose clock is far from the service's is refused then.
  clock.offsetMs = Date.parse(now) - Date.now();
  const as: RestoredService['as'] = (name, path, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${keys[name]?.key ?? assert.fail(`expected a key ${name}`)}`);
    return service.request(path, { ...init, headers });
  };
  return {
    ...service,
    as,
    async ask<Body>(path: string, init: RequestInit = {}, status = 200) {
      const answer = await as('admin', path, init);
      const text = await answer.text();
      assert.equal(answer.status, status, `${path}: ${text}`);
      return JSON.parse(text) as Body;
    },
  };
}
