import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';

/** An HTTP gate that decides by the tags of an image, so that each case has the decision it is about. */
export interface DecidingGate extends AsyncDisposable {
  /** The settings of a service with this gate, which is named `people`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Requests without a valid signature. */
  readonly forged: readonly string[];
}

/** The tags by which the gate decides at once. It leaves all other images to people. */
export const PASSED = 'passed at once';
export const REFUSED = 'refused at once';

/** What it says of a refused image: to its uploader, and to moderators. */
export const REASON = 'expected a landscape; got a portrait';
export const PRIVATE_REASON = 'looks like a face';

interface Question {
  readonly image: { readonly tags: readonly string[] };
}

const KEY = Buffer.alloc(32, 7);

export async function startDecidingGate(): Promise<DecidingGate> {
  const forged: string[] = [];
  const server = createServer(async (request, answer) => {
    const text = await textOf(request);
    if (!isSigned(request, text)) forged.push(text.slice(0, 200));
    const { tags } = (JSON.parse(text) as Question).image;
    if (tags.includes(PASSED)) return void answer.end(JSON.stringify({ verdict: 'pass' }));
    if (!tags.includes(REFUSED)) return void answer.writeHead(202).end();
    answer.end(JSON.stringify({ verdict: 'refuse', reason: REASON, private_reason: PRIVATE_REASON }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    forged,
    environment: {
      OUTBOUND_ALLOW: `127.0.0.1/32:${port}`,
      GATE_HTTP_PEOPLE: `http://127.0.0.1:${port}/check`,
      GATE_HTTP_PEOPLE_SECRET: `whsec_${KEY.toString('base64')}`,
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** By the Standard Webhooks scheme, computed apart from the library that the service uses. */
function isSigned({ headers }: IncomingMessage, text: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature = '' } = headers;
  const expected = `v1,${createHmac('sha256', KEY).update(`${id}.${at}.${text}`).digest('base64')}`;
  const given = Buffer.from(String(signature));
  return given.length === expected.length && timingSafeEqual(given, Buffer.from(expected));
}
