/** For Node: the names of index.ts, and files on disk. */
import { type ClientOptions, createClientOn, type SafelightClient } from './client.ts';
import { pause } from './http/retry.ts';
import { digestStream } from './node/digest.ts';
import { inNode } from './node/in-node.ts';
import { createSendByHttp } from './node/send-by-http.ts';

export * from './exports.ts';
export { type LocalFile, openFile } from './node/open-file.ts';

/** A client of one service. */
export const createClient = (options: ClientOptions = {}): SafelightClient =>
  createClientOn({ send: () => createSendByHttp(), digest: digestStream, pause, queue: inNode }, options);
