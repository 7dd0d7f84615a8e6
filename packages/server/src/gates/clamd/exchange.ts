import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { abortReason } from '../../flow/abort.ts';
import { lookup } from '../../outbound/process-names.ts';
import type { ClamdAddress } from './address.ts';

/** clamd's own answers have some dozen bytes, and the name of a signature. */
const MAX_ANSWER_BYTES = 4_096;

/** The start waits for the first connection: a name or a host that doesn't answer must not hold it for minutes. */
const CONNECT_MS = 5_000;

/** clamd ended the connection in the middle of an exchange. */
export class CutOff extends Error {}

/**
 * Sends a command of clamd, and returns its whole answer. An answer before all of `body` was sent is none to it.
 * Errors: no connection; `CutOff`; an answer that is too long, cut off or early; the signal's reason.
 */
export async function exchange(
  address: ClamdAddress,
  { command, body }: { readonly command: string; readonly body: AsyncIterable<Uint8Array> },
  signal: AbortSignal,
): Promise<string> {
  if (signal.aborted) throw abortReason(signal);
  const socket = connect(
    address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port, lookup },
  );
  let isConnected = false;
  socket.once('connect', () => {
    isConnected = true;
  });
  socket.on('error', () => undefined); // read and write tell it
  const stop = (): void => void socket.destroy(asError(abortReason(signal)));
  const giveUp = (): void => void (isConnected || socket.destroy(unconnected()));
  const connecting = setTimeout(giveUp, CONNECT_MS);
  signal.addEventListener('abort', stop);
  try {
    const received = answerOf(socket);
    const sent = send(socket, command, body);
    const [answer, sending] = await Promise.allSettled([received, sent]);
    if (answer.status === 'rejected') throw sending.status === 'rejected' ? sending.reason : answer.reason;
    // clamd closes the connection when it refuses the rest of a stream.
    if (sending.status === 'rejected' && !answer.value.endsWith('ERROR')) throw early(sending.reason);
    return answer.value;
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    throw isConnected && socket.errored === error
      ? new CutOff('expected an answer; got a connection that ended', { cause: error })
      : error;
  } finally {
    clearTimeout(connecting);
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

const unconnected = (): Error => new Error(`expected a connection within ${CONNECT_MS} ms; got none`);

const early = (cause?: unknown): Error =>
  new Error('expected an answer after the whole file; got one before', { cause });

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

/** Whether the socket was written to until its end. */
async function send(socket: Socket, command: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  let isAnswered = false;
  const answered = (): void => {
    isAnswered = true;
  };
  socket.once('data', answered);
  socket.once('close', answered);
  await write(socket, Buffer.from(`z${command}\0`));
  for await (const chunk of body) {
    if (isAnswered) throw early();
    await write(socket, chunk);
  }
}

/** Resolves once the socket takes more. */
async function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  if (socket.destroyed) throw endedBefore(socket);
  if (socket.write(bytes)) return;
  const ended = new AbortController();
  const end = (): void => ended.abort();
  socket.once('close', end);
  await once(socket, 'drain', { signal: ended.signal }).catch(() => {
    throw endedBefore(socket);
  });
  socket.off('close', end);
}

/** The text before the NUL that ends it. */
async function answerOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    const end = chunk.indexOf(0);
    const isTooLong = (end === -1 ? length : length - chunk.length + end) > MAX_ANSWER_BYTES;
    if (isTooLong) throw new Error(`expected an answer of at most ${MAX_ANSWER_BYTES} bytes; got more`);
    if (end !== -1)
      return Buffer.concat(chunks)
        .subarray(0, length - chunk.length + end)
        .toString('utf8');
  }
  throw new CutOff('expected an answer that ends with NUL; got one that is cut off');
}

const endedBefore = (socket: Socket): Error =>
  socket.errored ?? new CutOff('expected a connection until the whole file was sent; got one that ended before');
