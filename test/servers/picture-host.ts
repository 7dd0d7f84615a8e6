import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answering = (response: ServerResponse, request: IncomingMessage) => unknown;

/** A host of pictures on this machine. */
export interface PictureHost extends AsyncDisposable {
  /** By path, without the query. Other paths are a 404. */
  readonly answers: Map<string, Answering>;
  /** The paths of the requests, without their queries, in order. */
  readonly asked: readonly string[];
  readonly port: number;
  /** The URL of a path. */
  at(path: string): string;
  /** The settings of a service that fetches from here. */
  readonly environment: Record<string, string>;
}

export async function startPictureHost(given: Readonly<Record<string, Answering>> = {}): Promise<PictureHost> {
  const answers = new Map(Object.entries(given));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://127.0.0.1');
    asked.push(pathname);
    const answer = answers.get(pathname);
    if (answer) answer(response, request);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    answers,
    asked,
    port,
    at: (path) => `http://127.0.0.1:${port}${path}`,
    environment: { INGEST_HOSTS: '127.0.0.1', OUTBOUND_ALLOW: `127.0.0.1/32:${port}` },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export const sends =
  (bytes: Uint8Array, headers: Record<string, string> = {}): Answering =>
  (response) =>
    response.writeHead(200, { 'Content-Length': bytes.length, ...headers }).end(bytes);

export const redirectsTo =
  (location: string): Answering =>
  (response) =>
    response.writeHead(302, { Location: location, 'Content-Length': 0 }).end();

export const says =
  (status: number): Answering =>
  (response) =>
    response.writeHead(status, { 'Content-Length': 0 }).end();
