import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TEST_SERVERS_URL } from '../../../../test/servers/shared-servers.ts';
import { startReceiver } from '../../../../test/servers/webhook-receiver.ts';
import * as gates from '../gates/gate-receiver.ts';
import { PICTURE } from '../gates/gated-service.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { keyFrom } from '../services/keys-command.ts';
import { startService } from '../services/running-service.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { json, post } from '../services/service.ts';
import { startNameServer } from './name-server.ts';
import { certificatesInside, runInNamespace, withoutNamespace } from './own-namespace.ts';

const DEAD = Array.from({ length: 18 }, (_, at) => `dead-${at}.test`);
const never = (): Promise<readonly string[]> => new Promise(() => undefined);
const NAMES = {
  'healthy.test': ['127.0.0.1'],
  ...Object.fromEntries(DEAD.map((name) => [name, never])),
};
const IMAGES = 16;

if (certificatesInside() === undefined) {
  it('an API and a worker on DynamoDB and S3, with names whose DNS is dead', {
    skip: withoutNamespace() || NO_CLOUD,
  }, () => {
    const { status, stdout, stderr } = runInNamespace(fileURLToPath(import.meta.url), {
      NODE_USE_ENV_PROXY: '0',
      [TEST_SERVERS_URL]: undefined, // those can't be reached
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /^# pass 2$/m);
  });
} else {
  for (const connections of [8, 80])
    it(`each event of a healthy receiver arrives, and a gate is asked, beside ${connections} connections`, async () => {
      await using stack = new AsyncDisposableStack();
      stack.use(await startNameServer(NAMES, {}));
      const cloud = stack.use(await createCloud());
      const gate = stack.use(await gates.startReceiver(gates.PASSES));
      const receiver = stack.use(await startReceiver());
      const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-'))).path;
      const environment = {
        ...cloud.environment,
        AUTH: 'api-key',
        EVENTS: 'on',
        SECRET_KEY: 's'.repeat(32),
        ...gate.environment,
        GATE_HTTP_REVIEW: `http://healthy.test:${gate.port}/`,
        OUTBOUND_ALLOW: '127.0.0.1/32',
      };
      const scopes = ['--scopes', 'images:read,images:write,images:admin', '--acts-as', 'everyone'];
      const { key } = await keyFrom(folder, ['create', '--name', 'admin', ...scopes], environment);
      const service = stack.use(await startService(environment, folder));
      const place = join(folder, 'worker');
      await mkdir(place);
      const worker = stack.use(await startWorkerIn(place, environment));
      const call = async (path: string, init: RequestInit = { method: 'POST' }) => {
        const headers = { ...init.headers, Authorization: `Bearer ${key}` };
        const answer = await fetch(`${service.origin}${path}`, { ...init, headers });
        const text = await answer.text();
        assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
        return JSON.parse(text) as Record<string, unknown>;
      };
      const webhook = async (url: string) => String((await call('/webhooks', json({ url })))['webhook_id']);
      await webhook(`http://healthy.test:${receiver.port}/`);
      const dead: string[] = [];
      for (const name of DEAD) dead.push(await webhook(`https://${name}/`));
      const leaving = new AbortController();
      const hanging = Array.from({ length: connections }, (_, at) =>
        call(`/webhooks/${dead[at % dead.length]}/test`, { method: 'POST', signal: leaving.signal }),
      );
      const gone = Promise.allSettled(hanging);

      for (let sent = 0; sent < IMAGES; sent += 1) {
        const image = await call(`/images/upload?user_id=user-${sent}`, post(PICTURE, 'image/jpeg'));
        assert.equal(image['status'], 'ready', `${service.output()}${worker.output()}`);
      }
      assert.equal(gate.questions.length, IMAGES);
      const arrived = () =>
        new Set(receiver.received.filter(({ type }) => type === 'image.ready').map(({ imageId }) => imageId)).size;
      for (let seconds = 0; arrived() < IMAGES; seconds += 1) {
        assert.ok(seconds < 60, `${arrived()} of ${IMAGES} arrived in a minute: ${worker.output()}`);
        await delay(1_000);
      }
      leaving.abort();
      await gone;
    });
}
