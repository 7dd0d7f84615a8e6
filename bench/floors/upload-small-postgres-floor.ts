/**
 * Keeps verified JPEGs in `data`, as upload-small-floor.ts, with the service's statements sent by `pg` alone:
 * `node upload-small-postgres-floor.ts URL`. With bytes: the transaction of a grant and that of a verified image; a PUT
 * reads the record, claims it and publishes it.
 */
import { createPostgresImageRepository } from '../../packages/server/src/records/images/postgres/postgres.ts';
import { startDecoders } from './decoders.ts';
import { listen } from './listen.ts';
import { migrateDatabase } from './migrate-database.ts';
import { createReplay, type Recorded, recordStatements } from './postgres-statements.ts';
import { receive } from './receive.ts';
import { claimed, granted, newId, ready } from './sample-records.ts';

type Five<Each> = readonly [Each, Each, Each, Each, Each];

const [url = ''] = process.argv.slice(2);
await migrateDatabase(url);
const sample = granted();
const held = claimed(sample);
const verified = ready(held, { sizeBytes: 100_000, sha256: '0'.repeat(64), width: 1_280, height: 853 });
const direct = { ...held, id: newId(), isDirect: true };
const statements = await recordStatements(url, async (postgres) => {
  const images = createPostgresImageRepository(postgres);
  await images.create(sample);
  await images.get(sample.id);
  await images.replace(sample, held);
  await images.replace(held, verified);
  await images.create(direct);
  await postgres.change('DELETE FROM images');
});
const [grant, read, claim, publish, receiving] = statements as Five<Recorded>;
const replay = createReplay(url);
const decode = startDecoders();

listen(async (request, response) => {
  response.setHeader('Content-Type', 'application/json');
  if (request.method === 'PUT') {
    const id = request.url?.slice(1) ?? '';
    await replay(read, [[sample.id, id]]);
    const bytes = await receive(request, id);
    await replay(claim, [[sample.id, id]]);
    await decode(bytes.path);
    await replay(publish, [[sample.id, id]]);
    return response.end();
  }
  const id = newId();
  if (request.headers['content-type'] === 'application/json') {
    for await (const chunk of request) JSON.parse(String(chunk));
    await replay(grant, [[sample.id, id]]);
    return response.end(JSON.stringify({ upload_url: `http://${request.headers.host}/${id}` }));
  }
  const bytes = await receive(request, id);
  await replay(receiving, [[direct.id, id]]);
  await decode(bytes.path);
  await replay(publish, [[sample.id, id]]);
  return response.end(JSON.stringify({ image_id: id, status: 'ready' }));
});
