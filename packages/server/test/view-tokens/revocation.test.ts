import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onEachRepository } from '../services/on-each-repository.ts';
import { json } from '../services/service.ts';
import { refusal, told } from '../upload-tokens/token-client.ts';
import { answered, mintView, statusOf } from './view-client.ts';

onEachRepository('the revocation of view tokens', (serviceOf) => {
  const revoke = <Json = { not_before: string }>(key: string, fields: object) =>
    answered<Json>(serviceOf().as(key, '/view-tokens/revoke', json(fields)));
  const isLive = async (token: string): Promise<boolean> => {
    const status = await statusOf(serviceOf().as(token, '/images'));
    assert.ok([200, 401].includes(status), String(status));
    return status === 200;
  };
  const backendOf = () => serviceOf().keyOf({ actsAs: 'everyone' });
  let users = 0;
  const newUser = () => `user-${users++}`;

  it('of a user ends at once all that were issued until now, and none of another user', async () => {
    const [backend, user, other] = [await backendOf(), newUser(), newUser()];
    const own = await serviceOf().keyOf({ owner: user });
    const tokens = [
      await mintView(serviceOf(), backend, { user_id: user }),
      await mintView(serviceOf(), own, { only_tags: ['sea'] }),
    ];
    const stays = await mintView(serviceOf(), backend, { user_id: other });
    for (const { token } of tokens) assert.equal(await isLive(token), true);
    const { not_before, ...rest } = await revoke(backend, { user_id: user });
    assert.deepEqual(rest, { user_id: user, token_id: null });
    assert.ok(Date.parse(not_before) > serviceOf().clock.now().getTime());
    for (const { token } of tokens) assert.equal(await isLive(token), false);
    assert.equal(await isLive(stays.token), true);
    assert.equal(await isLive(own), true);
  });

  it('of a user ends none that are minted afterwards, and a second one ends those, whatever the clock', async () => {
    const [backend, user] = [await backendOf(), newUser()];
    await revoke(backend, { user_id: user });
    const { token } = await mintView(serviceOf(), backend, { user_id: user });
    assert.equal(await isLive(token), true);
    const { clock } = serviceOf();
    clock.offsetMs -= 1_000; // of another process
    await revoke(backend, { user_id: user });
    clock.offsetMs += 1_000;
    assert.equal(await isLive(token), false);
  });

  it('of an id ends that token only; an id for another user, or that no token has, ends none', async () => {
    const [backend, user] = [await backendOf(), newUser()];
    const [one, other] = [
      await mintView(serviceOf(), backend, { user_id: user }),
      await mintView(serviceOf(), backend, { user_id: user }),
    ];
    const stranger = await serviceOf().keyOf({ owner: newUser() });
    await revoke(stranger, { token_id: one.token_id });
    await revoke(backend, { user_id: newUser(), token_id: one.token_id });
    await revoke(backend, { token_id: `v${'A'.repeat(22)}` });
    assert.equal(await isLive(one.token), true);
    for (const _ of [1, 2]) {
      const told = await revoke(backend, { user_id: user, token_id: one.token_id });
      assert.deepEqual([Reflect.get(told, 'user_id'), Reflect.get(told, 'token_id')], [user, one.token_id]);
    }
    assert.equal(await isLive(one.token), false);
    assert.equal(await isLive(other.token), true);
    await revoke(await serviceOf().keyOf({ owner: user }), { token_id: other.token_id });
    assert.equal(await isLive(other.token), false);
  });

  it('of an id alone is for those who act for everyone', async () => {
    const [backend, user] = [await backendOf(), newUser()];
    const { token, token_id } = await mintView(serviceOf(), backend, { user_id: user });
    const list = await serviceOf().keyOf({ actsAs: [user] });
    assert.deepEqual(await refusal(serviceOf().as(list, '/view-tokens/revoke', json({ token_id }))), [
      400,
      'invalid-request',
      'user_id',
    ]);
    assert.equal(await isLive(token), true);
    await revoke(serviceOf().admin, { token_id });
    assert.equal(await isLive(token), false);
  });

  it('names a user or a token, and is told when it names an upload token or a token itself, which is not repeated', async () => {
    const backend = await backendOf();
    const { token } = await mintView(serviceOf(), backend, { user_id: 'ada' });
    for (const [fields, pointer, detail] of [
      [{}, 'user_id', /expected a user_id or a token_id; got neither/],
      [{ token_id: 'x' }, '/token_id', /got another text$/],
      [{ token_id: token }, '/token_id', /got another text$/],
      [{ token_id: 'A'.repeat(22) }, '/token_id', /an upload token ends with the key that minted it/],
      [{ tokenid: 'x' }, '/tokenid', /token_id/],
    ] as const) {
      const { status, body } = await told(serviceOf().as(backend, '/view-tokens/revoke', json(fields)));
      assert.deepEqual([status, body.errors?.[0]?.pointer], [400, pointer]);
      assert.match(body.errors?.[0]?.detail ?? '', detail);
      assert.ok(!JSON.stringify(body).includes(token));
    }
  });
});
