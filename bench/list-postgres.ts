import { join } from 'node:path';
import { createPostgresAlbumRepository } from '../packages/server/src/records/albums/postgres/postgres.ts';
import { createUnloggedWrites } from '../packages/server/src/records/events/postgres/event-writes.ts';
import { createPostgresImageRepository } from '../packages/server/src/records/images/postgres/postgres.ts';
import { openPostgres } from '../packages/server/src/records/postgres/database.ts';
import { addSamples, BUSY_OWNER } from './dataset.ts';
import { migrateDatabase } from './floors/migrate-database.ts';
import { listAnswer, listRequest, PAGE } from './list-pages.ts';
import { answerTo, load } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { startPostgresDatabases } from './postgres-databases.ts';
import { SILENT, startFloor, startService } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const SECONDS = 3;
const WARM_SECONDS = 8;
const IMAGES = 1_000;
/** The service's name for its bucket, in every `s3_url`. */
const BUCKET = 'safelight';

/** Lists whose records are in PostgreSQL, beside their statement by `pg` alone. */
export async function listPostgres(): Promise<readonly Measurement[]> {
  const request = listRequest({ user_id: BUSY_OWNER });
  await using databases = await startPostgresDatabases();
  await using folder = await temporaryFolder();
  await using floorFolder = await temporaryFolder();
  const url = await databases.create();
  await fill(url, join(folder.path, 'data'));
  await using service = await startService({ folder: folder.path, environment: { ...SILENT, DATABASE_URL: url } });
  const { count, next_cursor, images } = await listAnswer(service.origin, request);
  if (count !== PAGE || next_cursor === null) throw new Error(`expected ${PAGE} images and more; got ${count}`);
  const [first] = images;
  const renditions = JSON.stringify(first?.renditions).replaceAll(first?.image_id ?? '', '{id}');
  const args = [url, BUSY_OWNER, BUCKET, next_cursor, renditions];
  await using rows = await startFloor('list-postgres', floorFolder.path, ['rows', ...args]);
  await using same = await startFloor('list-postgres', floorFolder.path, ['same', ...args]);
  if (!(await answerTo(service.origin, request)).equals(await answerTo(same.origin, request))) {
    throw new Error("expected the floor's body to be the service's to the byte; it is not");
  }

  const once = (origin: string, connections: number) => async () =>
    (await load({ origin, requests: [request], connections, seconds: SECONDS })).perSecond;
  for (const { origin } of [service, rows, same]) {
    await load({ origin, requests: [request], connections: 8, seconds: WARM_SECONDS });
  }
  const measured: Measurement[] = [];
  for (const connections of [1, 8, 32]) {
    for (const [floor, answers] of [
      [rows, 'its rows'],
      [same, 'the same bytes'],
    ] as const) {
      const rounds = await alternate(ROUNDS, {
        subject: once(service.origin, connections),
        floor: once(floor.origin, connections),
      });
      const what = `list-postgres, ${connections} ${connections === 1 ? 'connection' : 'connections'}, floor answers ${answers}`;
      measured.push(compare(what, rounds, { unit: perSecond, goal: { atLeast: 0.5 } }));
    }
  }
  return measured;
}

async function fill(url: string, folder: string): Promise<void> {
  await migrateDatabase(url);
  await using postgres = openPostgres({ url, connections: 10, prepares: true });
  const images = createPostgresImageRepository(postgres);
  const events = createUnloggedWrites();
  const albums = createPostgresAlbumRepository(postgres, { events, observe: () => undefined });
  await addSamples({ images, albums }, { count: IMAGES, folder });
  await postgres.change('VACUUM ANALYZE');
}
