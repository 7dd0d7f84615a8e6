/**
 * Lists the first 50 images of one user: `node list-postgres-floor.ts rows|same URL USER BUCKET CURSOR RENDITIONS`, as
 * list-floor.ts, with the service's statement sent by `pg` alone.
 */
import { createPostgresImageRepository } from '../../packages/server/src/records/images/postgres/postgres.ts';
import { createImageOf } from './listed-image.ts';
import { listen } from './listen.ts';
import { createReplay, recordStatements } from './postgres-statements.ts';

const LIMIT = 50;

const [form, url = '', userId = '', bucket = '', cursor = null, renditions = '{}'] = process.argv.slice(2);
const imageOf = createImageOf({ bucket, renditions });
const query = { status: 'ready', userId, tags: [], tagMode: 'all', order: 'newest', limit: LIMIT } as const;
const [list] = await recordStatements(url, (postgres) => createPostgresImageRepository(postgres).find(query));
if (!list) throw new Error('expected a statement; got none');
const replay = createReplay(url);

listen(async (_request, response) => {
  const rows = (await replay(list)).slice(0, LIMIT);
  const images = form === 'rows' ? rows : rows.map(imageOf);
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ count: images.length, images, next_cursor: cursor }));
});
