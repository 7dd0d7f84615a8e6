import type { PostgresEndpoint } from '../../../../../../test/servers/postgres.ts';
import type { ReadyImage } from '../../../domain/image/image.ts';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import type { ImageRepository } from '../../images/image-repository.ts';
import { NOW, newImageId, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { createMigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { shardOf } from '../../shard-of.ts';
import type { EventLogHarness } from '../event-log.contract.ts';
import { beginLog } from './begin-log.ts';
import { createEventWrites, createUnloggedWrites, SHARDS } from './event-writes.ts';
import { createPostgresEventLog } from './postgres.ts';
import { createWrittenImages, createWrittenTables } from './written-images.fixture.ts';

/** A log in a new database, which has begun unless `begins` is false, and images of a process without EVENTS. */
export async function createPostgresLogHarness(endpoint: PostgresEndpoint, { begins = true, connections = 5 } = {}) {
  const database = await createMigratedDatabase(endpoint, { connections });
  const { postgres } = database;
  await createWrittenTables(postgres);
  let now = NOW;
  const events = createEventWrites({ now: () => now });
  const images = createWrittenImages(postgres, events);
  const told: ServiceEvent[] = [];
  const log = createPostgresEventLog(postgres, { observe: (event) => told.push(event) });
  if (begins) await beginLog(postgres);
  return {
    postgres,
    url: database.url,
    events,
    images: images as typeof images & ImageRepository, // the suite only writes
    unlogged: createWrittenImages(postgres, createUnloggedWrites()),
    archive: images,
    log,
    told,
    async spoil({ id }) {
      await postgres.change("UPDATE events SET type = 'image.framed' WHERE image_id = $1", [id]);
    },
    forgets: 'when told',
    settle: async () => undefined,
    setNow(time) {
      now = time;
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  } satisfies EventLogHarness & Record<string, unknown>;
}

/** A new image whose events are in that shard. */
export function newImageIn(shard: number): ReadyImage {
  for (;;) {
    const id = newImageId();
    if (shardOf(id, SHARDS) === shard) return samplePublished(samplePending({ id }));
  }
}
