import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { describeErasureRepository } from '../erasure-repository.contract.ts';
import { createSqliteErasureRepository } from './sqlite.ts';

describeErasureRepository('SQLite', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-erasures-')));
  const database = stack.use(openDatabase(folder.path, MIGRATIONS));
  const erasures = createSqliteErasureRepository(database, stack.use(createGroupCommit(database)));
  const held = stack.move();
  return { erasures, [Symbol.asyncDispose]: () => held.disposeAsync() };
});
