import assert from 'node:assert/strict';
import { mkdtempDisposable, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { CANNOT_MOUNT, mountMemory } from '../../../test/faults/file-systems.ts';
import { AppError } from '../../domain/errors.ts';
import {
  DATABASE_FILE,
  migrateTelling,
  openDatabase,
  openDatabaseBeside,
  openReader,
  type TellMigration,
} from './database.ts';
import type { Migration } from './migrations.ts';
import { firstRow } from './rows.ts';
import { MIGRATIONS } from './schema.ts';
import { lockFolder } from './service-lock.ts';

const temporaryFolder = () => mkdtempDisposable(join(tmpdir(), 'safelight-database-'));

describe('openDatabase', () => {
  const FULL = 2;
  for (const [pragma, expected] of Object.entries({
    journal_mode: 'wal',
    synchronous: FULL,
    wal_autocheckpoint: 10_000,
    secure_delete: 1,
    mmap_size: 0,
    busy_timeout: 0,
    foreign_keys: 1,
  })) {
    it(`sets ${pragma} to ${expected}, even in an existing file`, async () => {
      await using folder = await temporaryFolder();
      openDatabase(folder.path, MIGRATIONS).close();
      using database = openDatabase(folder.path, MIGRATIONS);
      assert.deepEqual(firstRow(database.prepare(`PRAGMA ${pragma}`), []), [expected]);
    });
  }

  it('keeps the log of writes small on a small disk, whose reserve it takes', { skip: CANNOT_MOUNT }, async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    await using _disk = await mountMemory(data, 16);
    using database = openDatabase(data, MIGRATIONS);
    database.exec('CREATE TABLE notes (text)');
    const insert = database.prepare('INSERT INTO notes VALUES (?)');
    for (let times = 0; times < 1_000; times += 1) insert.run('a note');
    const { size } = await stat(join(data, 'safelight.db-wal'));
    assert.ok(size < 1.5 * 1_048_576, `${size} bytes`);
  });

  it('keeps committed rows', async () => {
    await using folder = await temporaryFolder();
    const first = openDatabase(folder.path, MIGRATIONS);
    first.exec("CREATE TABLE notes (text); INSERT INTO notes VALUES ('kept')");
    first.close();
    using second = openDatabase(folder.path, MIGRATIONS);
    assert.deepEqual(firstRow(second.prepare('SELECT text FROM notes'), []), ['kept']);
  });

  it('refuses a database that a newer version wrote, without changing it', async () => {
    await using folder = await temporaryFolder();
    const newer = openDatabase(folder.path, MIGRATIONS);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    assert.throws(
      () => openDatabase(folder.path, MIGRATIONS),
      sentence(/got version 99, which a newer Safelight wrote: /),
    );
    using raw = new DatabaseSync(join(folder.path, 'safelight.db'));
    assert.equal(raw.prepare('PRAGMA user_version').get()?.['user_version'], 99);
  });

  it('refuses a file that is not a database', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'safelight.db'), 'A file of text, and not a short one. '.repeat(100));
    assert.throws(
      () => openDatabase(folder.path, MIGRATIONS),
      sentence(/safelight\.db: the file is not an SQLite database/),
    );
  });

  it('creates no folder, so that a mistyped path fails', async () => {
    await using folder = await temporaryFolder();
    assert.throws(() => openDatabase(join(folder.path, 'mistyped'), MIGRATIONS), sentence(/Can't open .*mistyped/));
  });
});

describe('migrateTelling', () => {
  const steps = [
    'CREATE TABLE notes (text);',
    'CREATE INDEX notes_by_text ON notes (text);',
    'CREATE TABLE lines (n);',
  ];

  async function createFolder() {
    const folder = await temporaryFolder();
    const files = steps.map((_, index) => join(folder.path, `${index}.sql`));
    for (const [index, file] of files.entries()) await writeFile(file, steps[index] ?? '');
    const [first, second, third] = files.map((file) => ({ sql: [pathToFileURL(file)] })) as unknown as [
      Migration,
      Migration,
      Migration,
    ];
    const filled: Migration = {
      ...third,
      *fill(database) {
        for (let rows = 1; rows <= 3; rows += 1) {
          database.prepare('INSERT INTO lines VALUES (?)').run(rows);
          yield rows;
        }
      },
    };
    const told: string[] = [];
    const tell = async (migrations: readonly Migration[], tellMs?: number) => {
      const record: TellMigration = ({ state, step, bytes, ...rest }) => {
        assert.ok(bytes > 0);
        told.push(`${state} ${step}${'rows' in rest ? `: ${rest.rows}` : ''}`);
      };
      await migrateTelling(folder.path, migrations, record, { tellMs });
    };
    return { ...folder, path: folder.path, first, migrations: [first, second, filled], told, tell };
  }

  it('tells the missing steps of an existing database, and its rows while they are filled', async () => {
    await using folder = await createFolder();
    openDatabase(folder.path, [folder.first]).close();
    await folder.tell(folder.migrations, 0);
    const ofThird = ['begun 3', 'running 3: 1', 'running 3: 2', 'running 3: 3', 'done 3'];
    assert.deepEqual(folder.told, ['begun 2', 'done 2', ...ofThird]);
    using database = openDatabase(folder.path, folder.migrations);
    assert.deepEqual(firstRow(database.prepare('SELECT count(*) FROM lines'), []), [3]);
  });

  it('tells at most one line of rows in ten seconds', async () => {
    await using folder = await createFolder();
    openDatabase(folder.path, folder.migrations.slice(0, 2)).close();
    await folder.tell(folder.migrations, 3_600_000);
    assert.deepEqual(folder.told, ['begun 3', 'done 3']);
  });

  it('tells nothing of a new database, of a current one, and of one that a newer version wrote', async () => {
    await using folder = await createFolder();
    await folder.tell(folder.migrations);
    openDatabase(folder.path, folder.migrations).close();
    await folder.tell(folder.migrations);
    await folder.tell([folder.first]);
    assert.deepEqual(folder.told, []);
  });

  it('keeps nothing of a step that fails midway', async () => {
    await using folder = await createFolder();
    openDatabase(folder.path, folder.migrations.slice(0, 2)).close();
    const failing: Migration = {
      sql: folder.migrations[2]?.sql ?? [],
      *fill() {
        yield 1;
        throw new RangeError('broken');
      },
    };
    await assert.rejects(folder.tell([...folder.migrations.slice(0, 2), failing], 0), /broken/);
    await folder.tell(folder.migrations, 3_600_000);
    assert.deepEqual(folder.told, ['begun 3', 'running 3: 1', 'begun 3', 'done 3']);
  });
});

describe('a database of before version 0.1.0', () => {
  it('is refused by every way to open it, whatever its version, and stays as it was', async () => {
    for (const version of [0, 1, 23]) {
      await using folder = await temporaryFolder();
      const path = join(folder.path, DATABASE_FILE);
      {
        using before = new DatabaseSync(path);
        before.exec(`CREATE TABLE images (n); PRAGMA user_version = ${version}`);
      }
      for (const open of [openDatabase, openDatabaseBeside, openReader])
        assert.throws(
          () => open(folder.path, MIGRATIONS).close(),
          sentence(/got one of a version before: .*--with-secret/),
        );
      using after = new DatabaseSync(path);
      const { names } = after.prepare('SELECT group_concat(name) AS names FROM sqlite_schema').get() ?? {};
      assert.deepEqual([names, after.prepare('PRAGMA user_version').get()?.['user_version']], ['images', version]);
    }
  });
});

describe('openDatabaseBeside', () => {
  /** The version that will come after this one. */
  const NEXT: readonly Migration[] = [...MIGRATIONS, { sql: [] }];
  const open = (folder: string, migrations = MIGRATIONS) => openDatabaseBeside(folder, migrations).close();

  it('makes folder and database, and leaves them to a service', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'data');
    open(path);
    using _service = lockFolder(path);
    openDatabase(path, MIGRATIONS).close();
  });

  it('opens the database of a running service', async () => {
    await using folder = await temporaryFolder();
    using _service = lockFolder(folder.path);
    using _database = openDatabase(folder.path, MIGRATIONS);
    open(folder.path);
  });

  it('migrates the database of an older version, unless a service runs on it', async () => {
    await using folder = await temporaryFolder();
    openDatabase(folder.path, MIGRATIONS).close();
    {
      using _service = lockFolder(folder.path);
      using _database = openDatabase(folder.path, MIGRATIONS);
      assert.throws(() => open(folder.path, NEXT), sentence(/^Another Safelight service uses the data folder/));
      openDatabase(folder.path, MIGRATIONS).close(); // which refuses a migrated one
    }
    open(folder.path, NEXT);
    assert.throws(() => openDatabase(folder.path, MIGRATIONS), sentence(/which a newer Safelight wrote/));
  });

  it('refuses the database of a newer version, and a file that is none', async () => {
    await using folder = await temporaryFolder();
    openDatabase(folder.path, NEXT).close();
    assert.throws(() => open(folder.path), sentence(/which a newer Safelight wrote/));
    await writeFile(join(folder.path, 'safelight.db'), 'A file of text, and not a short one. '.repeat(100));
    assert.throws(() => open(folder.path), sentence(/the file is not an SQLite database/));
  });
});

const sentence =
  (pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof AppError && error.code === 'unavailable' && pattern.test(error.detail);
