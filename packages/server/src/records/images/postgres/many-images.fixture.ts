import type { QueryConfig } from 'pg';
import type { AlbumId } from '../../../domain/album/album-id.ts';
import { placeOfAddition } from '../../../domain/album/album-place.ts';
import type { Image } from '../../../domain/image/image.ts';
import { firstIdAt } from '../../../domain/image/image-id.ts';
import type { Postgres } from '../../postgres/database.ts';
import { addSettled, type Listed, type ListedStatus, NOW } from '../sample-images.fixture.ts';
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

/** The red images of ada. */
export const ALBUM = '01a1f82b-9a3e-7c51-8f0e-5d1f6b7c2a90' as AlbumId;
const IN_ALBUM = { albums: [{ albumId: ALBUM, added: placeOfAddition(NOW, 0, ALBUM), moved: null }] };

/** The cycle of kinds in order of creation. Red and blue never occur together. */
const COMMON: readonly Kind[] = [
  { ...ready('ada', 'image/jpeg', ['red']), ...IN_ALBUM },
  ready('ada', 'image/png', ['blue']),
  { status: 'pending', userId: 'bob', tags: ['red'] },
  ready('carol', 'image/jpeg', ['red']),
  { ...ready('ada', 'image/jpeg', ['red']), ...IN_ALBUM },
  ready('ada', 'image/png', ['blue']),
  ready('carol', 'image/webp', []),
  { status: 'rejected', userId: 'dan' },
];

const RARE: Kind = ready('eve', 'image/jpeg', ALBUM_TAGS);
const RARE_EVERY = 500;
/** One image in ten, all before the others. */
const OLD: Kind = ready('olga', 'image/jpeg', ['red']);
const OLD_SHARE = 0.1;

const START = Date.UTC(2026, 9, 1);
const APART_MS = 1_000;

/** A statement copies so many: some seconds. */
const BATCH = 10_000;
/** How long the vacuum of a million may take. */
const LONGEST_MS = 600_000;

/** The columns of an image's other rows; those in `at` end with its id. */
const ROWS: Readonly<Record<string, { readonly same: readonly string[]; readonly at?: readonly string[] }>> = {
  image_tags: { same: ['tag', 'user_id', 'content_type'] },
  image_terms: { same: ['term'] },
  image_metadata: { same: ['user_id', 'name', 'value'] },
  image_details: { same: ['details'] },
  album_rows: { same: ['album_id'], at: ['added', 'place'] },
};

/**
 * Fills an empty database with `count` images: the repository writes one of each kind, and SQL copies these, their
 * tags, words, metadata, and rows by capture and of their album. One in `rareEvery` is of eve, with all tags.
 */
export async function addManyImages(
  postgres: Postgres,
  count: number,
  { rareEvery = RARE_EVERY }: { readonly rareEvery?: number } = {},
): Promise<readonly Image[]> {
  const images = createPostgresImageRepository(postgres);
  const kinds: Image[] = [];
  for (const { status, ...listed } of [...COMMON, RARE, OLD]) kinds.push(await addSettled(images, status, listed));
  const detailed = kinds.filter(({ status }) => status === 'ready').map(({ id }) => id);
  await postgres.change("INSERT INTO image_details (id, details) SELECT id, '{}' FROM unnest($1::text[]) id", [
    detailed,
  ]);
  for (const name of ['images', 'captured_rows', ...Object.keys(ROWS)]) {
    await postgres.change(`CREATE TABLE kinds_of_${name} AS SELECT * FROM ${name}`);
    await postgres.change(`DELETE FROM ${name}`);
  }
  await postgres.change('CREATE TABLE copies (nth bigint, kind text, id text)');
  const columns = await columnsOf(postgres, 'images');
  const others = columns.filter((column) => !['id', 'lane', 'sha256'].includes(column));
  const kindOf = `($4::text[])[CASE WHEN nth % ${rareEvery} = 0 THEN ${COMMON.length + 1}
    WHEN nth < ${count * OLD_SHARE} THEN ${COMMON.length + 2} ELSE 1 + nth % ${COMMON.length} END]`;
  for (let first = 0; first < count; first += BATCH) {
    await postgres.change('TRUNCATE copies');
    await postgres.change(
      `INSERT INTO copies SELECT nth, ${kindOf}, ${ID} FROM (
         SELECT nth, lpad(to_hex($1::bigint + nth * ${APART_MS}), 12, '0') AS time
         FROM generate_series($2::bigint, $3::bigint - 1) nth) n`,
      [START, first, Math.min(first + BATCH, count), kinds.map(({ id }) => id)],
    );
    await postgres.change(
      `INSERT INTO images (id, sha256, ${others}) SELECT c.id, ${DIGEST}, ${others.map((column) => `k.${column}`)}
       FROM copies c JOIN kinds_of_images k ON k.id = c.kind ORDER BY c.nth`,
    );
    for (const [name, { same, at = [] }] of Object.entries(ROWS)) {
      const values = [...same.map((column) => `k.${column}`), ...at.map((column) => `left(k.${column}, -36) || c.id`)];
      await postgres.change(
        `INSERT INTO ${name} (id, ${[...same, ...at]}) SELECT c.id, ${values}
         FROM copies c JOIN kinds_of_${name} k ON k.id = c.kind ORDER BY c.nth`,
      );
    }
    await postgres.change(
      `INSERT INTO captured_rows (user_id, name, at)
       SELECT k.user_id, k.name, to_char(to_timestamp(($1::bigint + c.nth * ${APART_MS}) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS') || '#' || c.id
       FROM copies c JOIN kinds_of_captured_rows k ON right(k.at, 36) = c.kind ORDER BY c.nth`,
      [START],
    );
  }
  await maintain(postgres, 'ANALYZE');
  return kinds;
}

/** Does at once what autovacuum does some time later: before a vacuum, scans of an index alone read the table too. */
export async function maintain(postgres: Postgres, command: 'ANALYZE' | 'VACUUM ANALYZE'): Promise<void> {
  const client = await postgres.connect();
  try {
    await client.query('SET statement_timeout = 0');
    await client.query({ text: command, query_timeout: LONGEST_MS } as QueryConfig);
  } finally {
    await client.end();
  }
}

/** Images with bytes have bytes of their own. */
const DIGEST = "encode(sha256(convert_to(c.id || left(k.sha256, 0), 'UTF8')), 'hex')";

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
