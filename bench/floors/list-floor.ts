/**
 * Lists the first 50 images of one user: `node list-floor.ts rows|same DATA USER BUCKET CURSOR RENDITIONS`; RENDITIONS:
 * the URLs of one image by preset, in JSON, with `{id}` for its id. `rows` answers the statement's result; `same`
 * answers the same bytes as the service, with a given cursor.
 */
import { readySql } from '../../packages/server/src/records/images/sqlite/find-statements.ts';
import { openDatabase } from '../../packages/server/src/records/sqlite/database.ts';
import { MIGRATIONS } from '../../packages/server/src/records/sqlite/schema.ts';
import { createImageOf } from './listed-image.ts';
import { listen } from './listen.ts';

const LIMIT = 50;

const [form, folder = '', userId = '', bucket = '', cursor = null, renditions = '{}'] = process.argv.slice(2);
const imageOf = createImageOf({ bucket, renditions });
const page = openDatabase(folder, MIGRATIONS).prepare(
  readySql({ hasUser: true, hasType: false, tagCount: 0, direction: 'newest' }),
);
page.setReturnArrays(false);

listen((_request, response) => {
  const rows = page.all(userId, '', 'g', LIMIT + 1).slice(0, LIMIT);
  const images = form === 'rows' ? rows : rows.map(imageOf);
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ count: images.length, images, next_cursor: cursor }));
});
