import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { serve } from './serving.ts';

/** A terminal would take the clipboard (OSC 52, in two spellings), turn the text around, and begin another line. */
export const EVIL = 'x\u001b]52;c;cHduZWQ=\u0007\u009d52;c;cHduZWQ=\u009c\u202egpj\u2066\u200b\ufeff\r\ny';
export const ID = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';

/** An image whose texts are all evil, apart from its status. */
export const IMAGE = {
  image_id: EVIL,
  user_id: EVIL,
  filename: EVIL,
  content_type: 'image/png',
  size: 3,
  width: EVIL,
  height: EVIL,
  sha256: null,
  status: 'ready',
  tags: [EVIL],
  description: EVIL,
  created_at: EVIL,
  revision: 1,
  facts: { taken_at: EVIL },
  rejection: { code: EVIL, detail: EVIL },
};
/** By an id that isn't one, no further request is made. */
const ALBUM = { album_id: ID, title: EVIL, order: EVIL, created_at: EVIL, images: EVIL };
const DELETION = { album_id: EVIL, status: EVIL, with_images: EVIL, done: EVIL, failed: EVIL };
const LINK = { link_id: EVIL, what: 'preset', preset: EVIL, url: `https://x.example/${EVIL}`, expires_at: EVIL };
const KEY = { key_id: EVIL, key: EVIL, name: EVIL, owner: EVIL, acts_as: null, scopes: [EVIL] };
const USAGE = { user_id: EVIL, bytes: EVIL, images: EVIL, pending: EVIL, reserved_bytes: EVIL, trashed_bytes: EVIL };
const DECISIONS = { image_id: EVIL, status: 'held', sha256: EVIL, gates: [EVIL], waits_for: EVIL, decisions: [] };
const PROBLEM = { code: 'invalid-request', detail: EVIL, errors: [{ pointer: EVIL, detail: EVIL }] };

const RESCAN = { gate: EVIL, before: EVIL, status: EVIL, passed: EVIL, refused: EVIL, held: EVIL, failed: EVIL };
const WEBHOOK = {
  ...{ webhook_id: EVIL, url: EVIL, types: [EVIL], user_id: EVIL, created_at: EVIL, updated_at: EVIL },
  ...{ paused: { why: EVIL, at: EVIL }, skipped: { at: EVIL, since: EVIL }, former_secrets_until: [EVIL] },
};
const ATTEMPT = { at: EVIL, status: EVIL, duration_ms: EVIL, answer: EVIL };
const DELIVERY = {
  ...{ event_id: EVIL, type: EVIL, event_time: EVIL, status: EVIL, attempts: 2 },
  ...{ next_attempt_at: EVIL, last_attempt: ATTEMPT },
};
const EVENT = { event_id: EVIL, type: EVIL, image_id: EVIL, user_id: EVIL, time: EVIL, changed: [EVIL] };

/** Answers of a service that wants to write on the caller's terminal. */
const ANSWERS: readonly (readonly [request: RegExp, status: number, answer: object])[] = [
  [
    /^GET \/$/,
    200,
    {
      name: 'safelight',
      version: EVIL,
      limits: { max_upload_bytes: 1e9 },
      presets: {},
      trash_days: 0,
      image_types: [{ content_type: EVIL, extensions: [EVIL], max_pixels: EVIL }],
    },
  ],
  [/^GET \/images\?/, 200, { images: [IMAGE], next_cursor: null }],
  [/^GET \/images\/[^/]+\/metadata/, 200, IMAGE],
  [/^GET \/images\/[^/]+\/download/, 200, { download_url: `https://x.example/${EVIL}` }],
  [/^GET \/images\/[^/]+\/decisions/, 200, DECISIONS],
  [/^POST \/images\/[^/]+\/decision$/, 200, { ...DECISIONS, status: EVIL }],
  [/^GET \/albums(?:$|\?)/, 200, { albums: [ALBUM], next_cursor: null }],
  [/^(?:GET|PATCH) \/albums\/[^/]+$/, 200, ALBUM],
  [/^POST \/albums$/, 201, ALBUM],
  [/^DELETE \/albums/, 202, DELETION],
  [
    /^POST \/albums/,
    200,
    {
      results: [
        { image_id: EVIL, status: EVIL },
        { image_id: EVIL, error: PROBLEM },
      ],
    },
  ],
  [/^PATCH/, 200, IMAGE],
  [/^GET \/images\/[^/]+\/links/, 200, { links: [LINK] }],
  [/^POST \/images\/[^/]+\/links/, 201, LINK],
  [
    /^POST \/images\/(?:trash|restore|delete)/,
    200,
    { results: [{ image_id: EVIL }, { image_id: EVIL, error: PROBLEM }] },
  ],
  [/^GET \/usage/, 200, { ...USAGE, limits: { bytes: null, images: EVIL, pending: EVIL } }],
  [/^GET \/users/, 200, { users: [{ ...USAGE, limits: { bytes: null } }], next_cursor: null }],
  [/^GET \/gates/, 200, { gates: [{ name: EVIL, status: EVIL, error: EVIL }], rescans: [RESCAN] }],
  [/^POST \/gates\/rescan/, 202, RESCAN],
  [/^POST \/gates/, 200, { gate: EVIL, released: EVIL, next_cursor: null }],
  [/^GET \/keys/, 200, { keys: [{ ...KEY, expires_at: EVIL, revoked_at: null }], next_cursor: null }],
  [/^(?:POST|DELETE) \/keys/, 200, KEY],
  [/^GET \/webhooks$/, 200, { webhooks: [WEBHOOK] }],
  [/^GET \/webhooks\/[^/]+$/, 200, WEBHOOK],
  [/^POST \/webhooks\/[^/]+\/test$/, 200, ATTEMPT],
  [/^GET \/webhooks\/[^/]+\/deliveries/, 200, { deliveries: [DELIVERY], next_cursor: null }],
  [/./, 400, PROBLEM],
];

/** A server that isn't honest. `own` answers what it wants to; the rest is evil texts. */
export function startHostileServer(own: (request: string, response: ServerResponse) => boolean = () => false) {
  const requests: { readonly line: string; readonly headers: IncomingMessage['headers'] }[] = [];
  const listener: RequestListener = (incoming, response) => {
    const line = `${incoming.method} ${incoming.url}`;
    requests.push({ line, headers: incoming.headers });
    incoming.resume();
    if (own(line, response)) return;
    const [, status, answer] = ANSWERS.find(([request]) => request.test(line)) ?? [];
    answerJson(response, answer, status);
  };
  return serve(listener).then((server) => Object.assign(server, { requests }));
}

/** A stream of one event that ends. */
export function answerEvent(response: ServerResponse): true {
  const event = `id: cursor\ndata: ${JSON.stringify(EVENT)}\n\n`;
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(event);
  return true;
}

export function answerJson(response: ServerResponse, answer: unknown, status = 200): true {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  return true;
}
