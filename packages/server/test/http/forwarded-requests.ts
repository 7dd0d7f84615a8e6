import assert from 'node:assert/strict';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import type { RunningService } from '../services/running-service.ts';

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  /** The address of this machine from which the request comes. */
  readonly from: string;
  readonly host?: string;
  /** An array is one header in several lines. */
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | string;
}

export interface Answer {
  readonly status: number;
  readonly requestId: string;
  readonly body: string;
}

/** One request on a connection of its own. */
export async function ask(
  origin: string,
  { method = 'GET', path = '/images', from, ...asked }: Asked,
): Promise<Answer> {
  const { hostname, port, host } = new URL(origin);
  const { body = '', headers = {} } = asked;
  const sent = request({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    method,
    path,
    localAddress: from,
    agent: false,
    headers: { Host: asked.host ?? host, 'Content-Length': Buffer.byteLength(body), ...headers },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('error', reject);
  });
  sent.end(body);
  const incoming = await answered;
  return {
    status: incoming.statusCode ?? 0,
    requestId: String(incoming.headers['x-request-id']),
    body: await text(incoming),
  };
}

/** A grant, whose URL begins with the origin of the service as this client addresses it. */
export async function grantBy(origin: string, asked: Omit<Asked, 'method' | 'path' | 'body'>) {
  const headers = { 'Content-Type': 'application/json', ...asked.headers };
  const body = JSON.stringify({ user_id: 'ada', content_type: 'image/jpeg' });
  const answer = await ask(origin, { ...asked, method: 'POST', path: '/uploads', headers, body });
  assert.equal(answer.status, 201, answer.body);
  const grant = JSON.parse(answer.body) as { upload_url: string; headers: Record<string, string> };
  return { uploadUrl: grant.upload_url, headers: grant.headers, requestId: answer.requestId };
}

/** The client's address in the request's line in the log. */
export async function clientAddressOf(service: RunningService, requestId: string): Promise<unknown> {
  const line = () =>
    service
      .output()
      .split('\n')
      .find((one) => one.includes(requestId) && one.endsWith('}'));
  await until(async () => line() !== undefined);
  return (JSON.parse(line() ?? '{}') as { client_address?: unknown }).client_address;
}
