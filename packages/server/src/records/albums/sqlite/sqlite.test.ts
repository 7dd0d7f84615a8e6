import { createSqliteHarness } from '../../images/sqlite/sqlite-harness.fixture.ts';
import { describeAlbumRepository } from '../album-repository.contract.ts';
import { createSqliteAlbumRepository } from './sqlite.ts';

const withAlbums = (options: Parameters<typeof createSqliteHarness>[0]) => async () => {
  const harness = await createSqliteHarness(options);
  return { ...harness, albums: createSqliteAlbumRepository(harness.database, harness.writes) };
};

describeAlbumRepository('SQLite', withAlbums({}));
describeAlbumRepository('SQLite, written by this process only', withAlbums({ isOnlyWriter: true }));
