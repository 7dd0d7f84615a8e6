import type { Observer } from '../../../observe/observer/observer.ts';
import type { Table } from '../../dynamodb/table.ts';
import type { AlbumRepository } from '../album-repository.ts';

export interface DynamodbAlbumRepositoryOptions {
  readonly observe?: Observer;
}

export function createDynamodbAlbumRepository(
  _table: Table,
  _options: DynamodbAlbumRepositoryOptions,
): AlbumRepository {
  throw new Error('not yet');
}
