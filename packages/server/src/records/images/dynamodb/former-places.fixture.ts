import type { TestTable } from '../../../../../../test/servers/table.ts';
import type { ReadyImage } from '../../../domain/image/image.ts';
import { imageKey } from '../../dynamodb/item-keys.ts';
import { removeAttribute } from '../../dynamodb/raw-item.fixture.ts';
import { facetsOf } from './facets.ts';

/** Leaves the record and the facets of an image as a version without places wrote them. */
export async function forgetPlaces(table: Pick<TestTable, 'client' | 'name'>, image: ReadyImage): Promise<void> {
  const owners = facetsOf(image, { shard: 0, hasGlobalFacets: false }).filter(({ place }) => place !== undefined);
  for (const name of ['g4p', 'g4s', 'placed', 'months']) await removeAttribute(table, imageKey(image.id), name);
  for (const { pk, sk } of owners) for (const name of ['g4p', 'g4s']) await removeAttribute(table, { pk, sk }, name);
}
