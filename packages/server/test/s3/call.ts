import type { IncomingMessage } from 'node:http';
import type { CallName } from '../faults/injection.ts';

const folderOf = (key: string): string => decodeURIComponent(key).split('/')[0] ?? '';

/** Those of multipart uploads, by their parameters. */
const OF_PARTS: Readonly<Record<string, string>> = {
  'POST uploads': 'BEGIN',
  'GET uploads': 'UPLOADS',
  'GET uploadId': 'PARTS',
  'POST uploadId': 'COMPLETE',
  'DELETE uploadId': 'ABORT',
};

/** With the folder: `COPY images`, `DELETE incoming`. `body` contains the keys of a delete request. */
export function callNameOf({ method = '', url = '', headers }: IncomingMessage, body: Buffer): CallName {
  const { pathname, searchParams: query } = new URL(url, 'http://store');
  const [, , ...key] = pathname.split('/'); // after the bucket
  if (query.has('delete')) return `DELETE ${foldersIn(body)}`;
  if (query.has('versions')) return `VERSIONS ${folderOf(query.get('prefix') ?? '')}`;
  if (query.has('list-type')) return `LIST ${folderOf(query.get('prefix') ?? '')}`;
  const ofParts = ['uploads', 'uploadId'].find((name) => query.has(name));
  if (ofParts !== undefined) {
    const folder = folderOf(key.join('/') || (query.get('prefix') ?? ''));
    return `${OF_PARTS[`${method} ${ofParts}`] ?? method} ${folder}`;
  }
  if (key.join('/') === '') return `${method} bucket`;
  const verb = headers['x-amz-copy-source'] === undefined ? method : 'COPY';
  return `${verb} ${folderOf(key.join('/'))}`;
}

const foldersIn = (body: Buffer): string =>
  [...new Set([...body.toString().matchAll(/<Key>([^</]*)/g)].map(([, folder]) => folder))].toSorted().join('+');
