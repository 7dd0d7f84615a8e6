import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { SafelightError } from '@safelight/client';
import type { Member } from '../library/library.ts';
import { type Batching, inBatches, stepsAgain } from './in-batches.ts';
import type { Result, Step } from './steps.ts';
import { undoOf } from './undo.ts';

const memberOf = (index: number): Member => ({
  image_id: `id-${index}`,
  at: `id-${index}`,
  user_id: index % 2 === 0 ? 'ada' : 'bob',
  filename: `${index}.jpg`,
  content_type: 'image/jpeg',
  width: 1,
  height: 1,
  size: 1,
  revision: 1,
  visibility: 'private',
});
const members = (count: number): readonly Member[] => Array.from({ length: count }, (_, index) => memberOf(index));
const tagging = (count: number): Step => ({
  kind: 'change',
  edit: { add_tags: ['sea'] },
  at: 'any',
  members: members(count),
});
const shifting = (count: number): Step => ({
  kind: 'change',
  edit: { shift_taken_seconds: 60 },
  at: 'newest',
  members: members(count),
});
const done = ({ image_id }: Member): Result => ({ image_id, status: 'ready', revision: 2 });
const problem = (code: 'unavailable' | 'revision-conflict' | 'image-not-found', status: number): Result['error'] => ({
  type: '',
  title: '',
  status,
  detail: 'expected one thing; got another',
  error: '',
  code,
  request_id: '',
});

type Answer = (asked: readonly Member[], request: number) => readonly Result[];

/** Sends to a service that answers so. */
function sending(answer: Answer, more: Partial<Batching> = {}) {
  const requests: (readonly Member[])[] = [];
  const batching: Batching = {
    send: async (_, asked) => {
      requests.push(asked);
      return answer(asked, requests.length);
    },
    fresh: async (member) => ({ ...member, revision: 7 }),
    isStopped: () => false,
    before: () => undefined,
    after: () => undefined,
    pause: async () => undefined,
    ...more,
  };
  return { batching, requests };
}

describe('in batches', () => {
  it('sends every picture once, those of each owner apart', async () => {
    const { batching, requests } = sending((asked) => asked.map(done), { ownerOf: ({ user_id }) => user_id });
    const outcome = await inBatches([tagging(1_000)], batching);
    assert.deepEqual([outcome.done.length, outcome.failed, outcome.left], [1_000, [], 0]);
    assert.deepEqual(
      requests.map(({ length }) => length),
      [250, 250, 250, 250],
    );
    assert.ok(requests.every((one) => new Set(one.map(({ user_id }) => user_id)).size === 1));
    assert.equal(new Set(requests.flat().map(({ image_id }) => image_id)).size, 1_000);
  });

  it('sends what was late again, and gives up on it at last', async () => {
    const late = ({ image_id }: Member): Result => ({ image_id, error: problem('unavailable', 503) });
    const { batching, requests } = sending((asked, request) =>
      asked.map((one) =>
        one.image_id === 'id-1' || (one.image_id === 'id-2' && request === 1) ? late(one) : done(one),
      ),
    );
    const outcome = await inBatches([tagging(4)], batching);
    assert.deepEqual(
      requests.map((one) => one.map(({ image_id }) => image_id)),
      [['id-0', 'id-1', 'id-2', 'id-3'], ['id-1', 'id-2'], ['id-1']],
    );
    assert.equal(outcome.done.length, 3);
    assert.deepEqual(
      outcome.failed.map(({ member, error, isUnsure }) => [member.image_id, error.code, isUnsure]),
      [['id-1', 'unavailable', true]],
    );
  });

  it('goes on after a batch without an answer, but not after two in a row', async () => {
    const refuse = (): never => {
      throw new SafelightError('unavailable', 'expected an answer; got none', { status: 503 });
    };
    const one = sending((asked, request) => (request === 2 ? refuse() : asked.map(done)));
    const outcome = await inBatches([tagging(1_000)], one.batching);
    assert.deepEqual([outcome.done.length, outcome.failed.length], [750, 250]);
    assert.ok(outcome.failed.every(({ isUnsure }) => !isUnsure));
    const all = sending((asked, request) => (request > 1 ? refuse() : asked.map(done)));
    const ended = await inBatches([tagging(1_000)], all.batching);
    assert.deepEqual([ended.done.length, ended.failed.length, all.requests.length], [250, 750, 3]);
  });

  it('stops between two batches, and tells what each has done', async () => {
    const told: number[] = [];
    const { batching, requests } = sending((asked) => asked.map(done), {
      isStopped: () => requests.length === 2,
      after: (_, batch) => told.push(batch.done.length),
    });
    const outcome = await inBatches([tagging(1_000)], batching);
    assert.deepEqual([outcome.done.length, outcome.left, told], [500, 500, [250, 250]]);
  });

  it('gives 300 pictures their 300 dates back, each once, by four requests at a time, and can be stopped', async () => {
    const dateOf = (index: number) => `2024-07-14T10:00:00.${String(index).padStart(3, '0')}`;
    const results = members(300).map((member, index) => ({
      member,
      result: { ...done(member), former_taken_at: dateOf(index) },
    }));
    const steps = undoOf(results, { taken_at: '2020-01-01T00:00' });
    assert.equal(steps.length, 300);
    let running = 0;
    let most = 0;
    let stopsAfter = Number.POSITIVE_INFINITY;
    const sent = new Map<string, string | null | undefined>();
    const send: Batching['send'] = async (step, asked) => {
      running += 1;
      most = Math.max(most, running);
      await setImmediate();
      running -= 1;
      for (const { image_id: id } of asked) {
        assert.ok(!sent.has(id), `${id} was sent twice`);
        sent.set(id, step.kind === 'change' ? step.edit.taken_at : undefined);
      }
      return asked.map(done);
    };
    const told: number[] = [];
    const { batching } = sending(() => [], {
      send,
      isStopped: () => sent.size >= stopsAfter,
      after: (_, batch) => told.push(batch.done.length),
    });
    const outcome = await inBatches(steps, batching);
    assert.deepEqual([outcome.done.length, outcome.failed.length, outcome.left], [300, 0, 0]);
    assert.deepEqual(
      [...sent].toSorted(),
      members(300)
        .map(({ image_id }, index) => [image_id, dateOf(index)] as const)
        .toSorted(),
    );
    assert.deepEqual([most, told.length], [4, 300]);

    sent.clear();
    stopsAfter = 100;
    const stopped = await inBatches(steps, batching);
    assert.ok(sent.size >= 100 && sent.size < 104, `${sent.size} were sent`);
    assert.deepEqual([stopped.done.length, stopped.left], [sent.size, 300 - sent.size]);
  });

  it('sets no further dates once the service is away, and says which are left', async () => {
    const results = members(300).map((member, index) => ({
      member,
      result: { ...done(member), former_taken_at: `2024-07-14T10:00:00.${String(index).padStart(3, '0')}` },
    }));
    const steps = undoOf(results, { taken_at: '2020-01-01T00:00' });
    const { batching, requests } = sending(() => {
      throw new SafelightError('unavailable', 'expected an answer; got none', { status: 503 });
    });
    const outcome = await inBatches(steps, batching);
    assert.ok(requests.length <= 8, `${requests.length} requests`);
    assert.deepEqual([outcome.done.length, outcome.failed.length], [0, 300]);
    assert.equal(stepsAgain(outcome.failed).length, 300);
  });

  it('moves dates at the newest revision, unless they may have been moved', async () => {
    const conflict = ({ image_id }: Member): Result => ({ image_id, error: problem('revision-conflict', 412) });
    const { batching, requests } = sending((asked) =>
      asked.map((one) => (one.image_id === 'id-1' && one.revision === 1 ? conflict(one) : done(one))),
    );
    const outcome = await inBatches([shifting(3)], batching);
    assert.equal(outcome.done.length, 3);
    assert.deepEqual(
      requests[1]?.map(({ image_id, revision }) => [image_id, revision]),
      [['id-1', 7]],
    );

    const lost = sending(() => {
      throw new SafelightError('network', 'expected an answer; got none');
    });
    const { failed } = await inBatches([shifting(2)], lost.batching);
    const again = stepsAgain(failed);
    assert.deepEqual(
      again.map((step) => [step.kind === 'change' && step.at, step.members.length]),
      [['known', 2]],
    );
    const moved = sending((asked) => asked.map(conflict));
    const twice = await inBatches(again, moved.batching);
    assert.deepEqual([twice.done.length, twice.failed.length, moved.requests.length], [0, 2, 1]);
  });

  it('tries nothing again that is gone', async () => {
    const { batching } = sending((asked) =>
      asked.map((one) => ({
        image_id: one.image_id,
        error: one.image_id === 'id-0' ? problem('image-not-found', 404) : problem('revision-conflict', 412),
      })),
    );
    const { failed } = await inBatches([tagging(2)], batching);
    assert.deepEqual(
      stepsAgain(failed).map(({ members: of }) => of.map(({ image_id }) => image_id)),
      [['id-1']],
    );
  });
});
