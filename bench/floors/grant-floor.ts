/** Writes the record of a grant for each JSON request: `node grant-floor.ts each|grouped`, in `data`. */
import { v7 } from 'uuid';
import { pendingImage } from '../../packages/server/src/domain/image/image.ts';
import { parseImageId } from '../../packages/server/src/domain/image/image-id.ts';
import { COLUMNS, cellsOf } from '../../packages/server/src/records/images/image-row.ts';
import { openDatabase } from '../../packages/server/src/records/sqlite/database.ts';
import { createGroupCommit } from '../../packages/server/src/records/sqlite/group-commit.ts';
import { MIGRATIONS } from '../../packages/server/src/records/sqlite/schema.ts';
import { listen } from './listen.ts';

const database = openDatabase('data', MIGRATIONS);
const writes = createGroupCommit(database);
/** Outside of a transaction a statement is its own transaction. */
const write = process.argv[2] === 'grouped' ? writes.write : async (work: () => unknown) => work();
const insert = database.prepare(`INSERT INTO images (${COLUMNS}) VALUES (${COLUMNS.map(() => '?')})`);

listen(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const fields = JSON.parse(Buffer.concat(chunks).toString());
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
  const image = pendingImage(named, now, {
    expiresAt: new Date(now.getTime() + 300_000),
    claim: null,
    isDirect: false,
  });
  await write(() => insert.run(...cellsOf(image, COLUMNS)));
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ image_id: id, expires_at: image.expiresAt.toISOString(), status: image.status }));
});
