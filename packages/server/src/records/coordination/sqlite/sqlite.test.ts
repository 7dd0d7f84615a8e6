import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { describeCoordination } from '../coordination.contract.ts';
import { createSqliteCoordination } from './sqlite.ts';

async function createHarness() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-coordination-')));
  const database = stack.use(openDatabase(folder.path, MIGRATIONS));
  const coordination = createSqliteCoordination(database, stack.use(createGroupCommit(database)));
  const held = stack.move();
  return { coordination, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

describeCoordination('SQLite', createHarness);

describe('ending every lease at the start of a single service', () => {
  it('frees the lease of another holder', async () => {
    await using harness = await createHarness();
    const { coordination } = harness;
    const now = new Date();
    const until = new Date(now.getTime() + 60_000);
    assert.equal(await coordination.holdLease({ name: 'sweep-recovery-0', holder: 'a', until }, now), true);
    await coordination.endLeases();
    assert.equal(await coordination.holdLease({ name: 'sweep-recovery-0', holder: 'b', until }, now), true);
  });
});
