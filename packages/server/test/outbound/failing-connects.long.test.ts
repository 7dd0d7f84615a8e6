// In the long tier: waits for each part's next connection; dial.test.ts has each failure, and real-program.ci.test.ts a
// real one.
import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NO_REDIS, startRedis } from '../../../../test/servers/redis.ts';
import * as webhooks from '../../../../test/servers/webhook-receiver.ts';
import { startIssuer } from '../../src/callers/authenticator/jwt/local-issuer.fixture.ts';
import { issuerKey, signed } from '../../src/callers/authenticator/jwt/signed-tokens.fixture.ts';
import { claimsOf } from '../../src/callers/authenticator/jwt/verifier.fixture.ts';
import { SYNCHRONOUS_FAILURES } from '../../src/outbound/failing-connects.fixture.ts';
import * as gates from '../gates/gate-receiver.ts';
import { PICTURE } from '../gates/gated-service.ts';
import { keyFrom } from '../services/keys-command.ts';
import { startService } from '../services/running-service.ts';
import { json, post } from '../services/service.ts';
import { startSpanReceiver } from '../telemetry/span-receiver.ts';

const PRELOAD = join(import.meta.dirname, '../../src/outbound/failing-connects.preload.fixture.ts');
const EACH_MS = 100;
const SCOPES = ['--scopes', 'images:read,images:write,images:admin', '--acts-as', 'everyone'];

describe('a running service whose connections fail within connect', { skip: NO_REDIS }, () => {
  for (const failure of SYNCHRONOUS_FAILURES)
    it(`with ${failure}: it starts, answers, lives on, and reaches everyone once they don't`, async () => {
      await using stack = new AsyncDisposableStack();
      const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-'))).path;
      const key = issuerKey('first');
      const issuer = stack.use(await startIssuer(key));
      const gate = stack.use(await gates.startReceiver(gates.PASSES));
      const receiver = stack.use(await webhooks.startReceiver());
      const spans = stack.use(await startSpanReceiver());
      const redis = stack.use(await startRedis());
      const settings = {
        AUTH: 'api-key,jwt',
        JWT_JWKS_URL: issuer.jwksUrl.replace('127.0.0.1', 'localhost'),
        JWT_AUDIENCE: 'images',
        EVENTS: 'on',
      };
      const admin = await keyFrom(folder, ['create', '--name', 'admin', ...SCOPES], settings);
      const failing = join(folder, 'failing');
      await writeFile(failing, failure);
      const service = stack.use(
        await startService(
          {
            ...settings,
            ...gate.environment,
            GATE_HTTP_REVIEW: `http://localhost:${gate.port}/`,
            OUTBOUND_ALLOW: '127.0.0.1/32',
            GATE_CLAMD: 'localhost:9', // passes after an error
            GATE_CLAMD_ON_ERROR: 'pass',
            GATE_CLAMD_ATTEMPTS: '1',
            RATE_LIMIT_STORE: redis.url.replace('127.0.0.1', 'localhost'),
            OTEL_EXPORTER_OTLP_ENDPOINT: spans.url.replace('127.0.0.1', 'localhost'),
            OTEL_METRIC_EXPORT_INTERVAL: '1000',
            OTEL_BSP_SCHEDULE_DELAY: `${EACH_MS}`,
            OTEL_TRACES_SAMPLER: 'always_on',
            FAILING_CONNECTS: failing,
            NODE_OPTIONS: `--import=${PRELOAD}`,
          },
          folder,
        ),
      );
      const ask = async (path: string, init: RequestInit, credential: string) => {
        const headers = { ...init.headers, Authorization: `Bearer ${credential}` };
        const answer = await fetch(`${service.origin}${path}`, { ...init, headers });
        return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
      };
      const asked = (path: string, init: RequestInit = {}) => ask(path, init, admin.key);
      const token = signed(key, claimsOf('ada'));
      const { port } = receiver;
      const made = await Promise.all(
        [`http://localhost:${port}/`, `https://localhost:${port}/`].map((url) => asked('/webhooks', json({ url }))),
      );
      const tests = made.map(({ body }) => `/webhooks/${body['webhook_id']}/test`);
      const test = async (path: string) => (await asked(path, { method: 'POST' })).body['delivered'];

      const upload = await asked('/images/upload?user_id=ada', post(PICTURE, 'image/jpeg'));
      assert.deepEqual([upload.status, upload.body['status']], [200, 'held'], service.output());
      assert.deepEqual(await Promise.all([...tests, ...tests].map(test)), Array(4).fill(false));
      assert.equal((await ask('/images', {}, token)).status, 503);
      await delay(1_200); // for spans, metrics, messages and counts that are sent meanwhile
      assert.equal((await asked('/images?user_id=ada')).status, 200);
      assert.deepEqual([service.process.exitCode, gate.questions.length], [null, 0], service.output());

      await writeFile(failing, '');
      const until = async (isThere: () => Promise<boolean>) => {
        while (!(await isThere())) await delay(EACH_MS);
      };
      await until(async () => (await ask('/images', {}, token)).status === 200);
      await until(async () => spans.spans.length > 0);
      assert.equal(await test(tests[0] ?? ''), true);
      const { status } = await asked('/images/upload?user_id=ada', post(PICTURE, 'image/jpeg'));
      assert.deepEqual([status, gate.questions.length], [200, 1]);
      assert.equal(service.process.exitCode, null);
    });
});
