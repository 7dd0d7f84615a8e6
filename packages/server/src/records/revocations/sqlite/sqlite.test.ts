import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { describeRevocationRepository } from '../revocation-repository.contract.ts';
import { createSqliteRevocationRepository } from './sqlite.ts';

describeRevocationRepository('SQLite', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-revocations-')));
  const database = stack.use(openDatabase(folder.path, MIGRATIONS));
  const revocations = createSqliteRevocationRepository(database, stack.use(createGroupCommit(database)));
  const held = stack.move();
  return { revocations, [Symbol.asyncDispose]: () => held.disposeAsync() };
});
