import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { userHashOf } from '../../domain/user/user-hash.ts';
import { createBlockedUsers } from './blocked-users.ts';
import type { Blocks } from './erasure-repository.ts';

const KEY = 'ab'.repeat(32);

function createHarness() {
  const now = new Date('2026-01-01T00:00:00Z');
  const harness = {
    blocks: undefined as Blocks | undefined,
    reads: 0,
    failing: undefined as Error | undefined,
    nowMs: 0,
    block(userId: string, minutes: number) {
      harness.blocks = {
        key: KEY,
        until: new Map([[userHashOf(KEY, userId), new Date(now.getTime() + minutes * 60_000)]]),
      };
    },
  };
  const users = createBlockedUsers({
    async read() {
      harness.reads += 1;
      if (harness.failing) throw harness.failing;
      return harness.blocks;
    },
    clock: { now: () => new Date(now.getTime() + harness.nowMs), elapsedMs: () => harness.nowMs },
  });
  return Object.assign(harness, { users });
}

describe('blocked users', () => {
  it('are read at most every five seconds, once for all who ask', async () => {
    const harness = createHarness();
    await Promise.all(['ada', 'bob', 'eve'].map((user) => harness.users.requireUnblocked(user)));
    assert.equal(harness.reads, 1);
    harness.block('ada', 60);
    harness.nowMs = 4_999;
    await harness.users.requireUnblocked('ada');
    assert.equal(harness.reads, 1);
    harness.nowMs = 5_000;
    await assert.rejects(harness.users.requireUnblocked('ada'), { code: 'user-erased' });
    await harness.users.requireUnblocked('bob');
    assert.equal(harness.reads, 2);
  });

  it('are blocked at once by the process that adds the erasure, and no longer than it says', async () => {
    const harness = createHarness();
    assert.equal(await harness.users.isBlocked('ada'), false);
    harness.block('ada', 0.05);
    harness.users.outdate();
    assert.equal(await harness.users.isBlocked('ada'), true);
    harness.nowMs = 3_000;
    assert.equal(await harness.users.isBlocked('ada'), false);
  });

  it('let nobody in while they cannot be read, and are read again by the next call', async () => {
    const harness = createHarness();
    harness.failing = new Error('away');
    await assert.rejects(harness.users.requireUnblocked('ada'), harness.failing);
    harness.failing = undefined;
    await harness.users.requireUnblocked('ada');
    assert.equal(harness.reads, 2);
  });
});
