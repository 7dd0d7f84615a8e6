import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startReceiver, type WebhookReceiver } from '../../../../test/servers/webhook-receiver.ts';
import * as gates from '../gates/gate-receiver.ts';
import { PICTURE } from '../gates/gated-service.ts';
import { keyFrom } from '../services/keys-command.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { json, post } from '../services/service.ts';
import { startNameServer } from './name-server.ts';
import { certificatesInside, runInNamespace, withoutNamespace } from './own-namespace.ts';

const never = (): Promise<readonly string[]> => new Promise(() => undefined);
const DEAD = Array.from({ length: 18 }, (_, at) => `dead-${at}.test`);
const NAMES = {
  'healthy.test': ['127.0.0.1'],
  'no-route.test': ['2606:4700::1111'],
  ...Object.fromEntries(DEAD.map((name) => [name, never])),
};
/** Messages to a healthy receiver, each by a look-up of its own. */
const MESSAGES = 16;

if (certificatesInside() === undefined) {
  it('a service, in a network namespace without IPv6, and with names whose DNS is dead', {
    skip: withoutNamespace(),
  }, () => {
    const { status, stdout, stderr } = runInNamespace(fileURLToPath(import.meta.url), {
      NODE_USE_ENV_PROXY: '0', // it asks the service
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /^# pass 6$/m);
  });
} else {
  describe('a running service', () => {
    const stack = new AsyncDisposableStack();
    let receiver: WebhookReceiver;
    let gate: gates.GateReceiver;
    let service: RunningService;
    let authorization: string;
    before(async () => {
      execFileSync('ip', ['-6', 'route', 'del', 'local', '::/0', 'dev', 'lo']);
      stack.use(await startNameServer(NAMES, {}));
      receiver = stack.use(
        await startReceiver((_, response) => response.writeHead(204, { Connection: 'close' }).end()),
      );
      gate = stack.use(await gates.startReceiver(gates.PASSES));
      const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-'))).path;
      const environment = {
        AUTH: 'api-key',
        EVENTS: 'on',
        ...gate.environment,
        GATE_HTTP_REVIEW: `http://healthy.test:${gate.port}/`,
        OUTBOUND_ALLOW: '127.0.0.1/32',
      };
      const scopes = ['--scopes', 'images:read,images:write,images:admin', '--acts-as', 'everyone'];
      const { key } = await keyFrom(folder, ['create', '--name', 'admin', ...scopes], environment);
      authorization = `Bearer ${key}`;
      service = stack.use(await startService(environment, folder));
    });
    after(() => stack.disposeAsync());

    const call = async (path: string, init: RequestInit = { method: 'POST' }) => {
      const response = await fetch(`${service.origin}${path}`, {
        ...init,
        headers: { ...init.headers, authorization },
      });
      const text = await response.text();
      assert.ok(response.ok, `${response.status} ${text}`);
      return JSON.parse(text) as Record<string, unknown>;
    };
    const webhook = async (url: string) => `/webhooks/${(await call('/webhooks', json({ url })))['webhook_id']}/test`;

    it('lives on when a name has an address without a route only', async () => {
      const test = await webhook('https://no-route.test/');
      const answers = await Promise.all(Array.from({ length: 8 }, () => call(test)));
      for (const answer of answers) assert.equal(answer['delivered'], false, JSON.stringify(answer));
      assert.equal((await call(test))['delivered'], false, service.output());
      assert.equal(service.process.exitCode, null, service.output());
    });

    for (const [dead, connections] of [
      [2, 8],
      [2, 80],
      [DEAD.length, 80],
    ] as const)
      it(`delivers each message and asks the gate while ${dead} webhooks have dead names, with ${connections} connections`, async () => {
        const healthy = await webhook(`http://healthy.test:${receiver.port}/`);
        const bad = await Promise.all(DEAD.slice(0, dead).map((name) => webhook(`https://${name}/`)));
        const leaving = new AbortController();
        const hanging = Array.from({ length: connections }, (_, at) =>
          call(bad[at % dead] ?? assert.fail(), { method: 'POST', signal: leaving.signal }),
        );
        const gone = Promise.allSettled(hanging);
        for (let sent = 0; sent < MESSAGES; sent += 1) {
          const answer = await call(healthy);
          assert.equal(answer['delivered'], true, JSON.stringify(answer));
        }
        const { length: asked } = gate.questions;
        const image = await call('/images/upload?user_id=ada', post(PICTURE, 'image/jpeg'));
        assert.deepEqual([image['status'], gate.questions.length - asked], ['ready', 1], JSON.stringify(image));
        leaving.abort();
        await gone;
        for (const test of [healthy, ...bad]) {
          const path = test.replace(/\/test$/, '');
          const { status } = await fetch(`${service.origin}${path}`, { method: 'DELETE', headers: { authorization } });
          assert.equal(status, 200);
        }
      });

    it('starts though the name of clamd is dead', async () => {
      const startedMs = performance.now();
      await using other = await startService({ GATE_CLAMD: 'dead-1.test:3310' });
      const tookMs = performance.now() - startedMs;
      assert.match(
        other.output(),
        /GATE_CLAMD: expected a daemon that answers; got expected a connection within 5000 ms/,
      );
      assert.ok(tookMs < 25_000, `${tookMs} ms`); // a look-up takes 30 s or more here
    });

    it('ends soon after SIGTERM while look-ups hang', async () => {
      const test = await webhook('https://dead-0.test/');
      const signal = AbortSignal.timeout(1_000);
      await assert.rejects(call(test, { method: 'POST', signal }));
      const stoppedMs = performance.now();
      const exited = once(service.process, 'exit');
      service.process.kill('SIGTERM');
      const [exitCode, killedBy] = await exited;
      assert.deepEqual([exitCode, killedBy], [null, 'SIGTERM'], service.output());
      const tookMs = performance.now() - stoppedMs;
      assert.ok(tookMs < 15_000, `${tookMs} ms`); // a look-up takes 30 s or more here
      assert.doesNotMatch(service.output(), /request-failed/, 'expected clients that leave to be no failures');
    });
  });
}
