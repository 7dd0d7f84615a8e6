/**
 * Receives webhooks (docs/events.md): verifies each message, and handles each event once. Needs Node 24 or later and
 * nothing else; in this repository npm brings it:
 *   WEBHOOK_SECRET=whsec_... npm run receiver [-- PORT]
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

const secret = Buffer.from((process.env['WEBHOOK_SECRET'] ?? '').replace('whsec_', ''), 'base64');
if (secret.length < 24) throw new Error('expected WEBHOOK_SECRET=whsec_... of at least 24 bytes; got none, or another');

const MAX_BYTES = 65_536; // many times what a message has
const lastRevisions = new Map<string, number>(); // keep them in your database

const server = createServer(async (request, response) => {
  const { 'webhook-id': id, 'webhook-timestamp': sentAt, 'webhook-signature': signatures = '' } = request.headers;
  if (!(Number(request.headers['content-length']) <= MAX_BYTES)) return void response.writeHead(413).end();
  const body = await text(request).catch(() => undefined);
  if (body === undefined) return; // the sender left
  const signed = `v1,${createHmac('sha256', secret).update(`${id}.${sentAt}.${body}`).digest('base64')}`;
  const isSigned = String(signatures)
    .split(' ')
    .some((one) => Buffer.byteLength(one) === signed.length && timingSafeEqual(Buffer.from(one), Buffer.from(signed)));
  const isRecent = Math.abs(Date.now() / 1_000 - Number(sentAt)) < 300;
  if (!isSigned || !isRecent) return void response.writeHead(401).end();

  const { type, data } = JSON.parse(body);
  const { image_id: image, revision } = data; // a webhook.test has neither
  if (revision > (lastRevisions.get(image) ?? 0)) {
    console.log(`${type} ${image} ${revision}`); // do your work, or put it into your queue
    lastRevisions.set(image, revision);
  }
  response.writeHead(204).end(); // also for an event that is known
});

server.listen(Number(process.argv[2] ?? 3000), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
);
