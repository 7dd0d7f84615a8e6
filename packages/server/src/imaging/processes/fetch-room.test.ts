import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { payerAt, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { createFetchRoom, type Fetch } from './fetch-room.ts';

function createRoom(maxBytes: number) {
  const room = createFetchRoom({ maxBytes });
  const inside = new Map<string, Disposable>();
  const order: string[] = [];
  const enter = async (name: string, sizeBytes: number, fetch: Partial<Fetch> = {}, signal = never()) => {
    const held = await room.enter({ urgency: 'inspection', payer: UNKNOWN_PAYER, sizeBytes, ...fetch }, signal);
    inside.set(name, held);
    order.push(name);
  };
  return {
    enter: (...asked: Parameters<typeof enter>) => {
      const entered = enter(...asked);
      entered.catch(() => undefined);
      return entered;
    },
    leave: (name: string) => inside.get(name)?.[Symbol.dispose](),
    order: async () => {
      await new Promise(setImmediate);
      return order.join(' ');
    },
  };
}

const never = () => new AbortController().signal;

describe('the room for fetched files', () => {
  it('admits files while their bytes fit, and waiting ones as soon as others are disposed of', async () => {
    const room = createRoom(100);
    for (const name of ['a', 'b', 'c', 'd']) room.enter(name, 40);
    assert.equal(await room.order(), 'a b');
    room.leave('b');
    assert.equal(await room.order(), 'a b c');
    room.leave('a');
    room.leave('c');
    assert.equal(await room.order(), 'a b c d');
  });

  it('alternates between accounts, then members, with urgent ones first', async () => {
    const room = createRoom(10);
    room.enter('first', 10);
    for (const name of ['a1', 'a2', 'a3']) room.enter(name, 10, { payer: payerAt('a', 'ada') });
    room.enter('bob', 10, { payer: payerAt('a', 'bob') });
    room.enter('b', 10, { payer: payerAt('b', '') });
    const renders = ['request', 'background'] as const;
    for (const urgency of renders) room.enter(urgency, 10, { payer: payerAt('c', ''), urgency });
    const names = ['first', 'a1', 'b', 'bob', 'a2', 'a3', 'request', 'background'];
    for (const name of names) {
      await room.order();
      room.leave(name);
    }
    assert.equal(await room.order(), names.join(' '));
  });

  it('admits no small fetch before a large one whose turn it is, and admits one larger than the room alone', async () => {
    const room = createRoom(100);
    room.enter('small', 10);
    room.enter('huge', 101);
    room.enter('late', 10);
    assert.equal(await room.order(), 'small');
    room.leave('small');
    assert.equal(await room.order(), 'small huge');
    room.leave('huge');
    assert.equal(await room.order(), 'small huge late');
  });

  it('reserves half of itself for fetches with a waiting client', async () => {
    const room = createRoom(100);
    for (const name of ['b1', 'b2', 'b3']) room.enter(name, 30, { urgency: 'background' });
    room.enter('request', 40, { urgency: 'request' });
    assert.equal(await room.order(), 'b1 b2 request');
    room.leave('b1');
    assert.equal(await room.order(), 'b1 b2 request b3');
  });

  it('removes cancelled waiting fetches, and the next one has their turn', async () => {
    const room = createRoom(100);
    room.enter('first', 60);
    const [next, later] = [new AbortController(), new AbortController()];
    const waiting = [room.enter('next', 60, {}, next.signal), room.enter('later', 60, {}, later.signal)];
    room.enter('last', 40);
    later.abort(new Error('later left'));
    next.abort(new Error('next left'));
    await assert.rejects(Promise.all(waiting), /left/);
    await assert.rejects(room.enter('too late', 1, {}, AbortSignal.abort(new Error('gone'))), /gone/);
    assert.equal(await room.order(), 'first last');
    for (const { signal } of [next, later]) assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });
});
