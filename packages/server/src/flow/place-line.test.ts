import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { clientAt } from '../domain/access/client.fixture.ts';
import type { Client } from '../domain/access/client.ts';
import { createPlaceLine } from './place-line.ts';

const ONE = clientAt('192.0.2.1');

describe('a line for places', () => {
  it('admits as many as it has places, then the one that has waited longest', async () => {
    const line = createPlaceLine({ places: 2, maxWaiting: 10, holds: 'a body' });
    const entered: string[] = [];
    const enter = (name: string) =>
      line.enter(ONE).then((place) => {
        entered.push(name);
        return place;
      });
    const first = await enter('first');
    await enter('second');
    const third = enter('third');
    const fourth = enter('fourth');
    assert.deepEqual(entered, ['first', 'second']);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    await fourth;
    assert.deepEqual(entered, ['first', 'second', 'third', 'fourth']);
  });

  it('refuses visitors beyond its limit of waiting ones, and has room again later', async () => {
    const line = createPlaceLine({ places: 1, maxWaiting: 1, holds: 'a body' });
    const inside = await line.enter(ONE);
    const waiting = line.enter(ONE);
    await assert.rejects(line.enter(ONE), {
      code: 'overloaded',
      detail: 'expected a free place for a body; got 2 others ahead',
    });
    inside[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
    using _room = await line.enter(ONE);
  });

  it('admits one of another payer before the rest of a flood, and gives it a waiting place of the flood', async () => {
    const line = createPlaceLine({ places: 1, maxWaiting: 3, holds: 'a body' });
    const inside = await line.enter(ONE);
    const entered: string[] = [];
    const enter = (name: string, who: Client) =>
      line.enter(who).then((place) => {
        entered.push(name);
        place[Symbol.dispose]();
      });
    const waiting = [enter('first', ONE), enter('second', ONE)];
    const last = enter('last', ONE);
    waiting.push(enter('other', clientAt('192.0.2.2')));
    await assert.rejects(last, { code: 'overloaded' });
    inside[Symbol.dispose]();
    await Promise.all(waiting);
    assert.deepEqual(entered, ['other', 'first', 'second']);
  });

  it('drops the newest waiting client of a payer that has most, regardless of whose turn is next', async () => {
    const line = createPlaceLine({ places: 1, maxWaiting: 4, holds: 'a body' });
    const inside = await line.enter(ONE);
    const entered: string[] = [];
    const enter = (name: string, who: Client) =>
      line.enter(who).then((place) => {
        entered.push(name);
        place[Symbol.dispose]();
      });
    const TWO = clientAt('192.0.2.2');
    const waiting = [enter('a1', ONE), enter('b1', TWO), enter('b2', TWO)];
    const newest = enter('a2', ONE);
    waiting.push(enter('c', clientAt('192.0.2.3')));
    inside[Symbol.dispose]();
    const outcomes = await Promise.allSettled([...waiting, newest]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected'],
    );
    assert.deepEqual(entered, ['b1', 'c', 'a1', 'b2']);
  });

  it('forgets a client that leaves while it waits', async () => {
    const line = createPlaceLine({ places: 1, maxWaiting: 1, holds: 'a body' });
    const inside = await line.enter(ONE);
    const leaving = new AbortController();
    const left = line.enter(clientAt('192.0.2.1', leaving.signal));
    leaving.abort('gone'); // like node-server
    await assert.rejects(left, { name: 'AbortError', message: 'gone' });
    assert.deepEqual(getEventListeners(leaving.signal, 'abort'), []);
    const next = line.enter(ONE);
    inside[Symbol.dispose]();
    (await next)[Symbol.dispose]();
    await assert.rejects(line.enter(clientAt('192.0.2.1', leaving.signal)), { name: 'AbortError' });
    using _room = await line.enter(ONE);
  });

  it('gives a payer at most its number of places, and the free ones to others', async () => {
    const line = createPlaceLine({ places: 3, maxWaiting: 10, holds: 'a question', placesOfOne: 2 });
    const entered: string[] = [];
    const enter = async (name: string, who: Client) => {
      const place = await line.enter(who);
      entered.push(name);
      return place;
    };
    const TWO = clientAt('192.0.2.2');
    const [first] = await Promise.all([enter('a1', ONE), enter('a2', ONE)]);
    const third = enter('a3', ONE);
    await enter('b1', TWO);
    assert.deepEqual(entered, ['a1', 'a2', 'b1']);
    const waiting = enter('b2', TWO);
    first?.[Symbol.dispose]();
    await waiting; // a payer with one place is before one that has had two
    assert.deepEqual(entered, ['a1', 'a2', 'b1', 'b2']);
    (await waiting)[Symbol.dispose]();
    await third;
  });

  it('charges the time of a place, and until its end the longest: one with places that last is last', async () => {
    let nowMs = 0;
    const timed = { longestMs: 30_000, elapsedMs: () => nowMs };
    const line = createPlaceLine({ places: 2, maxWaiting: 10, holds: 'a question', timed });
    const entered: string[] = [];
    const enter = async (name: string, who: Client) => {
      const place = await line.enter(who);
      entered.push(name);
      return place;
    };
    const TWO = clientAt('192.0.2.2');
    const slow = await Promise.all([enter('a1', ONE), enter('a2', ONE)]);
    const more = [enter('a3', ONE), enter('a4', ONE)];
    const others = ['b1', 'b2', 'b3', 'b4', 'b5'].map((name) => enter(name, TWO));
    nowMs = 30_000;
    slow[0]?.[Symbol.dispose]();
    for (const other of others) {
      const place = await other;
      nowMs += 100;
      place[Symbol.dispose]();
    }
    assert.deepEqual(entered, ['a1', 'a2', 'b1', 'b2', 'b3', 'b4', 'b5']);
    await more[0];
  });
});
