import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { payerAt } from '../domain/access/payer.ts';
import type { ImageId } from '../domain/image/image-id.ts';
import { UNWATCHED } from '../observe/observer/store-calls.ts';
import type { Gate, GateVerdict, ScreenedCopy } from './gate.ts';
import { guardGate } from './guard-gate.ts';

const copyOf = (userId: string): ScreenedCopy => ({
  path: '',
  image: {
    id: '' as ImageId,
    userId,
    tags: [],
    contentType: 'image/png',
    sizeBytes: 1,
    width: 1,
    height: 1,
    sha256: '',
  },
  preview: null,
});

/** A gate that hangs for images of `ada` until its question ends, with the owners of which it was asked. */
function gateWith({ concurrency = 4, timeoutMs = 60_000 } = {}) {
  const asked: string[] = [];
  const ends = { onError: 'hold', attempts: 2, deadlineMs: 60_000, atDeadline: 'refuse' } as const;
  const gate: Gate = {
    name: 'scan',
    rules: { ...ends, timeoutMs, concurrency },
    seesPreview: false,
    check: null,
    ask({ image: { userId } }, signal) {
      asked.push(userId);
      if (userId !== 'ada') return Promise.resolve({ verdict: 'pass' });
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const guarded = guardGate(gate, { watch: UNWATCHED, clock: { elapsedMs: () => performance.now() } });
  const ask = (userId: string, signal = new AbortController().signal): Promise<GateVerdict> =>
    guarded.ask(copyOf(userId), { payer: payerAt(userId, ''), signal });
  return { asked, ask };
}

describe('a gate with places', () => {
  it('that hangs for the images of one payer answers about those of another at once', async () => {
    const { asked, ask } = gateWith();
    const leaving = new AbortController();
    const flood = Array.from({ length: 20 }, () => ask('ada', leaving.signal));
    assert.deepEqual(await Promise.all([ask('eve'), ask('eve')]), [{ verdict: 'pass' }, { verdict: 'pass' }]);
    assert.deepEqual(asked, ['ada', 'ada', 'ada', 'eve', 'eve']);
    leaving.abort(new Error('gone'));
    assert.ok((await Promise.allSettled(flood)).every(({ status }) => status === 'rejected'));
    assert.equal(asked.length, 5, 'a question that was given up while it waited is not asked');
  });

  it('that has one place gives it to another payer once the question that hangs is given up', async () => {
    const { asked, ask } = gateWith({ concurrency: 1, timeoutMs: 50 });
    const flood = [ask('ada'), ask('ada'), ask('ada')];
    const other = ask('eve');
    const hangs = { code: 'unavailable', reason: 'gate-hangs', detail: /within 50 ms; got none$/ };
    await assert.rejects(flood[0] ?? other, hangs);
    assert.deepEqual(await other, { verdict: 'pass' });
    assert.deepEqual(asked.slice(0, 2), ['ada', 'eve']);
    await Promise.allSettled(flood);
    assert.equal(asked.length, 4);
  });
});
