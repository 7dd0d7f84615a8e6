import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { AlbumId } from '../../../domain/album/album-id.ts';
import { placeOfAddition } from '../../../domain/album/album-place.ts';
import { withMember, withoutAlbum } from '../../../domain/album/membership.ts';
import type { Image, ReadyImage } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { albumCounterOf } from '../../albums/dynamodb/album-counts.ts';
import { createDynamodbAlbumRepository } from '../../albums/dynamodb/dynamodb.ts';
import { albumRowsPartition, attributesOfKey, type ItemKey, imageKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, rawItem, removeAttribute } from '../../dynamodb/raw-item.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import type { ImageRepository } from '../image-repository.ts';
import { NOW } from '../sample-images.fixture.ts';
import type { DynamodbHarness } from './dynamodb-harness.fixture.ts';

export const albumsOf = ({ table }: Pick<DynamodbHarness, 'table'>) =>
  createDynamodbAlbumRepository(createTable(table.client, table.name));

/** The image in these albums, added one after another. */
export const inAlbums = <Current extends Image>(image: Current, ...albums: readonly AlbumId[]): Current =>
  albums.reduce(
    (into, albumId, index) => withMember(into, { albumId, added: placeOfAddition(NOW, index, ''), moved: null }),
    image,
  );

/** Repeats a change of the current record until it succeeds, as operations do. */
export async function changed(
  images: ImageRepository,
  id: ImageId,
  change: (image: Image) => Image | undefined,
): Promise<Image | undefined> {
  for (;;) {
    const from = await images.get(id);
    const to = from && change(from);
    if (!from || !to) return undefined;
    if (await images.replace(from, to)) return to;
  }
}

export const outOf =
  (albumId: AlbumId) =>
  (image: Image): Image =>
    withoutAlbum(image, albumId);

/**
 * Does `work` as a version without albums does: it keeps what the record says of albums, and writes neither their rows
 * nor their counts.
 */
export async function withoutAlbums<Done>(
  { table }: Pick<DynamodbHarness, 'table'>,
  { id, userId, albums }: Pick<ReadyImage, 'id' | 'userId' | 'albums'>,
  work: () => Promise<Done>,
): Promise<Done> {
  const key = imageKey(id);
  const others = albums.flatMap(({ albumId }) => [
    { pk: albumRowsPartition(userId, albumId), sk: id },
    albumCounterOf({ id, userId }, albumId),
  ]);
  const kept = await Promise.all([key, ...others].map((one) => rawItem(table, one)));
  const [record, ...items] = kept;
  const done = await work();
  for (const name of ['albums', 'albumsListed']) {
    const value = record?.[name];
    if (value) await giveAttributes(table, key, { [name]: value });
    else await removeAttribute(table, key, name);
  }
  for (const [index, other] of others.entries()) await restored(table, other, items[index]);
  return done;
}

async function restored(
  { client, name: TableName }: DynamodbHarness['table'],
  key: ItemKey,
  item: Awaited<ReturnType<typeof rawItem>>,
): Promise<void> {
  if (item) await client.send(new PutItemCommand({ TableName, Item: item }));
  else await client.send(new DeleteItemCommand({ TableName, Key: attributesOfKey(key) }));
}
