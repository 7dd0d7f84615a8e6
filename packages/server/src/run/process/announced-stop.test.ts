import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { announcedStop } from './announced-stop.ts';

const PATIENCE_MS = 3_600_000;

/** A server whose `/readyz` is 503 once it leaves. */
async function createHarness(options: { longestMs?: number; quietMs?: number } = {}) {
  let isLeaving = false;
  const stop = announcedStop(
    ({ url }, outgoing) => void outgoing.writeHead(isLeaving && url?.startsWith('/readyz') ? 503 : 200).end(),
    { onLeaving: () => (isLeaving = true), longestMs: PATIENCE_MS, quietMs: 20, ...options },
  );
  const server = createServer(stop.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    announce: stop.announce,
    statusOf: async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${origin}${path}`, { headers })).status,
    /** As another checker. */
    async askFrom(localAddress: string) {
      const [answer] = await once(get(`${origin}/readyz`, { localAddress }), 'response');
      await once(answer.resume(), 'end');
    },
    isLeaving: () => isLeaving,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('a stop that is announced', () => {
  it('is immediate if no one has asked for the readiness', async () => {
    await using server = await createHarness();
    for (const path of ['/', '/livez', '/health', '/images?readyz']) assert.equal(await server.statusOf(path), 200);
    await server.announce();
    assert.equal(server.isLeaving(), false);
  });

  it('waits until the readiness was asked for again, and then for the last request', async () => {
    await using server = await createHarness();
    await server.statusOf('/readyz?from=balancer');
    let isDone = false;
    const announced = server.announce().then(() => {
      isDone = true;
    });
    assert.ok(server.isLeaving());
    for (let asked = 0; asked < 30; asked += 1) assert.equal(await server.statusOf('/images'), 200);
    assert.equal(isDone, false);
    assert.equal(await server.statusOf('/readyz'), 503);
    await announced;
  });

  it('does not count a client that asks through a load balancer, before and after', async () => {
    await using server = await createHarness();
    const forwarded = { 'X-Forwarded-For': '203.0.113.9' };
    await server.statusOf('/readyz', forwarded);
    await server.announce();
    assert.equal(server.isLeaving(), false);
    await server.statusOf('/readyz');
    let isDone = false;
    const announced = server.announce().then(() => {
      isDone = true;
    });
    for (let asked = 0; asked < 30; asked += 1) assert.equal(await server.statusOf('/readyz', forwarded), 503);
    assert.equal(isDone, false);
    await server.statusOf('/readyz');
    await announced;
  });

  it('waits for each address that has asked', async () => {
    await using server = await createHarness();
    await server.statusOf('/readyz');
    await server.askFrom('127.0.0.2');
    let isDone = false;
    const announced = server.announce().then(() => {
      isDone = true;
    });
    for (let asked = 0; asked < 30; asked += 1) assert.equal(await server.statusOf('/readyz'), 503);
    assert.equal(isDone, false);
    await server.askFrom('127.0.0.2');
    await announced;
  });

  it('goes on while requests come, but not for ever', async () => {
    await using server = await createHarness({ longestMs: 200, quietMs: PATIENCE_MS });
    await server.statusOf('/readyz');
    const announced = server.announce();
    assert.equal(await server.statusOf('/readyz'), 503);
    await announced;
  });
});
