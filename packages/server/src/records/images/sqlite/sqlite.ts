import type { DatabaseSync } from 'node:sqlite';
import { type TokenUse, tokenUsedUp } from '../../../domain/access/upload-token.ts';
import { AppError } from '../../../domain/errors.ts';
import type { Image, PendingImage } from '../../../domain/image/image.ts';
import { type DefaultLimits, quotaExceeded } from '../../../domain/usage/quota.ts';
import type { Observer } from '../../../observe/observer/observer.ts';
import { createUnloggedWrites, type EventWrites } from '../../events/sqlite/event-writes.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { firstRow, type Row } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import { createMonthReads } from '../../usage/sqlite/month-counts.ts';
import { createUncounted, createUsageCounts } from '../../usage/sqlite/usage.ts';
import type { ImageRepository } from '../image-repository.ts';
import { COLUMNS, idOf, imageOf } from '../image-row.ts';
import { createRememberedImages } from '../remembered-images.ts';
import { requireLegal } from '../replacement.ts';
import { detailsIn } from './details-rows.ts';
import { createFind } from './find.ts';
import { createKeyUses } from './key-uses.ts';
import { createKnownBytes } from './known-bytes.ts';
import { createRecordWrites } from './record-writes.ts';
import { createTagCounts } from './tag-counts.ts';
import { createTakenIds } from './taken-ids.ts';
import { createTokenUses } from './token-uses.ts';
import { createUpkeep, type SqliteUpkeep } from './upkeep.ts';

const STATUS = COLUMNS.indexOf('status');

/**
 * At a million images a look-up takes 1.3 to 1.6 µs, and 500 at most 0.8 ms; four concurrent HTTP requests each wait
 * about 5 ms. A full page of 100 images with five tags needs about as many.
 */
const READ_BUDGET = 500;

export interface SqliteImageRepositoryOptions {
  /** The limit of tag look-ups for a page of an intersection; a record that is read in vain counts as four. */
  readonly readBudget?: number;
  /** A cache of ready images. Nobody else writes these records, so an entry is valid until it is written here. */
  readonly isOnlyWriter?: boolean;
  readonly observe?: Observer;
  /** Counts the usage of each owner, with these limits for those without limits of their own. */
  readonly countsWith?: DefaultLimits | undefined;
  /** Unset: changes aren't logged. */
  readonly events?: EventWrites | undefined;
}

export type SqliteImageRepository = ImageRepository & SqliteUpkeep;

/** Image records in the database of `openDatabase`; `writes` is that connection's group commit. */
export function createSqliteImageRepository(
  database: DatabaseSync,
  writes: GroupCommit,
  {
    readBudget = READ_BUDGET,
    isOnlyWriter = false,
    observe = () => undefined,
    countsWith,
    events = createUnloggedWrites(database),
  }: SqliteImageRepositoryOptions = {},
): SqliteImageRepository {
  const select = database.prepare(`SELECT ${COLUMNS} FROM images WHERE id = ?`);
  const selectCurrent = database.prepare('SELECT id FROM images WHERE id = ? AND revision = ?');
  const selectDetails = database.prepare(
    'SELECT details FROM image_details WHERE n = (SELECT n FROM images WHERE id = ?)',
  );
  const remembered = createRememberedImages();
  const unreadable = createUnreadableRecords(observe);
  const find = createFind(database, { readBudget, remembered, unreadable });
  const selectByExternalId = database.prepare(`SELECT ${COLUMNS} FROM images WHERE user_id = ? AND external_id = ?`);
  const selectByFormerId = database.prepare(`SELECT ${COLUMNS} FROM images WHERE former_id = ?`);
  const takenIds = createTakenIds(database);
  const monthReads = createMonthReads(database);
  const tagCounts = createTagCounts(database);
  const knownBytes = createKnownBytes(database);
  const tokenUses = createTokenUses(database);
  const usage = countsWith && createUsageCounts(database, countsWith);
  const { count } = usage ?? createUncounted(database);
  const records = createRecordWrites(database, { count, ...events });

  /**
   * Why the image may not be added; undefined: it may. Thrown after the transaction, because an error would split its
   * batch.
   */
  const refusalOf = (image: PendingImage, use: TokenUse | undefined): AppError | undefined => {
    if (use && tokenUses.isUsedUp(use)) return tokenUsedUp(use);
    const taken = takenIds.refusalOf(image);
    if (taken) return taken;
    const fault = usage?.faultOf(image);
    return fault && quotaExceeded(fault);
  };

  const imageIn = (row: Row | undefined): Image | undefined => {
    if (!row) return undefined;
    return unreadable.requireReadable(idOf(row), () =>
      isOnlyWriter && row[STATUS] === 'ready' ? remembered.imageOf(row) : imageOf(row),
    );
  };

  const get = async (id: Image['id']): Promise<Image | undefined> => {
    const known = isOnlyWriter ? remembered.find(id) : undefined;
    return known ?? translated(() => imageIn(firstRow(select, [id])));
  };

  return {
    async create(image, tokenUse) {
      const created = await writes.write(() => {
        const refusal = refusalOf(image, tokenUse);
        if (refusal) return firstRow(select, [image.id]) ? false : refusal;
        const isNew = records.insert(image);
        if (tokenUse && isNew) tokenUses.count(tokenUse);
        return isNew;
      });
      if (created instanceof AppError) throw created;
      return created;
    },

    get,
    async findByExternalId(userId, externalId) {
      return translated(() => imageIn(firstRow(selectByExternalId, [userId, externalId])));
    },
    async findByFormerId(formerId) {
      return translated(() => imageIn(firstRow(selectByFormerId, [formerId])));
    },

    getToChange: get, // a database of a newer version isn't opened

    async details(image) {
      return image.hasDetails ? translated(() => detailsIn(firstRow(selectDetails, [image.id]))) : null;
    },

    async replace(from, to, options = {}) {
      requireLegal(from, to, options.details);
      const replaced = await writes.write(() => {
        const taken = from.externalId === to.externalId ? undefined : takenIds.refusalOf(to);
        const refusal = taken ?? records.refusalOf(from, to);
        if (refusal) return firstRow(selectCurrent, [from.id, from.revision]) ? refusal : false;
        remembered.forget(to.id);
        return records.update(from, to, options);
      });
      if (replaced instanceof AppError) throw replaced;
      return replaced;
    },

    async find(query) {
      return translated(() => find(query));
    },

    searches: true,

    ordersByCapture: async () => 'of-all',

    places: null,

    async months(query) {
      return translated(() => monthReads.months(query));
    },

    async tags(query) {
      return translated(() => tagCounts(query));
    },

    async known(query) {
      return translated(() => knownBytes(query));
    },

    async isUsedUp(tokenUse) {
      return translated(() => tokenUses.isUsedUp(tokenUse));
    },

    ...createKeyUses(database, writes, { insertImage: records.insert, refusalOf, tokenUses }),
    ...createUpkeep(database, writes, unreadable),
  };
}
