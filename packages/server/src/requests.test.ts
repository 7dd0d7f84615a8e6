import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { createEmbeddedServices } from './operations/embedded-services.fixture.ts';
import { carryOutRequests } from './requests.ts';

it('a request is stopped once its command waits no more, and is not done again', { timeout: 20_000 }, async () => {
  await using embedded = await createEmbeddedServices();
  const { services } = embedded;
  const operator = services.operator ?? assert.fail();
  const { requests, archive } = operator;
  const begun = Promise.withResolvers<void>();
  async function* endless({ signal }: Parameters<typeof archive.all>[0] = {}) {
    begun.resolve();
    if (signal && !signal.aborted) await once(signal, 'abort');
    signal?.throwIfAborted();
    yield [];
  }
  const slow = { ...services, operator: { ...operator, archive: { ...archive, all: endless } } };
  const id = services.newId();
  await requests.leave({ id, kind: 'reconcile', body: '{"compare":"sizes"}' }, services.clock.now());
  const working = carryOutRequests(slow, new AbortController().signal);
  await begun.promise;
  assert.equal((await requests.read(id))?.state, 'running');
  await requests.remove(id);
  await working;
  assert.equal(await requests.read(id), undefined);
  assert.equal(await requests.next(services.clock.now()), undefined);
});
