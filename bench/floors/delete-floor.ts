/**
 * `POST /?count=400` writes JPEGs and their records (`node delete-floor.ts FILE`); a DELETE is a transaction, an unlink
 * and a sync of the folder.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { open, unlink, writeFile } from 'node:fs/promises';
import { type ReadyImage, tombstone } from '../../packages/server/src/domain/image/image.ts';
import { listen } from './listen.ts';
import { granted, openRecords, ready } from './sample-records.ts';

const FOLDER = 'data/objects';
mkdirSync(FOLDER);
const bytes = readFileSync(process.argv[2] ?? '');
const records = openRecords();
const images = new Map<string, ReadyImage>();

listen(async (request, response) => {
  const url = new URL(request.url ?? '', 'http://floor');
  response.setHeader('Content-Type', 'application/json');
  if (request.method === 'POST') {
    const paths: string[] = [];
    for (let left = Number(url.searchParams.get('count')); left > 0; left -= 1) paths.push(await store());
    return response.end(JSON.stringify(paths));
  }
  const image = images.get(url.pathname);
  if (!image) return response.writeHead(404).end();
  images.delete(url.pathname);
  records.update(tombstone(image, new Date()));
  await unlink(`${FOLDER}${url.pathname}`);
  await using folder = await open(FOLDER);
  await folder.sync();
  return response.end(JSON.stringify({ image_id: image.id, status: 'deleted' }));
});

async function store(): Promise<string> {
  const size = { width: 400, height: 267 };
  const image = ready(granted(), { ...size, sizeBytes: bytes.length, sha256: '0'.repeat(64) });
  records.insert(image);
  await writeFile(`${FOLDER}/${image.id}`, bytes, { flush: true });
  images.set(`/${image.id}`, image);
  return `/${image.id}`;
}
