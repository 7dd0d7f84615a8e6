import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { createEmbeddedServices } from '../operations/embedded-services.fixture.ts';
import { carryOutRequests } from './requests.ts';

it('a request is stopped once its command waits no more, and is not done again', async () => {
  await using embedded = await createEmbeddedServices();
  const { services } = embedded;
  const operator = services.operator ?? assert.fail();
  const { requests, archive } = operator;
  assert.ok(requests);
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
  const working = carryOutRequests(slow, 'others', new AbortController().signal);
  await begun.promise;
  assert.equal((await requests.read(id))?.state, 'running');
  await requests.remove(id);
  await working;
  assert.equal(await requests.read(id), undefined);
  assert.equal(await requests.next(services.clock.now(), 'others'), undefined);
});

it('a request that has ended three processes fails; one that a stop in order interrupted is done by the next process', async () => {
  await using embedded = await createEmbeddedServices();
  const { services } = embedded;
  const { requests } = services.operator ?? assert.fail();
  assert.ok(requests);
  const leave = async (): Promise<string> => {
    const id = services.newId();
    await requests.leave({ id, kind: 'reconcile', body: '{"compare":"sizes"}' }, services.clock.now());
    return id;
  };
  const fatal = await leave();
  for (let start = 0; start < 3; start += 1)
    assert.equal((await requests.next(services.clock.now(), 'others'))?.crashes, start);
  const told: unknown[] = [];
  const observe: typeof services.observe = (event) => told.push(event.event);
  await carryOutRequests({ ...services, observe }, 'others', new AbortController().signal);
  const { state, answer } = (await requests.read(fatal)) ?? assert.fail();
  assert.equal(state, 'failed');
  assert.match(answer ?? '', /^expected the service to carry out the request; got its end 3 times meanwhile: /);
  assert.deepEqual(told, ['command-failed']);

  const stopped = await leave();
  for (let start = 0; start < 5; start += 1) {
    await carryOutRequests(services, 'others', AbortSignal.abort());
    assert.equal((await requests.read(stopped))?.state, 'waiting');
  }
  await carryOutRequests(services, 'others', new AbortController().signal);
  assert.equal((await requests.read(stopped))?.state, 'done');
});

it('a request of an import waits for none of another lane, nor they for it', async () => {
  await using embedded = await createEmbeddedServices();
  const { services } = embedded;
  const { requests } = services.operator ?? assert.fail();
  assert.ok(requests);
  const leave = async (kind: 'reconcile' | 'import-images', body: object): Promise<string> => {
    const id = services.newId();
    await requests.leave({ id, kind, body: JSON.stringify(body) }, services.clock.now());
    return id;
  };
  const { signal } = new AbortController();
  const imports = await leave('import-images', { folder: 0, images: [] });
  const other = await leave('reconcile', { compare: 'sizes' });
  const stateOf = async (id: string) => (await requests.read(id))?.state;
  await carryOutRequests(services, 'others', signal);
  assert.deepEqual([await stateOf(imports), await stateOf(other)], ['waiting', 'done']);
  const running = await requests.next(services.clock.now(), 'imports');
  assert.equal(running?.crashes, 0);
  assert.equal(await requests.next(services.clock.now(), 'others'), undefined);
  await requests.release(imports, services.clock.now());
  await carryOutRequests(services, 'imports', signal);
  const { state, answer } = (await requests.read(imports)) ?? assert.fail();
  assert.deepEqual([state, JSON.parse(answer ?? '').outcomes], ['done', []]);
});
