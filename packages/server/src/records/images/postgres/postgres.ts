import pg from 'pg';
import type { Details } from '../../../domain/facts/facts.ts';
import type { Image } from '../../../domain/image/image.ts';
import type { Observer } from '../../../observe/observer/observer.ts';
import { createUnloggedWrites, type EventWrites } from '../../events/postgres/event-writes.ts';
import type { Postgres } from '../../postgres/database.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import { monthsOf } from '../../usage/postgres/month-counts.ts';
import { createUncounted, type UsageCounts } from '../../usage/postgres/usage-counts.ts';
import { storedDetails } from '../facts-text.ts';
import type { ImageRepository } from '../image-repository.ts';
import { COLUMNS, idOf, imageOf, type Row } from '../image-row.ts';
import { requireLegal } from '../replacement.ts';
import { createFind } from './find.ts';
import { createGrants, HAS_NOT_ENDED, holderOf } from './grants.ts';
import { createRecordWrites } from './record-writes.ts';
import { knownBytes, tagCounts } from './small-lists.ts';
import { createUpkeep } from './upkeep.ts';

/** A step of an intersection takes 10 to 20 µs in the server. */
const READ_BUDGET = 500;

export interface PostgresImageRepositoryOptions {
  /** The limit of steps for a page of an intersection; a record that is read in vain counts as four. */
  readonly readBudget?: number;
  readonly observe?: Observer;
  /** Counts the usage of each owner. */
  readonly counts?: UsageCounts | undefined;
  /** Unset: changes aren't logged. */
  readonly events?: EventWrites | undefined;
}

export interface PostgresImageRepository extends ImageRepository {
  /** Adds a record in any state, with its details, whatever the limits of its owner; false if the id is taken. */
  addRecord(image: Image, details?: Details): Promise<boolean>;
}

/** Image records in the tables of `migrate`, which any number of processes may write. */
export function createPostgresImageRepository(
  postgres: Postgres,
  {
    readBudget = READ_BUDGET,
    observe = () => undefined,
    counts,
    events = createUnloggedWrites(),
  }: PostgresImageRepositoryOptions = {},
): PostgresImageRepository {
  const unreadable = createUnreadableRecords(observe);
  const { count } = counts ?? createUncounted();
  const records = createRecordWrites({ count, changed: events.changed });

  const imageIn = ([row]: readonly Row[]): Image | undefined =>
    row && unreadable.requireReadable(idOf(row), () => imageOf(row));

  const get = async (id: Image['id']): Promise<Image | undefined> =>
    imageIn(await postgres.rows(`SELECT ${COLUMNS} FROM images WHERE id = $1`, [id]));

  return {
    ...createGrants(postgres, { insert: records.insert, counts }),
    get,
    getToChange: get, // a database of a newer version isn't opened

    async findByExternalId(userId, externalId) {
      return imageIn(
        await postgres.rows(`SELECT ${COLUMNS} FROM images WHERE user_id = $1 AND external_id = $2`, [
          userId,
          externalId,
        ]),
      );
    },

    async findByFormerId(formerId) {
      const sql = `SELECT ${COLUMNS} FROM images WHERE former_id = $1 AND ${HAS_NOT_ENDED}`;
      return imageIn(await postgres.rows(sql, [formerId]));
    },

    async details(image) {
      if (!image.hasDetails) return null;
      const [row] = await postgres.rows('SELECT details FROM image_details WHERE id = $1', [image.id]);
      return row ? storedDetails(String(row[0])) : null;
    },

    async replace(from, to, options = {}) {
      requireLegal(from, to, options.details);
      for (;;) {
        const written = await write(from, to, options);
        if (written === true) return true;
        // Why a record that is still `from` couldn't be written.
        const [current] = await postgres.rows('SELECT 1 FROM images WHERE id = $1 AND revision = $2', [
          from.id,
          from.revision,
        ]);
        if (!current) return false;
        const taken = from.externalId === to.externalId ? undefined : await holderOf(postgres, to);
        const refusal = taken ?? (written instanceof Error ? written : undefined);
        if (refusal) throw refusal;
        if (written !== 'taken') return false; // the other one is gone by now
      }
    },

    find: createFind(postgres, { readBudget, unreadable }),
    searches: true,
    ordersByCapture: async () => 'of-all',
    places: null,
    months: (query) => monthsOf(postgres, query),
    tags: (query) => tagCounts(postgres, query),
    known: (query) => knownBytes(postgres, query),
    ...createUpkeep(postgres, unreadable),
    addRecord: (image, details) => postgres.transaction((transaction) => records.insert(transaction, image, details)),
  };

  async function write(
    from: Image,
    to: Image,
    options: Parameters<ImageRepository['replace']>[2],
  ): Promise<boolean | 'taken' | Error> {
    try {
      return await postgres.transaction(async (transaction) => {
        const refusal = await records.refusalOf(transaction, from, to);
        return refusal ?? records.update(transaction, from, to, options);
      });
    } catch (error) {
      if (isTaken(error)) return 'taken';
      throw error;
    }
  }
}

/** Another image of the user has the external id. */
const isTaken = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === 'images_by_external_id';
