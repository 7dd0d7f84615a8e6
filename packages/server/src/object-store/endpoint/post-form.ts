import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { AppError } from '../../domain/errors.ts';
import { feed } from '../../flow/feed.ts';
import { createHalt } from '../../flow/halt.ts';
import type { ObjectRequest } from '../object-endpoint.ts';
import { type Refused, refuse } from '../signing/s3-error.ts';
import { senderOf } from './object-request.ts';

/** S3's limit of the fields before the file. */
const MAX_FIELD_BYTES = 20_480;
const LIMITS = { files: 1, fields: 100, fieldSize: MAX_FIELD_BYTES, headerPairs: 30, headerSize: 16_384 };

/** The received file, which the caller must dispose of. */
export interface Received<T extends AsyncDisposable> {
  readonly outcome: 'received';
  readonly upload: T;
}

/**
 * Reads a form as S3 does: fields by lower-case name, then `file`, whose bytes go to `receive` as a stream; later parts
 * are ignored. Reading stops at the first refusal. Errors: `malformed-body`, `body-interrupted`, and those of
 * `receive`.
 */
export async function readPostForm<T extends AsyncDisposable>(
  request: ObjectRequest,
  receive: (fields: ReadonlyMap<string, string>, file: AsyncIterable<Uint8Array>) => Promise<Received<T> | Refused>,
): Promise<Received<T> | Refused> {
  const form = createForm(request.headers.get('content-type') ?? '');
  if ('outcome' in form) return form;
  const fields = new Map<string, string>();
  let fieldBytes = 0;
  let file: { stream: Readable; received: Promise<Received<T> | Refused> } | undefined;
  let refusal: Refused | undefined;
  const { halt, wait } = createHalt();
  const refuseForm = (refused: Refused): void => {
    refusal ??= refused;
    halt(refused);
  };

  form.on('error', (cause) => halt(malformed(cause)));
  form.on('field', (name, value, _isNameCut, isValueCut) => {
    if (file) return;
    if (!name) return halt(malformed(undefined));
    fieldBytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (isValueCut || fieldBytes > MAX_FIELD_BYTES) return refuseForm(TOO_MUCH_BEFORE_FILE);
    const field = name.toLowerCase();
    if (fields.has(field))
      return refuseForm(refuse('InvalidArgument', `Expected every field once; got ${field} twice`));
    fields.set(field, value);
  });
  form.on('fieldsLimit', () => {
    if (!file) refuseForm(TOO_MUCH_BEFORE_FILE);
  });
  form.on('filesLimit', () => refuseForm(NOT_ONE_FILE));
  form.on('file', (_name, stream) => {
    stream.on('error', () => {}); // the reader gets the error; the parser emits it again if there is no reader
    const received = receive(fields, bytesOf(stream));
    received.then((one) => one.outcome === 'refused' && refuseForm(one), halt);
    file = { stream, received };
  });

  const giveUp = async (): Promise<void> => {
    file?.stream.destroy();
    // The first failure is the one being answered; this one follows from it.
    const received = await file?.received.catch(() => undefined);
    if (received?.outcome === 'received') await received.upload[Symbol.asyncDispose]();
  };
  try {
    await feed(form, senderOf(request), wait);
    if (!refusal) return (await file?.received) ?? NOT_ONE_FILE;
  } catch (error) {
    if (!refusal) {
      await giveUp();
      throw error;
    }
  }
  await giveUp();
  return refusal;
}

/** The file is identified by its field name, not by a file name. */
function createForm(contentType: string): BusboyInstance | Refused {
  if (!/^multipart\/form-data\b/i.test(contentType)) return NOT_A_FORM;
  try {
    const headers = { 'content-type': contentType };
    return new Busboy({ headers, limits: LIMITS, isPartAFile: (name) => name?.toLowerCase() === 'file' });
  } catch (cause) {
    throw malformed(cause); // no boundary
  }
}

async function* bytesOf(file: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* file;
  } catch (cause) {
    throw malformed(cause);
  }
}

const malformed = (cause: unknown): AppError =>
  new AppError('malformed-body', 'expected multipart/form-data; got a malformed body', { cause });

const NOT_A_FORM = refuse('PreconditionFailed', 'Bucket POST must be of the enclosure-type multipart/form-data');

const NOT_ONE_FILE = refuse('InvalidArgument', 'POST requires exactly one file upload per request.');

const TOO_MUCH_BEFORE_FILE = refuse(
  'MaxPostPreDataLengthExceeded',
  'Your POST request fields preceding the upload file were too large.',
);
