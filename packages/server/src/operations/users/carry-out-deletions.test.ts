import assert from 'node:assert/strict';
import { it } from 'node:test';
import { NOTHING_REMOVED } from '../../domain/user/deletion.ts';
import { inTurns } from './carry-out-deletions.ts';

it("deletions are begun in turns of those who asked, and each caller's oldest first", () => {
  const asked = (userHash: string, askedBy: string | null, minute: number) => {
    const startedAt = new Date(Date.UTC(2026, 0, 1, 0, minute));
    const times = { startedAt, blockedUntil: startedAt, urlsEndAt: startedAt, endedAt: null };
    return { userHash, userId: userHash, askedBy, counts: NOTHING_REMOVED, ...times };
  };
  const flood = [3, 1, 2, 4].map((minute) => asked(`flood ${minute}`, 'key-1', minute));
  const others = [asked('late', 'key-2', 60), asked('begun', null, 5), asked('later', 'key-2', 61)];
  assert.deepEqual(
    inTurns([...flood, ...others]).map(({ userHash }) => userHash),
    ['flood 1', 'begun', 'late', 'flood 2', 'later', 'flood 3', 'flood 4'],
  );
});
