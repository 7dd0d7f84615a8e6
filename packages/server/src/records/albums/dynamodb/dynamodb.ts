import { randomUUID } from 'node:crypto';
import { type Album, albumForgottenAt } from '../../../domain/album/album.ts';
import type { AlbumId } from '../../../domain/album/album-id.ts';
import { AppError } from '../../../domain/errors.ts';
import { eachAtMost } from '../../../flow/each-at-most.ts';
import type { Observer } from '../../../observe/observer/observer.ts';
import { IS_NEW } from '../../dynamodb/condition.ts';
import { failedConditions } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { albumKey, albumsOfPartition, deletingAlbumsPartition } from '../../dynamodb/item-keys.ts';
import { updateTo } from '../../dynamodb/item-update.ts';
import { BY_OWNER, BY_SHARD } from '../../dynamodb/schema.ts';
import { isNewer, newerRecord, unlessNewer } from '../../dynamodb/schema-version.ts';
import type { Table } from '../../dynamodb/table.ts';
import type { ChangeLog } from '../../images/dynamodb/change-log.ts';
import type { AlbumRepository } from '../album-repository.ts';
import { closeAlbum, countAlbum, recountAlbum } from './album-counts.ts';
import { ALBUM_ATTRIBUTES, albumIdIn, albumIn, albumItem } from './album-item.ts';

export interface DynamodbAlbumRepositoryOptions {
  readonly observe?: Observer;
  /** Logs each change. */
  readonly changes?: ChangeLog | undefined;
}

/** Albums that are counted at once. */
const COUNTED_AT_ONCE = 16;

/** Albums in the table of the images. */
export function createDynamodbAlbumRepository(
  table: Table,
  { observe = () => undefined, changes }: DynamodbAlbumRepositoryOptions = {},
): AlbumRepository {
  /** Lists leave out a record that can't be read, as lists of images do. */
  const readable = (item: Item): readonly Album[] => {
    try {
      return [albumIn(item)];
    } catch (error) {
      const reason = error instanceof AppError ? error.detail : String(error);
      observe({ event: 'warning', sentence: `Lists leave out the album ${albumIdIn(item)}: ${reason}` });
      return [];
    }
  };

  /** False if the record has changed. */
  async function write(from: Album, to: Album): Promise<boolean> {
    const writeId = randomUUID();
    try {
      const logging = (await changes?.writesOfAlbum(from, to)) ?? [];
      const update = updateTo(albumItem(to, writeId), { known: ALBUM_ATTRIBUTES, condition: isStill(from) });
      await (logging.length === 0 ? table.update(update) : table.transact([{ update }, ...logging], writeId));
      return true;
    } catch (error) {
      const [changed] = failedConditions(error) ?? [];
      if (changed === undefined) throw error;
      if (changed.Item && isNewer(changed.Item)) throw newerRecord(changed.Item);
      return changed.Item?.['writeId']?.S === writeId; // our own write, whose answer was lost
    }
  }

  return {
    async create(album) {
      const writeId = randomUUID();
      try {
        const logging = (await changes?.writesOfAlbum(undefined, album)) ?? [];
        const put = albumItem(album, writeId);
        await (logging.length === 0
          ? table.put(put, IS_NEW)
          : table.transact([{ put, condition: IS_NEW }, ...logging], writeId));
      } catch (error) {
        const [taken] = failedConditions(error) ?? [];
        if (taken?.Item?.['writeId']?.S !== writeId) throw error; // else our own write, whose answer was lost
      }
    },

    async get(id) {
      const item = await table.get(albumKey(id));
      return item && albumIn(item);
    },

    async replace(from, to) {
      if (!(await write(from, to))) return false;
      // Also after a deletion whose process died here: each write of a deletion closes the album once more.
      if (to.deletion) await closeAlbum(table, to, albumForgottenAt(to));
      return true;
    },

    async find({ userId, after, limit }) {
      const found: Item[] = [];
      for await (const item of newestFirst(table, { userId, after, page: limit + 1 })) {
        found.push(item);
        if (found.length > limit) break;
      }
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      const next = found.length > limit && last ? (albumIdIn(last) as AlbumId) : null;
      return { albums: shown.flatMap(readable), next };
    },

    async count(albums) {
      const counts = albums.map(() => 0);
      await eachAtMost(COUNTED_AT_ONCE, numbered(albums), async ([index, album]) => {
        counts[index] = await countAlbum(table, album);
      });
      return counts;
    },

    recount: (album) => recountAlbum(table, album),

    async deleting(limit) {
      const albums: Album[] = [];
      for await (const item of inDeletion(table, limit)) {
        if (!isNewer(item)) albums.push(...readable(item)); // newer ones are left to a process of that version
        if (albums.length === limit) break;
      }
      return albums;
    },

    /** DynamoDB removes items past their `ttl`. */
    async forget() {},
  };
}

const isStill = ({ version }: Album) =>
  unlessNewer({
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': { N: String(version) } },
  });

interface OwnAlbums {
  readonly userId: string;
  readonly after: AlbumId | undefined;
  readonly page: number;
}

const newestFirst = (table: Table, { userId, after = AFTER_ALL, page }: OwnAlbums): AsyncGenerator<Item> =>
  itemsIn(table, {
    IndexName: BY_OWNER.name,
    KeyConditionExpression: `${BY_OWNER.partition} = :partition AND ${BY_OWNER.sort} < :after`,
    partition: albumsOfPartition(userId),
    after,
    ScanIndexForward: false,
    Limit: page,
  });

const inDeletion = (table: Table, page: number): AsyncGenerator<Item> =>
  itemsIn(table, {
    IndexName: BY_SHARD.name,
    KeyConditionExpression: `${BY_SHARD.partition} = :partition AND ${BY_SHARD.sort} > :after`,
    partition: deletingAlbumsPartition(),
    after: BEFORE_ALL,
    Limit: page,
  });

const [BEFORE_ALL, AFTER_ALL] = ['0', 'g' as AlbumId];

type Walk = Omit<Parameters<Table['query']>[0], 'ExpressionAttributeValues'> & {
  readonly partition: string;
  readonly after: string;
};

/** The items of a partition, page by page. */
async function* itemsIn(table: Table, { partition, after: first, ...query }: Walk): AsyncGenerator<Item> {
  for (let after = first; ; ) {
    const ExpressionAttributeValues = { ':partition': { S: partition }, ':after': { S: after } };
    const { items, isLast } = await table.query({ ...query, ExpressionAttributeValues });
    yield* items;
    const last = items.at(-1);
    if (isLast || !last) return;
    after = albumIdIn(last);
  }
}

async function* numbered<One>(all: readonly One[]): AsyncGenerator<readonly [number, One]> {
  yield* all.entries();
}
