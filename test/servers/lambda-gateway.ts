import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import type { LambdaFunction } from './lambda-runtime.ts';

/** An HTTP API in front of a function: requests as events of payload version 2.0. */
export interface LambdaGateway extends AsyncDisposable {
  readonly url: string;
}

interface HttpAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** Lambda's limit for an event. */
const MAX_EVENT_BYTES = 6 * 1_048_576;

/** Hop-by-hop headers, and headers that the gateway sets. */
const NOT_PASSED_ON = ['connection', 'keep-alive', 'transfer-encoding', 'te', 'upgrade', 'expect', 'cookie'];

export async function startGateway(to: Pick<LambdaFunction, 'invoke'>): Promise<LambdaGateway> {
  const server = createServer(async (incoming, outgoing) => {
    const event = eventOf(incoming, await buffer(incoming));
    if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
      return message(outgoing, 413, 'Request Entity Too Large');
    }
    const outcome = await to.invoke(event).catch((error: unknown) => ({ kind: 'failed' as const, error }));
    if (outcome.kind === 'answered') return answer(incoming, outgoing, outcome.result as HttpAnswer);
    process.stderr.write(`${event.requestContext.http.method} ${event.rawPath}: ${inspect(outcome.error)}\n`); // clients don't see it
    return message(outgoing, 500, 'Internal Server Error');
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function eventOf(incoming: IncomingMessage, body: Buffer) {
  const { method = '', url = '', headersDistinct, socket } = incoming;
  const [path = '', ...query] = url.split('?');
  const rawPath = decoded(path);
  const sourceIp = socket.remoteAddress ?? '';
  const headers: Record<string, string> = {};
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    if (!NOT_PASSED_ON.includes(name)) headers[name] = values.map(utf8).join(',');
  }
  const isText = isTextual(headers['content-type']) && isUtf8(body);
  const cookies = headersDistinct['cookie']?.flatMap((one) => one.split('; '));
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query.join('?'),
    ...(cookies && { cookies }),
    headers: {
      ...headers,
      'x-forwarded-for': appended(headers['x-forwarded-for'], sourceIp),
      'x-forwarded-proto': 'http',
    },
    requestContext: {
      domainName: headers['host'],
      requestId: randomUUID(),
      stage: '$default',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp, userAgent: headers['user-agent'] ?? '' },
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** As gateways and CloudFront do: what the peer sent stays, and the peer's own address comes last. */
export const appended = (given: string | undefined, address: string): string =>
  given === undefined ? address : `${given}, ${address}`;

/**
 * An HTTP API decodes the path and leaves the query unchanged. An encoded slash stays, because its handling is
 * undocumented.
 */
const decoded = (path: string): string =>
  path
    .split(/(?=\/|%2F)/i)
    .map(decodedPart)
    .join('');

function decodedPart(part: string): string {
  try {
    return /^%2F/i.test(part) ? `${part.slice(0, 3)}${decodeURIComponent(part.slice(3))}` : decodeURIComponent(part);
  } catch {
    return part;
  }
}

const isTextual = (type = ''): boolean => /^text\/|^application\/(?:json|javascript|xml|.*\+json)/.test(type);
const isUtf8 = (bytes: Buffer): boolean => Buffer.from(bytes.toString()).equals(bytes);
/** Node decodes header bytes as Latin-1; an event's JSON contains text. */
const utf8 = (value: string): string => Buffer.from(value, 'latin1').toString();

function answer({ method }: IncomingMessage, outgoing: ServerResponse, result: HttpAnswer): void {
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = result;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  if (method !== 'HEAD' && ![204, 304].includes(statusCode)) outgoing.setHeader('content-length', bytes.length);
  outgoing.writeHead(statusCode).end(bytes);
}

const message = (outgoing: ServerResponse, status: number, text: string): void => {
  outgoing.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ message: text }));
};
