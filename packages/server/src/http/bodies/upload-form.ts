import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { AppError, invalidField } from '../../domain/errors.ts';
import { feed } from '../../flow/feed.ts';
import { createHalt } from '../../flow/halt.ts';
import { truncated } from '../../text/preview.ts';
import { header } from '../request/header.ts';
import type { RouteContext } from '../route.ts';
import { requestBody, requireLength } from './request-body.ts';

export interface UploadForm<File> extends AsyncDisposable {
  readonly fields: readonly (readonly [string, string])[];
  readonly file: File;
  /** The part's type; undefined if absent or octet-stream, which says nothing. */
  readonly filename: string | undefined;
  readonly contentType: string | undefined;
}

/** More than the form's seven fields need. A form adds at most OVERHEAD_BYTES to its file. */
const LIMITS = {
  files: 1,
  fields: 30,
  parts: 31,
  fieldSize: 16_384,
  fieldNameSize: 100,
  headerPairs: 30,
  headerSize: 16_384,
};
const OVERHEAD_BYTES = 1_048_576;

/** The default of a part without Content-Type (RFC 7578 4.4), and curl's type for unknown extensions. */
const NO_TYPE = ['text/plain', 'application/octet-stream'];

type Part<File> = {
  stream: Readable;
  received: Promise<File>;
  filename: string | undefined;
  contentType: string | undefined;
};

/** Reads a multipart form and streams its part `file` to `receive`. Dispose of the result. */
export async function readUploadForm<File extends AsyncDisposable>(
  c: RouteContext,
  maxFileBytes: number,
  receive: (body: AsyncIterable<Uint8Array>) => Promise<File>,
): Promise<UploadForm<File>> {
  const maxBytes = maxFileBytes + OVERHEAD_BYTES;
  requireLength(c, maxBytes);
  const form = createForm(header(c, 'content-type') ?? '');
  const fields: [string, string][] = [];
  let part: Part<File> | undefined;
  const { halt: refuse, wait } = createHalt();

  form.on('error', (cause) => refuse(malformed(cause)));
  form.on('file', (name, stream, filename, _encoding, contentType) => {
    stream.on('error', () => {}); // the reader reports it; the parser repeats it if nobody reads
    if (name !== 'file') {
      return refuse(
        invalidField(
          'file',
          `expected one file, in the part "file"; got one in ${name ? truncated(name) : 'a part without a name'}`,
        ),
      );
    }
    const received = receive(stream);
    received.catch(refuse);
    const type = NO_TYPE.includes(contentType) ? undefined : contentType;
    part = { stream, received, filename: filename || undefined, contentType: type };
  });
  form.on('field', (given: string | undefined, value, isNameCut, isValueCut) => {
    const name = given ?? ''; // the parser's own types leave out a part without a name
    if (isNameCut || isValueCut) refuse(invalidField(name, `expected at most ${LIMITS.fieldSize} bytes; got more`));
    fields.push([name, value]);
  });
  form.on('filesLimit', () => refuse(invalidField('file', 'expected one file; got more')));
  for (const limit of ['fieldsLimit', 'partsLimit'] as const) {
    form.on(limit, () => refuse(new AppError('malformed-body', `expected at most ${LIMITS.fields} fields; got more`)));
  }

  try {
    await feed(form, requestBody(c, maxBytes), wait);
    const file = await part?.received;
    if (!part || !file)
      throw invalidField('file', 'expected the image in the part "file", with its file name; got none');
    return { ...part, fields, file, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
  } catch (error) {
    part?.stream.destroy(error instanceof AppError ? error : malformed(error)); // or it would count against the store
    const reason = await part?.received.then(
      (file) => file[Symbol.asyncDispose](),
      (receiving: unknown) => receiving,
    );
    throw [error, reason].find((one) => one instanceof AppError) ?? malformed(error);
  }
}

function createForm(contentType: string) {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS });
  } catch (cause) {
    throw malformed(cause);
  }
}

const malformed = (cause: unknown): AppError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('malformed-body', `expected a complete multipart/form-data body; got a part: ${reason}`, {
    cause,
  });
};
