import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { skipWithout } from '../../../../test/servers/installed.ts';
import { startWorker } from '../../src/run/worker.ts';
import { createEventService, type EventService } from '../events/event-service.ts';
import { json } from '../services/service.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const { scripts } = createRequire(import.meta.url)(join(ROOT, 'package.json')) as { scripts: { receiver?: string } };
const [, ...receiver] = scripts.receiver?.split(' ') ?? []; // after `node`
const RECEIVERS = [
  { name: 'npm run receiver', program: process.execPath, args: receiver, skip: false },
  {
    name: 'examples/webhook-receiver.py',
    program: 'python3',
    args: ['examples/webhook-receiver.py'],
    skip: skipWithout('python3'),
  },
] as const;

for (const { name, program, args, skip } of RECEIVERS)
  describe(name, { skip }, () => {
    const stack = new AsyncDisposableStack();
    let service: EventService;
    before(async () => {
      service = stack.use(await createEventService({ environment: { OUTBOUND_ALLOW: '127.0.0.1/32' } }));
    });
    after(() => stack.disposeAsync());

    async function asked<T>(path: string, body: object, method = 'POST'): Promise<T> {
      const answer = await service.as(service.admin, path, { ...json(body), method });
      assert.ok(answer.ok, `${path} answered ${answer.status}`);
      return (await answer.json()) as T;
    }

    /** A worker that starts sees a change of a webhook at once. */
    async function whenDelivered(waiting: string): Promise<void> {
      await using _worker = startWorker({ services: service.services });
      for (;;) {
        const { deliveries } = (await (await service.as(service.admin, waiting)).json()) as { deliveries: unknown[] };
        if (deliveries.length === 0) return;
        await delay(50);
      }
    }

    it('handles each event of the service once, in order, and nothing that is forged, old, cut off or large', async () => {
      const { webhook_id: id, secret } = await asked<{ webhook_id: string; secret: string }>('/webhooks', {
        url: 'http://127.0.0.1:1/',
      });
      await using receiver = await start(program, args, secret);
      await asked(`/webhooks/${id}`, { url: receiver.url }, 'PATCH');
      const test = await asked<{ delivered: boolean; status: number }>(`/webhooks/${id}/test`, {});
      assert.deepEqual([test.delivered, test.status], [true, 204]);

      const key = await service.keyOf({ owner: 'ada' });
      const image = await service.upload(key);
      await service.change(key, image, 'sea');
      const [ready, updated] = (await service.page(key)).events;
      assert.ok(ready && updated);
      const lines = [ready, updated].map(({ type, revision }) => `${type} ${image} ${revision}`);
      {
        await using _worker = startWorker({ services: service.services });
        assert.deepEqual(await receiver.lines(2), lines);
      }

      await asked(`/webhooks/${id}/replay`, { event_ids: [ready.event_id, updated.event_id] });
      const send = (revision: number, { by = secret, at = new Date(), ...changed }: Change = {}) => {
        const body = JSON.stringify({ type: 'image.updated', data: { image_id: image, revision } });
        const message = `${image}-${revision}`;
        const headers = {
          'webhook-id': message,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
          'webhook-signature': new Webhook(by).sign(message, at, body),
          ...changed.headers?.(new Webhook(secret).sign(message, at, body)),
        };
        return statusOf(receiver.url, headers, changed.body ?? body);
      };
      await answerTo(receiver.url, 'Content-Length: 100\r\n\r\nabc');
      assert.match(await answerTo(receiver.url, 'Content-Length: 65537\r\n\r\n'), /^HTTP\/1\.[01] 413 /);

      const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
      const hours = (count: number): Date => new Date(Date.now() + count * 3_600_000);
      const forged: Readonly<Record<string, Change>> = {
        'another secret': { by: other },
        'another body': { body: '{"type":"image.deleted","data":{}}' },
        'an old time': { at: hours(-1) },
        'a time ahead': { at: hours(1) },
        'another time than the signed one': { headers: () => ({ 'webhook-timestamp': '1' }) },
        'another id than the signed one': { headers: () => ({ 'webhook-id': 'other' }) },
        'no signature': { headers: () => ({ 'webhook-signature': '' }) },
        'a signature of other characters': { headers: (valid) => ({ 'webhook-signature': valid.replace('=', 'é') }) },
      };
      for (const [what, change] of Object.entries(forged)) assert.equal(await send(90, change), 401, what);
      assert.equal(await send(1), 204, 'a revision below the last one');
      const rotated = { headers: (valid: string) => ({ 'webhook-signature': `v1,${'a'.repeat(43)}= ${valid}` }) };
      assert.equal(await send(91, rotated), 204);
      await whenDelivered(`/webhooks/${id}/deliveries?status=waiting`);
      assert.deepEqual(await receiver.lines(3), [...lines, `image.updated ${image} 91`]);
    });
  });

interface Change {
  readonly by?: string;
  readonly at?: Date;
  readonly body?: string;
  readonly headers?: (valid: string) => Readonly<Record<string, string>>;
}

async function statusOf(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<number> {
  const answer = await fetch(url, { method: 'POST', headers, body });
  await answer.body?.cancel();
  return answer.status;
}

/** The answer to a request that ends after this. */
async function answerTo(url: string, rest: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(`POST / HTTP/1.1\r\nHost: ${hostname}\r\n${rest}`);
  return text(socket);
}

/** A receiver with that secret. Its output tells what it has handled. */
async function start(program: string, args: readonly string[], secret: string) {
  const child = spawn(program, [...args, '0'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { value: url } = await output.next();
  const handled: string[] = [];
  return {
    url: String(url),
    /** Once there are so many. */
    async lines(count: number): Promise<readonly string[]> {
      while (handled.length < count) handled.push(String((await output.next()).value));
      return handled;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
