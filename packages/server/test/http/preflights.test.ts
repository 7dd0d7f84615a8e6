import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { createClosedService } from '../services/closed-service.ts';

const PAGE = 'https://app.example:8443';

async function startService() {
  const events: ServiceEvent[] = [];
  const service = await createClosedService({ observe: (event) => void events.push(event) });
  return {
    clock: service.clock,
    async send(
      path: string,
      origin: string,
      method = 'OPTIONS',
      wanted: object = { 'Access-Control-Request-Method': 'GET' },
    ) {
      const answer = await service.request(path, { method, headers: { Origin: origin, ...wanted } });
      assert.equal(answer.headers.get('access-control-allow-origin'), null);
      return answer.text();
    },
    reported: () => events.flatMap((event) => (event.event === 'origin-not-listed' ? [event.origin] : [])),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

describe('a preflight of an origin that is not listed is reported', () => {
  it('with its origin, once an hour, wherever it is sent', async () => {
    await using service = await startService();
    for (const path of ['/images', '/uploads', '/objects/safelight/x']) await service.send(path, PAGE);
    assert.deepEqual(service.reported(), [PAGE]);
    service.clock.offsetMs += 3_600_000;
    await service.send('/images', PAGE);
    assert.deepEqual(service.reported(), [PAGE, PAGE]);
    assert.match(
      await service.send('/images', PAGE),
      /got OPTIONS, a preflight of an origin that CORS_ORIGINS does not list"/,
    );
  });

  it('for 20 origins an hour, in visible ASCII of limited length', async () => {
    await using service = await startService();
    await service.send('/images', `https://${'x'.repeat(999)}.example`);
    await service.send('/images', 'https://\u00e9\u0085.example');
    assert.deepEqual(service.reported(), [`https://${'x'.repeat(262)}`, 'https://??.example']);
    for (let number = 0; number < 100; number += 1) await service.send('/images', `https://${number}.example`);
    assert.equal(service.reported().length, 20);
  });

  it('and nothing else is', async () => {
    await using service = await startService();
    await service.send('/images', PAGE, 'GET');
    await service.send('/images', PAGE, 'OPTIONS', {});
    assert.deepEqual(service.reported(), []);
  });
});
