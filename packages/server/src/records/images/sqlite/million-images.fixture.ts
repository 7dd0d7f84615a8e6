import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Image } from '../../../domain/image/image.ts';
import { firstIdAt } from '../../../domain/image/image-id.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { allRows } from '../../sqlite/rows.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { addSettled, type Listed, type ListedStatus } from '../sample-images.fixture.ts';
import { createSqliteImageRepository } from './sqlite.ts';

type Kind = Listed & { readonly status: ListedStatus };

const ready = (userId: string, contentType: 'image/jpeg' | 'image/png' | 'image/webp', tags: readonly string[]) =>
  ({ status: 'ready', userId, contentType, tags: ['everywhere', ...tags] }) as const;

const ADAS_AND_BOBS: readonly Kind[] = [
  ready('ada', 'image/jpeg', ['red']),
  { status: 'pending', userId: 'bob', tags: ['red'] },
  ready('ada', 'image/png', ['blue']),
  { status: 'pending', userId: 'bob', tags: ['blue'] },
];

/**
 * The cycle of kinds in order of creation, 50,000 times. Red and blue never occur together, and are on 300,000 images
 * each.
 */
const COMMON: readonly Kind[] = [
  ...Array.from({ length: 5 }, () => ADAS_AND_BOBS).flat(),
  ready('carol', 'image/jpeg', ['red']),
  ready('carol', 'image/png', ['blue']),
  ready('carol', 'image/webp', []),
  { status: 'rejected', userId: 'dan' },
  { status: 'expired', userId: 'dan' },
];

const IMAGE_COUNT = 50_000 * COMMON.length;

/** Together with `everywhere`, as many tags as a list allows. */
export const ALBUMS = Array.from({ length: 19 }, (_, number) => `album ${number}`);

/** The interval at which a rare image replaces a common one. */
const RARE_EVERY = 2_500;
const RARE: Kind = ready('eve', 'image/jpeg', ALBUMS);

const START = Date.UTC(2026, 9, 1);
const APART_MS = 1_000;

/** The time at which that share of all images had been created. */
export const timeAt = (share: number): Date => new Date(START + share * IMAGE_COUNT * APART_MS);

/** Creates 1,250,000 images in a temporary folder; each differs from one of `kinds` in its id only. */
export async function createMillionImages() {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await mkdtempDisposable(join(tmpdir(), 'safelight-million-')));
  const kinds = await fill(folder.path);
  const database = opened.use(openDatabase(folder.path, MIGRATIONS));
  const held = opened.move();
  return { database, kinds, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/**
 * The repository writes one image of each kind, and SQL copies it: all columns but the id come from the repository.
 */
async function fill(folder: string): Promise<readonly Image[]> {
  using database = openDatabase(folder, MIGRATIONS);
  const kinds = await addKinds(database);
  const indexes = allRows(
    database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql > ''"),
    [],
  );
  database.exec(`
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -400000;
    BEGIN;
    ${indexes.map(([name]) => `DROP INDEX ${name};`).join('')}
    CREATE TEMP TABLE kinds AS SELECT * FROM images;
    CREATE TEMP TABLE kind_tags AS SELECT * FROM image_tags;
    DELETE FROM images;
    DELETE FROM image_tags;

    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${IMAGE_COUNT})
    INSERT INTO images (n, id, ${columnsOf(database, 'images')})
    SELECT numbers.n, ${ID_OF_NUMBER}, ${columnsOf(database, 'images')}
    FROM numbers CROSS JOIN kinds ON kinds.n = ${KIND_OF_NUMBER};

    INSERT INTO image_tags (tag, id, n, ${columnsOf(database, 'image_tags')})
    SELECT tag, numbers.id, numbers.n, ${columnsOf(database, 'image_tags')}
    FROM (SELECT n, id FROM images) numbers CROSS JOIN kind_tags ON kind_tags.n = ${KIND_OF_NUMBER}
    ORDER BY tag, numbers.id;

    ${indexes.map(([, sql]) => `${sql};`).join('')}
    COMMIT;
    PRAGMA journal_mode = WAL;
  `);
  return kinds;
}

async function addKinds(database: DatabaseSync): Promise<readonly Image[]> {
  await using writes = createGroupCommit(database);
  const images = createSqliteImageRepository(database, writes);
  const kinds: Image[] = [];
  for (const { status, ...listed } of [...COMMON, RARE]) kinds.push(await addSettled(images, status, listed));
  return kinds;
}

/** Kinds count from 1, like the rows that the repository wrote. */
const KIND_OF_NUMBER = `
  CASE WHEN numbers.n % ${RARE_EVERY} = 0 THEN ${COMMON.length + 1} ELSE 1 + (numbers.n - 1) % ${COMMON.length} END`;

const HEX_TIME = `format('%012x', ${START} + numbers.n * ${APART_MS})`;
const ID_END = firstIdAt(new Date(START)).slice('01234567-89ab'.length);
const ID_OF_NUMBER = `substr(${HEX_TIME}, 1, 8) || '-' || substr(${HEX_TIME}, 9) || '${ID_END}'`;

/** The columns that a copy takes from its kind. */
const columnsOf = (database: DatabaseSync, table: string) =>
  allRows(database.prepare("SELECT name FROM pragma_table_info(?) WHERE name NOT IN ('n', 'id', 'tag')"), [table]);
