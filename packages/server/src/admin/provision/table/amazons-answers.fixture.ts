import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** For tests: the operation that a request to DynamoDB names. */
export const operationOf = ({ headers }: IncomingMessage): string =>
  String(headers['x-amz-target'] ?? '').replace(/^DynamoDB_\d+\./, '');

export function sendJson(outgoing: ServerResponse, answer: unknown, status = 200): undefined {
  outgoing.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
}

/** An error in the format of Amazon. */
export const sendError = (outgoing: ServerResponse, name: string, message: string, status = 400): undefined =>
  sendJson(outgoing, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message }, status);

/** Sends the response of the store with changes. */
export async function sendChanged(
  to: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  change: (answer: { Table?: Record<string, unknown> }) => unknown,
): Promise<void> {
  const headers = new Headers();
  for (const name of ['authorization', 'content-type', 'x-amz-date', 'x-amz-target']) {
    headers.set(name, String(incoming.headers[name] ?? ''));
  }
  const answered = await fetch(to, { method: 'POST', headers, body: await text(incoming) });
  sendJson(outgoing, change((await answered.json()) as { Table?: Record<string, unknown> }), answered.status);
}
