/** Sends the statements of a grant for each JSON request: `node grant-postgres-floor.ts URL GRANT`, a request's JSON. */
import { v7 } from 'uuid';
import { pendingImage } from '../../packages/server/src/domain/image/image.ts';
import { parseImageId } from '../../packages/server/src/domain/image/image-id.ts';
import { createPostgresImageRepository } from '../../packages/server/src/records/images/postgres/postgres.ts';
import { listen } from './listen.ts';
import { migrateDatabase } from './migrate-database.ts';
import { createReplay, recordStatements } from './postgres-statements.ts';

const [url = '', sample = '{}'] = process.argv.slice(2);
const fields = JSON.parse(sample);
const id = parseImageId(v7());
if (!id) throw new Error('uuid made no UUID');
const now = new Date();
const named = {
  id,
  userId: fields.user_id,
  filename: fields.filename,
  tags: fields.tags,
  description: fields.description,
  metadata: fields.metadata,
  visibility: 'private' as const,
  externalId: null,
  contentType: fields.content_type,
};
const expiresAt = new Date(now.getTime() + 300_000);
const image = pendingImage(named, now, { expiresAt, claim: null, isDirect: false });
await migrateDatabase(url);
const [grant] = await recordStatements(url, (postgres) => createPostgresImageRepository(postgres).create(image));
if (!grant) throw new Error('expected a transaction; got none');
const replay = createReplay(url);

listen(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { user_id, filename } = JSON.parse(Buffer.concat(chunks).toString());
  const newId = v7();
  await replay(grant, [
    [id, newId],
    [named.userId, user_id],
    [named.filename, filename],
  ]);
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ image_id: newId, expires_at: expiresAt.toISOString(), status: 'pending' }));
});
