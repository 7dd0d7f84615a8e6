import type { Image } from '../../../domain/image/image.ts';
import { firstIdAt } from '../../../domain/image/image-id.ts';
import type { Postgres } from '../../postgres/database.ts';
import { addSettled, type Listed, type ListedStatus } from '../sample-images.fixture.ts';
import { createPostgresImageRepository } from './postgres.ts';

type Kind = Listed & { readonly status: ListedStatus };

const ready = (userId: string, contentType: 'image/jpeg' | 'image/png' | 'image/webp', tags: readonly string[]) =>
  ({
    status: 'ready',
    ...{ userId, contentType, tags: ['everywhere', ...tags], description: `sea ${tags.join(' ')}` },
    ...{ metadata: { order: tags[0] ?? 'none' }, filteredBy: ['order'] },
  }) as const;

/** Together with `everywhere`, as many tags as a list allows. */
export const ALBUM_TAGS = Array.from({ length: 19 }, (_, number) => `album ${number}`);

/** The cycle of kinds in order of creation. Red and blue never occur together. */
const COMMON: readonly Kind[] = [
  ready('ada', 'image/jpeg', ['red']),
  ready('ada', 'image/png', ['blue']),
  { status: 'pending', userId: 'bob', tags: ['red'] },
  ready('carol', 'image/jpeg', ['red']),
  ready('ada', 'image/jpeg', ['red']),
  ready('ada', 'image/png', ['blue']),
  ready('carol', 'image/webp', []),
  { status: 'rejected', userId: 'dan' },
];

/** One image in so many is of the last kind. */
const RARE_EVERY = 500;
const RARE: Kind = ready('eve', 'image/jpeg', ALBUM_TAGS);
/** One image in ten, all before the others. */
const OLD: Kind = ready('olga', 'image/jpeg', ['red']);
const OLD_SHARE = 0.1;

const START = Date.UTC(2026, 9, 1);
const APART_MS = 1_000;

/**
 * Fills an empty database with `count` images: the repository writes one of each kind, and SQL copies these, their
 * tags, words, metadata and rows by capture.
 */
export async function addManyImages(postgres: Postgres, count: number): Promise<readonly Image[]> {
  const images = createPostgresImageRepository(postgres);
  const kinds: Image[] = [];
  for (const { status, ...listed } of [...COMMON, RARE, OLD]) kinds.push(await addSettled(images, status, listed));
  const table = (name: string): string => `kinds_of_${name}`;
  for (const name of ['images', 'image_tags', 'image_terms', 'image_metadata', 'captured_rows']) {
    await postgres.change(`CREATE TABLE ${table(name)} AS SELECT * FROM ${name}`);
    await postgres.change(`DELETE FROM ${name}`);
  }
  await postgres.change('CREATE TABLE copies (nth bigint, kind text, id text)');
  const kindOf = `($3::text[])[CASE WHEN nth < ${count * OLD_SHARE} THEN ${kinds.length} WHEN nth % ${RARE_EVERY} = 0 THEN ${kinds.length - 1} ELSE 1 + nth % ${COMMON.length} END]`;
  await postgres.change(
    `INSERT INTO copies SELECT nth, ${kindOf}, ${ID} FROM (
       SELECT nth, lpad(to_hex($1::bigint + nth * ${APART_MS}), 12, '0') AS time FROM generate_series(0, $2::bigint - 1) nth) n`,
    [START, count, kinds.map(({ id }) => id)],
  );
  const columns = await columnsOf(postgres, 'images');
  const others = columns.filter((column) => !['id', 'lane'].includes(column));
  await postgres.change(
    `INSERT INTO images (id, ${others}) SELECT c.id, ${others.map((column) => `k.${column}`)}
     FROM copies c JOIN ${table('images')} k ON k.id = c.kind`,
  );
  for (const [name, kept] of Object.entries({
    image_tags: 'tag, user_id, content_type',
    image_terms: 'term',
    image_metadata: 'user_id, name, value',
  }))
    await postgres.change(
      `INSERT INTO ${name} (id, ${kept}) SELECT c.id, ${kept.replaceAll(/(\w+)/g, 'k.$1')} FROM copies c JOIN ${table(name)} k ON k.id = c.kind`,
    );
  await postgres.change(
    `INSERT INTO captured_rows (user_id, name, at)
     SELECT k.user_id, k.name, to_char(to_timestamp(($1::bigint + c.nth * ${APART_MS}) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS') || '#' || c.id
     FROM copies c JOIN ${table('captured_rows')} k ON right(k.at, 36) = c.kind`,
    [START],
  );
  await postgres.change("INSERT INTO image_details (id, details) SELECT id, '{}' FROM copies");
  await postgres.change('VACUUM ANALYZE');
  return kinds;
}

/** The end of the first id of a time, behind the time. */
const ID = `substr(time, 1, 8) || '-' || substr(time, 9) || '${firstIdAt(new Date(START)).slice('01234567-89ab'.length)}'`;

async function columnsOf(postgres: Postgres, table: string): Promise<readonly string[]> {
  const rows = await postgres.rows(
    "SELECT column_name::text FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public'",
    [table],
  );
  return rows.map(([name]) => String(name));
}

/** When that share of all images had been created. */
export const timeAt = (share: number, count: number): Date => new Date(START + share * count * APART_MS);
