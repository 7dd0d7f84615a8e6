import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { createBearerAuthenticator } from '../../src/callers/authenticator/credential.ts';
import { createJwtVerifier } from '../../src/callers/authenticator/jwt/jwt.ts';
import { type LocalIssuer, startIssuer } from '../../src/callers/authenticator/jwt/local-issuer.fixture.ts';
import { encoded, issuerKey, sealed, signed } from '../../src/callers/authenticator/jwt/signed-tokens.fixture.ts';
import { claimsOf, RULES, secondsFromNow } from '../../src/callers/authenticator/jwt/verifier.fixture.ts';
import { createApp, noFacts, requestDone } from '../../src/http/app.ts';
import { logEvents } from '../../src/observe/log/event-log.ts';
import { loggedError } from '../../src/observe/log/logged-error.ts';
import type { Observer, ServiceEvent } from '../../src/observe/observer/observer.ts';
import { UNWATCHED } from '../../src/observe/observer/store-calls.ts';
import { NO_TRACING } from '../../src/observe/observer/tracing.ts';
import { compose } from '../../src/run/compose/compose.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, ORIGIN } from '../services/service.ts';

const KEY = issuerKey('first');

describe('a service that accepts tokens', () => {
  const clock = movingClock();
  const lines: string[] = [];
  const sent = new Set<string>();
  const refusals: (string | undefined)[] = [];
  const stack = new AsyncDisposableStack();
  let issuer: LocalIssuer;
  let app: ReturnType<typeof createApp>;
  let observe: Observer;

  before(async () => {
    issuer = stack.use(await startIssuer(KEY));
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-tokens-')));
    const { config, secrets } = loadConfig({ DATA_DIR: folder.path });
    const write = (line: string) => void lines.push(line);
    const logger = pino({ level: 'debug', serializers: { err: loggedError } }, { write });
    const log = logEvents(logger);
    observe = (event: ServiceEvent) => {
      if (event.event === 'request-done') refusals.push(event.reason);
      log.listener(event);
    };
    const composition = stack.use(await compose(config, secrets, { observe }));
    const { services, objectEndpoint } = composition;
    const warn = (sentence: string) => observe({ event: 'warning', sentence });
    const keys = { at: 'issuer' as const, issuer: issuer.url };
    const verifier = stack.use(
      createJwtVerifier({
        rules: { ...RULES, issuer: issuer.url },
        keys,
        secret: null,
        clock,
        tracing: NO_TRACING,
        watch: UNWATCHED,
        warn,
      }),
    );
    const authenticator = createBearerAuthenticator([verifier]);
    app = createApp({
      services,
      authenticator,
      signIn: null,
      ...(await composition.openRateLimiters()),
      rateLimiter: null,
      objectEndpoint,
      access: config,
      pressure: () => undefined,
      stopping: new AbortController().signal,
      leaving: null,
      logger,
    });
  });
  after(() => stack.disposeAsync());

  const claims = (sub: string, more: Readonly<Record<string, unknown>> = {}) =>
    claimsOf(sub, { iss: issuer.url, exp: secondsFromNow(7 * 86_400), ...more });

  async function ask(token: string | undefined, path: string, init: RequestInit = {}): Promise<Response> {
    if (token !== undefined) sent.add(token);
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const facts = noFacts();
    const answer = await app.request(`${ORIGIN}${path}`, { ...init, headers }, { facts });
    const sizes = { elapsedMs: 1, bytesIn: 0, bytesOut: 0 };
    const method = init.method ?? 'GET';
    observe(requestDone(facts, { method, target: path, status: answer.status, outcome: 'answered', ...sizes }));
    return answer;
  }

  it('gives an upload to the user of the token, and shows it to no other', async () => {
    const [ada, bob] = [signed(KEY, claims('ada')), signed(KEY, claims('bob'))];
    const granted = await ask(ada, '/uploads', json({ content_type: 'image/jpeg' }));
    assert.equal(granted.status, 201);
    const { image_id } = (await granted.json()) as { image_id: string };
    const state = await ask(ada, `/images/${image_id}/metadata`);
    assert.equal(((await state.json()) as { user_id: string }).user_id, 'ada');
    assert.equal((await ask(bob, `/images/${image_id}/metadata`)).status, 404);
    assert.equal((await ask(bob, '/images?user_id=ada')).status, 403);
    assert.equal((await ask(bob, '/images?user_id=BOB')).status, 403);
    assert.equal((await ask(bob, '/images')).status, 200);
  });

  it('answers every invalid token alike, and names the reason in the log only', async () => {
    const genuine = signed(KEY, claims('ada'));
    const [head = '', body = ''] = genuine.split('.');
    const invalid: Readonly<Record<string, string | undefined>> = {
      missing: undefined,
      malformed: `${head}.${body}.${'A'.repeat(85)}B`,
      'wrong-algorithm': `${encoded({ alg: 'none' })}.${body}.`,
      'wrong-signature': `${genuine.slice(0, -8)}AAAAAAAA`,
      'unknown-signing-key': signed(issuerKey('other'), claims('ada')),
      'refused-header': signed(KEY, claims('ada'), { jku: 'https://evil.example' }),
      'wrong-type': signed(KEY, claims('ada'), { typ: 'logout+jwt' }),
      'wrong-issuer': signed(KEY, claims('ada', { iss: 'https://other.example' })),
      'wrong-audience': signed(KEY, claims('ada', { aud: 'other' })),
      expired: signed(KEY, claims('ada', { exp: 1 })),
      'not-yet-valid': signed(KEY, claims('ada', { nbf: secondsFromNow(3_600) })),
      'missing-claim': signed(KEY, claims('ada', { sub: undefined })),
      'invalid-claim': signed(KEY, claims('ad\u0000a')),
      'too-long': sealed('secret', claims('ada', { text: 'x'.repeat(75_000) })),
      'unknown-shape': `${genuine}.x.y`,
    };
    refusals.length = 0;
    const answers = new Set<string>();
    for (const token of Object.values(invalid)) {
      const answer = await ask(token, '/images');
      const { request_id: _, ...problem } = (await answer.json()) as { request_id: string };
      const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id').toSorted();
      answers.add(JSON.stringify([answer.status, headers, problem]));
    }
    const [none = '', refused = ''] = answers;
    assert.equal(answers.size, 2, [...answers].join('\n'));
    assert.match(none, /^\[401,.*\["www-authenticate","Bearer realm=\\"safelight\\""\]/);
    assert.match(refused, /^\[401,.*\["www-authenticate","Bearer realm=.*error=\\"invalid_token/);
    assert.deepEqual(refusals, Object.keys(invalid));
  });

  it('looks at no token for a public route, nor at one in the query', async () => {
    assert.equal((await ask('a.b.c', '/health')).status, 200);
    assert.equal((await ask(undefined, `/images?access_token=${signed(KEY, claims('ada'))}`)).status, 401);
  });

  it('answers 503 with Retry-After once the keys are older than a day', async () => {
    issuer.behavior = 'fails';
    clock.offsetMs = 25 * 3_600_000;
    const answer = await ask(signed(KEY, claims('ada')), '/images');
    assert.equal(answer.status, 503);
    assert.ok(answer.headers.get('retry-after'));
    assert.ok(lines.some((line) => line.includes('expected 200 from')));
  });

  it('never logs a token, nor a part of one', () => {
    assert.ok(lines.length > 10);
    const log = lines.join('');
    const parts = [...sent].flatMap((token) => token.split('.')).filter((part) => part.length >= 20);
    assert.ok(parts.length > 20);
    assert.deepEqual(parts.filter((part) => log.includes(part)).length, 0);
  });
});
