/**
 * Keeps verified JPEGs in `data`. `POST /images/upload` with bytes: received into a file, synced, linked, decoded, and
 * one transaction. With JSON: a transaction for a grant; a PUT to its URL does the same with one transaction before the
 * decode and one after it.
 */
import type { PendingImage } from '../../packages/server/src/domain/image/image.ts';
import { startDecoders } from './decoders.ts';
import { listen } from './listen.ts';
import { receive } from './receive.ts';
import { claimed, granted, openRecords, ready } from './sample-records.ts';

const records = openRecords();
const decode = startDecoders();
const pending = new Map<string, PendingImage>();

listen(async (request, response) => {
  response.setHeader('Content-Type', 'application/json');
  if (request.method === 'PUT') {
    const image = pending.get(request.url ?? '');
    if (!image) return response.writeHead(404).end();
    pending.delete(request.url ?? '');
    const bytes = await receive(request, image.id);
    const held = claimed(image);
    records.update(held);
    records.update(ready(held, { ...bytes, ...(await decode(bytes.path)) }));
    return response.end();
  }
  const image = granted();
  if (request.headers['content-type'] === 'application/json') {
    for await (const chunk of request) JSON.parse(String(chunk));
    records.insert(image);
    pending.set(`/${image.id}`, image);
    return response.end(JSON.stringify({ upload_url: `http://${request.headers.host}/${image.id}` }));
  }
  const bytes = await receive(request, image.id);
  const published = ready(image, { ...bytes, ...(await decode(bytes.path)) });
  records.insert(published);
  return response.end(JSON.stringify(published));
});
