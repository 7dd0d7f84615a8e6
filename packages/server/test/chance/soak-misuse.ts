import assert from 'node:assert/strict';
import fc from 'fast-check';
import { connectTo, lines, type RawConnection, statuses } from '../http/raw-connection.ts';
import { type GrantJson, jsonRequest, type Sent } from '../uploads/upload-requests.ts';
import { type ArbitraryRequest, arbitraryRequest } from './arbitrary-requests.ts';
import type { Caller } from './soak-album.ts';

const HOST = 'Host: localhost';
const get = (target: string): string => lines(`GET ${target} HTTP/1.1`, HOST);

/** Slightly and obviously invalid requests about images of their own, which are deleted again. */
export async function askArbitrarily({ wire, random, pictures }: Caller): Promise<void> {
  const bodies = pictures.slice(0, 3).map(({ bytes }) => bytes);
  const upload = async (sent: Partial<Sent>): Promise<string> => {
    const answer = await wire.ask('material', '/images/upload?user_id=user123', { method: 'POST', ...sent }, [200]);
    return answer.json<GrantJson>().image_id;
  };
  const headers = { 'Content-Type': pictures[0]?.type ?? '' };
  const made = new Set([await upload({}), await upload({ headers, body: bodies[0] ?? '' })]);
  const ids = [...made];
  const idMarks = ids.map((_, index) => `image-${index}-id`);
  const resolve = (text: string) => idMarks.reduce((all, mark, index) => all.replaceAll(mark, ids[index] ?? ''), text);

  const requests = fc.sample(arbitraryRequest({ idMarks, pictures: bodies }), {
    numRuns: 30,
    seed: random.below(2 ** 31),
  });
  for (const request of requests) {
    const sent = { method: request.method, headers: headersOf(request), body: bodyOf(request, resolve) };
    const answer = await wire.ask('arbitrary', resolve(request.target), sent);
    if (answer.status !== 200 || !request.target.startsWith('/images/upload')) continue;
    for (const [, id = ''] of answer.body.toString().matchAll(/"image_id":"([^"]+)"/g)) made.add(id);
  }
  await wire.ask('delete many', '/images/delete', jsonRequest({ image_ids: [...made] }), [200]);
}

const headersOf = ({ headers }: ArbitraryRequest): Record<string, string> =>
  Object.fromEntries(new Headers(headers.map(([name, value]): [string, string] => [name, value])));

function bodyOf({ body }: ArbitraryRequest, resolve: (text: string) => string): NonNullable<Sent['body']> {
  switch (body.kind) {
    case 'none':
      return '';
    case 'text':
      return resolve(body.text);
    case 'bytes':
      return body.bytes;
    case 'form': {
      const form = new FormData();
      for (const [name, value] of body.fields) {
        form.append(name, typeof value === 'string' ? value : new File([value], 'image.jpg', { type: 'image/jpeg' }));
      }
      return form;
    }
  }
}

/** Malformed HTTP. Each gets this answer, or the connection ends. */
const MALFORMED: readonly { readonly text: string; readonly expected: number }[] = [
  { text: 'hello\r\n\r\n', expected: 400 },
  { text: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', expected: 400 }, // TLS
  { text: lines('GET / HTTP/1.1'), expected: 400 },
  { text: lines('GET /health HTTP/1.1', 'Host: ]bad['), expected: 400 },
  { text: lines('GET /health HTTP/9.9', HOST), expected: 400 },
  { text: lines('GET /health HTTP/1.1', HOST, 'Bad Header: x'), expected: 400 },
  { text: lines('POST /images/upload HTTP/1.1', HOST, 'Content-Length: -1'), expected: 400 },
  { text: lines('POST /images/upload HTTP/1.1', HOST, 'Content-Length: 1', 'Content-Length: 2'), expected: 400 },
  {
    text: `${lines('POST /images/upload?user_id=a HTTP/1.1', HOST, 'Content-Type: image/png', 'Transfer-Encoding: chunked')}zz\r\n`,
    expected: 400,
  },
  { text: lines('PROPFIND /images HTTP/1.1', HOST), expected: 405 },
  { text: lines('GET /health HTTP/1.1', HOST, `X: ${'x'.repeat(70_000)}`), expected: 431 },
];

export async function sendMalformed({ origin, wire, random }: Caller): Promise<void> {
  const { text, expected } = random.pick(MALFORMED);
  await using connection = await connectTo(origin);
  connection.socket.write(text, 'latin1');
  const [status] = statuses(await connection.until((received) => received.includes('\r\n\r\n')));
  wire.count('malformed', status ?? 'ended');
  assert.ok(
    status === expected || status === undefined,
    `expected ${expected} to ${JSON.stringify(text.slice(0, 200))}; got ${status}`,
  );
}

export async function pipeline({ origin, wire, album, random }: Caller): Promise<void> {
  await using connection = await connectTo(origin);
  if (random.chance(0.1)) {
    connection.socket.write(get('/flood').repeat(900));
    await connection.ended;
    wire.count('flood', 'ended');
    return;
  }
  const targets = ['/health', '/nowhere', '/images?limit=5', `/images/${album.any(random).id}/metadata`];
  const asked = Array.from({ length: 10 }, () => random.pick(targets));
  connection.socket.write(`${asked.map(get).join('')}${get('/health')}`);
  const received = await connection.until((text) => statuses(text).length > asked.length && text.endsWith('}'));
  for (const status of statuses(received)) wire.count('pipelined', status);
  assert.equal(statuses(received).length, asked.length + 1);
}

/** Abandoned connections; the oldest are closed as others arrive. */
export interface LeftBehind extends AsyncDisposable {
  leave(caller: Caller): Promise<void>;
}

const MOST_LEFT = 40;

export function createLeftBehind(): LeftBehind {
  const connections: RawConnection[] = [];
  const cutOff = async (most: number): Promise<void> => {
    const oldest = connections.splice(0, Math.max(0, connections.length - most));
    await Promise.all(oldest.map((connection) => connection[Symbol.asyncDispose]()));
  };
  return {
    async leave({ origin, wire, album, random }) {
      const connection = await connectTo(origin);
      connections.push(connection);
      const body = lines(
        'POST /images/upload?user_id=a HTTP/1.1',
        HOST,
        'Content-Type: image/png',
        'Content-Length: 100000',
        'Expect: 100-continue',
      );
      const [kind, text] = random.pick([
        ['left idle', ''],
        ['left in its head', 'GET /health HTTP/1.1\r\nHost: loc'],
        ['left in its body', body],
        ['left unread', get(`/images/${album.any(random).id}`).repeat(20)],
        ['left waiting', get(`/images/${album.any(random).id}/metadata?wait=20`)],
      ] as const);
      if (kind === 'left unread') connection.socket.pause();
      if (text !== '') connection.socket.write(text);
      if (kind === 'left in its body') await connection.until((received) => received.includes('100 Continue'));
      wire.count(kind, 'cut off');
      await cutOff(MOST_LEFT);
    },
    [Symbol.asyncDispose]: () => cutOff(0),
  };
}
