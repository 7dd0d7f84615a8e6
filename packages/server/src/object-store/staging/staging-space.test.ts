import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { payerAt } from '../../domain/access/payer.ts';
import { createStagingSpace } from './staging-space.ts';

const OVERLOADED = { code: 'overloaded' };

describe('the space for temporary files', () => {
  it('leaves some to other accounts, whatever one payer sends', () => {
    const space = createStagingSpace({ maxBytes: 100 });
    const [flood, other] = [payerAt('192.0.2.1', ''), payerAt('192.0.2.2', '')];
    const [one, more] = [space.open(flood), space.open(flood)];
    one.add(40);
    more.add(29);
    assert.throws(() => more.add(1), OVERLOADED);
    assert.throws(() => space.open(flood), OVERLOADED);
    const single = space.open(other);
    single.add(21);
    one[Symbol.dispose]();
    more.add(1);
  });

  it('leaves some to other members of an account, and a quarter to other accounts, however many members send', () => {
    const space = createStagingSpace({ maxBytes: 1_000 });
    const open = (address: string, member: string) => space.open(payerAt(address, member));
    const [flood, single, other] = [open('192.0.2.1', 'mallory'), open('192.0.2.1', 'ada'), open('192.0.2.2', 'ada')];
    flood.add(692);
    assert.throws(() => flood.add(1), OVERLOADED);
    single.add(50);
    assert.throws(() => single.add(10), OVERLOADED);
    assert.throws(() => open('192.0.2.1', 'bob').add(10), OVERLOADED);
    other.add(170);
    single[Symbol.dispose]();
    flood[Symbol.dispose]();
    open('192.0.2.1', 'bob').add(500);
  });

  it('accepts bytes up to its limit, and not one more', () => {
    const space = createStagingSpace({ maxBytes: 100 });
    const [one, other] = [space.open(), space.open()];
    one.add(60);
    assert.throws(() => other.add(41), OVERLOADED);
    other.add(40);
    assert.throws(() => one.add(1), OVERLOADED);
    assert.throws(() => space.open(), OVERLOADED);
  });

  it('counts a file that exists already, even beyond the limit', () => {
    const space = createStagingSpace({ maxBytes: 100 });
    const made = space.open();
    const received = space.open();
    made.note(150);
    assert.throws(() => received.add(1), OVERLOADED);
    made[Symbol.dispose]();
    received.add(100);
  });

  it('releases the bytes of a file once, when the file is removed', () => {
    const space = createStagingSpace({ maxBytes: 100 });
    const file = space.open();
    file.add(100);
    file[Symbol.dispose]();
    file[Symbol.dispose]();
    const next = space.open();
    next.add(100);
    assert.throws(() => next.add(1), OVERLOADED);
  });
});
