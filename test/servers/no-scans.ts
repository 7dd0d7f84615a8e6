import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { SCANNING_AGENT } from '../../packages/server/src/records/archive/dynamodb/scan.ts';
import { type Front, startFront } from './front.ts';

/** A proxy to DynamoDB that refuses scans, but for those of the archive. */
export interface NoScans extends Front {
  /** The refused requests: operation and body. */
  readonly refused: readonly string[];
}

/** PartiQL statements are scans unless their WHERE contains a whole key. */
const SCANS: readonly string[] = ['Scan', 'ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction'];

/** Enough to recognize the table and the caller. */
const SHOWN_CHARACTERS = 300;

const operationOf = ({ headers }: IncomingMessage): string =>
  String(headers['x-amz-target'] ?? '').replace(/^DynamoDB_\d+\./, '');

/** Operators' commands read all records, by a client of their own. */
const isOfArchive = (operation: string, { headers }: IncomingMessage): boolean =>
  operation === 'Scan' && (headers['user-agent'] ?? '').split(' ').includes(SCANNING_AGENT);

export async function startNoScans(to: string): Promise<NoScans> {
  const refused: string[] = [];

  async function refuse(operation: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const asked = await text(incoming).catch(() => '');
    refused.push(`${operation} ${asked.slice(0, SHOWN_CHARACTERS)}`);
    const body = JSON.stringify({
      __type: 'com.amazon.coral.validate#ValidationException',
      message: `Nothing may scan: ${operation} is refused, and the run in which it was asked for fails`,
    });
    outgoing.writeHead(400, {
      'Content-Type': 'application/x-amz-json-1.0',
      'Content-Length': Buffer.byteLength(body),
    });
    outgoing.end(body);
  }

  const front = await startFront((incoming, outgoing) => {
    const operation = operationOf(incoming);
    if (!SCANS.includes(operation) || isOfArchive(operation, incoming)) return to;
    void refuse(operation, incoming, outgoing);
    return undefined;
  });
  return { ...front, refused };
}
