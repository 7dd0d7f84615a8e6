import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createInOrder } from '../../src/flow/in-order.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { createKey } from '../../src/operations/keys/create-key.ts';
import { type CarryOutServices, carryOutDeletions } from '../../src/operations/users/carry-out-deletions.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

interface Answer {
  readonly code?: string;
  readonly detail?: string;
  readonly state?: string;
  readonly started_at?: string | null;
}

const DELETE = { method: 'DELETE' };
const HOUR_MS = 3_600_000;

describe('DELETE /users/{user_id} and GET /users/{user_id}/deletion', () => {
  const calls: string[] = [];
  const audits: Extract<ServiceEvent, { event: 'audit' }>[] = [];
  let service: ClosedService;
  let eraser: string;
  before(async () => {
    service = await createClosedService({
      observe(seen) {
        if (seen.event === 'store-call') calls.push(seen.call);
        if (seen.event === 'audit') audits.push(seen);
      },
    });
    eraser = await service.keyOf({ actsAs: 'everyone', scopes: ['users:erase'] });
  });
  after(() => service[Symbol.asyncDispose]());

  async function ask(key: string, path: string, init: RequestInit = {}): Promise<Answer & { readonly status: number }> {
    const answer = await service.as(key, path, init);
    return { ...((await answer.json()) as Answer), status: answer.status };
  }
  const carryOut = (inOrder = createInOrder()): Promise<void> => {
    const { operator, ...services } = service.services;
    assert.ok(operator);
    const observe: CarryOutServices['observe'] = ({ event }) => assert.fail(event);
    const own = { ...services, ...operator, deletionInOrder: inOrder, observe };
    return carryOutDeletions(own, new AbortController().signal);
  };
  const grantTo = async (user: string): Promise<void> => {
    const grant = json({ user_id: user, content_type: 'image/png' });
    assert.equal((await ask(await service.keyOf({ actsAs: 'everyone' }), '/uploads', grant)).status, 201);
  };

  it('expect the id twice, and say what came instead; a long one is refused before anything is read', async () => {
    for (const [query, got] of [
      ['', /expected the id of the path once more; got nothing/],
      ['?confirm=', /expected the id of the path once more; got nothing/],
      ['?confirm=ad', /expected "ada", as in the path; got "ad"/],
      ['?confirm=ADA', /expected "ada", as in the path; got "ADA"/],
      ['?confirm=ada&confirm=ada', /expected the id of the path once more; got 2 values/],
      ['?confirm=ada&block_days=1', /block_days/],
    ] as const) {
      const { status, code, detail } = await ask(eraser, `/users/ada${query}`, DELETE);
      assert.deepEqual([status, code], [400, 'invalid-request'], query);
      assert.match(detail ?? '', got);
    }
    await ask(eraser, '/users/ada/deletion'); // the credential is known
    for (const [path, init] of [
      [`/users/${'a'.repeat(129)}?confirm=${'a'.repeat(129)}`, DELETE],
      [`/users/${'a'.repeat(129)}/deletion`, {}],
      [`/users/${'a'.repeat(129)}/export`, { method: 'POST' }],
      [`/users/${'a'.repeat(129)}/export`, {}],
    ] as const) {
      calls.length = 0;
      const { status, detail } = await ask(eraser, path, init);
      assert.equal(status, 400);
      assert.match(detail ?? '', /at most 128 characters/);
      assert.deepEqual(calls, []);
    }
    assert.equal((await ask(eraser, '/users/ada/deletion')).status, 404, 'nothing was asked for');
  });

  it('are for services that act for the user, and admins whose key names the scope', async () => {
    const named = await service.keyOf({ scopes: ['images:admin', 'users:erase'] });
    const ofAda = await service.keyOf({ actsAs: ['ada'], scopes: ['users:erase'] });
    for (const [key, user, code] of [
      [ofAda, 'adam', 'forbidden'],
      [ofAda, 'ad', 'forbidden'],
      [service.admin, 'ada', 'missing-scope'],
      [await service.keyOf({ owner: 'ada' }), 'ada', 'missing-scope'],
      [await service.keyOf({ actsAs: 'everyone' }), 'ada', 'missing-scope'],
    ] as const)
      for (const [path, init] of [
        [`/users/${user}?confirm=${user}`, DELETE],
        [`/users/${user}/deletion`, {}],
        [`/users/${user}/export`, { method: 'POST' }],
        [`/users/${user}/export`, {}],
      ] as const)
        assert.deepEqual(
          await ask(key, path, init).then((one) => [one.status, one.code]),
          [403, code],
          `${user}, ${code}`,
        );
    for (const key of [named, ofAda]) assert.equal((await ask(key, '/users/ada/deletion')).code, 'user-not-found');
    await assert.rejects(service.keyOf({ owner: 'ada', scopes: ['users:erase'] }), { code: 'invalid-request' });
  });

  it('are closed to an open service', async () => {
    await using open = await createSharingService();
    for (const [path, init] of [
      ['/users/ada?confirm=ada', DELETE],
      ['/users/ada/deletion', {}],
      ['/users/ada/export', { method: 'POST' }],
      ['/users/ada/export', {}],
    ] as const) {
      const answer = await open.request(path, init);
      assert.deepEqual([answer.status, ((await answer.json()) as Answer).code], [403, 'forbidden']);
    }
    assert.deepEqual(await open.services.erasures.openDeletions(), []);
  });

  it('need a scope that no admin gives without having it', async () => {
    const terms = { name: 'mine', acts_as: ['*'], scopes: ['users:erase'] };
    const made = await ask(service.admin, '/keys', json(terms));
    assert.deepEqual([made.status, made.code], [403, 'missing-scope']);
    const base = { name: 'theirs', owner: null, expiresAt: null };
    const { key } = await createKey(service.services, { ...base, actsAs: 'everyone', scopes: ['users:erase'] });
    const rotated = await ask(service.admin, `/keys/${key.id}/rotate`, json({}));
    assert.deepEqual([rotated.status, rotated.code], [403, 'missing-scope']);
    const named = await service.keyOf({ scopes: ['images:admin', 'users:erase'] });
    assert.equal((await ask(named, '/keys', json(terms))).status, 201);
    assert.equal((await ask(named, `/keys/${key.id}/rotate`, json({}))).status, 201);
  });

  it('are audited, with the user', async () => {
    audits.length = 0;
    await ask(eraser, '/users/bob?confirm=ada', DELETE);
    assert.equal((await ask(eraser, '/users/bob/deletion')).status, 404);
    await ask(eraser, '/users/bob?confirm=bob', DELETE);
    assert.equal((await ask(eraser, '/users/eve/export', { method: 'POST' })).status, 202);
    assert.equal((await ask(eraser, '/users/eve/export')).status, 200);
    const actor = eraser.split('_')[1];
    assert.deepEqual(
      audits.map((one) => [one.actor, one.forUser, one.operation, one.outcome]),
      [
        [actor, 'bob', 'deleteUser', 'refused'],
        [actor, 'bob', 'describeDeletion', 'refused'],
        [actor, 'bob', 'deleteUser', 'done'],
        [actor, 'eve', 'exportUser', 'done'],
        [actor, 'eve', 'describeExport', 'done'],
      ],
    );
    await carryOut();
  });

  it('forget a user of whom nothing was found, who may be asked for again', async () => {
    for (let time = 1; time <= 2; time += 1) {
      const asked = await ask(eraser, '/users/bob?confirm=bob', DELETE);
      assert.deepEqual([asked.status, asked.state, asked.started_at], [202, 'waiting', null]);
      await carryOut();
      assert.equal((await ask(eraser, '/users/bob/deletion')).status, 404);
      assert.equal(await service.services.erasures.blocks(service.clock.now()), undefined);
    }
    await grantTo('bob');
  });

  it('work for a user who is blocked, and who came back: the receipt stays if nothing is found then', async () => {
    await grantTo('ada');
    await ask(eraser, '/users/ada?confirm=ada', DELETE);
    await carryOut();
    const open = await ask(eraser, '/users/ada/deletion');
    assert.deepEqual([open.status, open.state], [200, 'open']);
    const again = await ask(eraser, '/users/ada?confirm=ada', DELETE);
    assert.deepEqual([again.status, again.started_at], [202, open.started_at]);
    const named = await ask(eraser, '/users/ada/deletion', { headers: { 'X-User-Id': 'ada' } });
    assert.equal(named.state, 'open');
    const other = await ask(eraser, '/users/ada/deletion', { headers: { 'X-User-Id': 'bob' } });
    assert.equal(other.code, 'invalid-request');
    service.clock.offsetMs += HOUR_MS;
    await Promise.all([carryOut(), carryOut()]); // as two processes do
    await carryOut();
    assert.deepEqual(await service.services.erasures.openDeletions(), []);
    const receipt = await ask(eraser, '/users/ada?confirm=ada', DELETE);
    assert.deepEqual([receipt.status, receipt.state, receipt.started_at], [200, 'ended', open.started_at]);

    service.clock.offsetMs += 31 * 24 * HOUR_MS;
    assert.equal((await ask(eraser, '/users/ada?confirm=ada', DELETE)).state, 'waiting');
    await carryOut();
    assert.equal((await ask(eraser, '/users/ada/deletion')).started_at, open.started_at, 'nothing came since');
    await grantTo('ada');
    assert.equal((await ask(eraser, '/users/ada?confirm=ada', DELETE)).state, 'waiting');
    await carryOut();
    const anew = await ask(eraser, '/users/ada/deletion');
    assert.equal(anew.state, 'open');
    assert.ok(String(anew.started_at) > String(open.started_at));
  });
});
