import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

/** What the service asked, after its signature was verified. */
export interface Question {
  readonly type: string;
  readonly gate: string;
  readonly image: {
    readonly id: string;
    readonly user_id: string;
    readonly content_type: string;
    readonly size_bytes: number;
    readonly width: number;
    readonly height: number;
    readonly sha256: string;
    readonly tags: readonly string[];
  };
  readonly preview: {
    readonly content_type: string;
    readonly width: number;
    readonly height: number;
    readonly data: string;
  };
}

export type Answering = (question: Question, response: ServerResponse, request: IncomingMessage) => unknown;

/** A receiver of an HTTP gate, on this machine. */
export interface GateReceiver extends AsyncDisposable {
  answering: Answering;
  readonly questions: readonly Question[];
  /** The `webhook-id` of each. */
  readonly ids: readonly string[];
  /** Requests that weren't signed by the secret. */
  readonly forged: readonly unknown[];
  readonly port: number;
  /** The settings of a service that has it as the gate `review`. */
  readonly environment: Record<string, string>;
}

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

export const says =
  (status: number, body: unknown = ''): Answering =>
  (_, response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
export const PASSES = says(200, { verdict: 'pass' });
export const LATER = says(202, 'a person will look');
export const never: Answering = () => undefined;

export async function startReceiver(answering: Answering, secret = SECRET): Promise<GateReceiver> {
  const webhook = new Webhook(secret);
  const questions: Question[] = [];
  const ids: string[] = [];
  const forged: unknown[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    try {
      questions.push(webhook.verify(body, request.headers as Record<string, string>) as Question);
    } catch (error) {
      forged.push(error);
      response.writeHead(401).end();
      return;
    }
    ids.push(String(request.headers['webhook-id']));
    const question = questions.at(-1);
    if (question) await receiver.answering(question, response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const receiver: GateReceiver = {
    answering,
    questions,
    ids,
    forged,
    port,
    environment: {
      GATE_HTTP_REVIEW: `http://127.0.0.1:${port}/check?token=hunter2`,
      GATE_HTTP_REVIEW_SECRET: SECRET,
      OUTBOUND_ALLOW: `127.0.0.1:${port}`,
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return receiver;
}
