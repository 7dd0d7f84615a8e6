/**
 * Lists the first 50 images of one user: `node list-floor.ts rows|same DATA USER BUCKET CURSOR RENDITIONS`; RENDITIONS:
 * the URLs of one image by preset, in JSON, with `{id}` for its id. `rows` answers the statement's result; `same`
 * answers the same bytes as the service, with a given cursor.
 */
import { readySql } from '../../packages/server/src/records/images/sqlite/find-statements.ts';
import { openDatabase } from '../../packages/server/src/records/sqlite/database.ts';
import { MIGRATIONS } from '../../packages/server/src/records/sqlite/schema.ts';
import { listen } from './listen.ts';

const LIMIT = 50;

const [form, folder = '', userId = '', bucket = '', cursor = null, renditions = '{}'] = process.argv.slice(2);
const presets = Object.entries(JSON.parse(renditions) as Record<string, string>);
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

type Cells = ReturnType<typeof page.all>[number];

const imageOf = (row: Cells) => ({
  image_id: row['id'],
  user_id: row['user_id'],
  filename: row['filename'],
  content_type: row['content_type'],
  size: row['size_bytes'],
  width: row['width'],
  height: row['height'],
  sha256: row['sha256'],
  status: 'ready',
  tags: JSON.parse(String(row['tags'])),
  description: row['description'],
  metadata: JSON.parse(String(row['metadata'])),
  focal_point: row['focal_point'] === null ? null : JSON.parse(String(row['focal_point'])),
  visibility: row['visibility'] ?? 'private',
  s3_key: row['object_key'],
  s3_url: `s3://${bucket}/${row['object_key']}`,
  created_at: new Date(Number.parseInt(String(row['id']).replace('-', '').slice(0, 12), 16)).toISOString(),
  upload_time: new Date(Number(row['uploaded_at'])).toISOString(),
  updated_at: new Date(Number(row['updated_at'])).toISOString(),
  revision: row['revision'],
  placeholder: row['placeholder'],
  dominant_color: row['dominant_color'],
  renditions: Object.fromEntries(presets.map(([name, url]) => [name, url.replace('{id}', String(row['id']))])),
});
