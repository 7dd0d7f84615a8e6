import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import { AppError, invalidField } from '../domain/errors.ts';
import type { LocalFile } from '../object-store/object-store.ts';
import { requestBody, requireLength } from './request-body.ts';
import type { RouteContext } from './route.ts';

export interface UploadForm extends AsyncDisposable {
  readonly fields: readonly (readonly [string, string])[];
  readonly file: LocalFile;
  /** As the part says; undefined when it doesn't, or says octet-stream, which is no type. */
  readonly filename: string | undefined;
  readonly contentType: string | undefined;
}

/** Plenty for the form's seven fields; what a form adds to its file's bytes stays under FORM_OVERHEAD_BYTES. */
const LIMITS = { files: 1, fields: 30, parts: 31, fieldSize: 16_384, fieldNameSize: 100, headerPairs: 30 };
const OVERHEAD_BYTES = 1_048_576;

/** What a part without Content-Type has by RFC 7578 4.4, and what curl sends for an extension it doesn't know. */
const NO_TYPE = ['text/plain', 'application/octet-stream'];

type Part = {
  stream: Readable;
  received: Promise<LocalFile>;
  filename: string | undefined;
  contentType: string | undefined;
};

/** Reads a multipart form; the bytes of its part `file` go to `receive` as they come. Dispose of what it answers. */
export async function readUploadForm(
  c: RouteContext,
  maxFileBytes: number,
  receive: (body: AsyncIterable<Uint8Array>) => Promise<LocalFile>,
): Promise<UploadForm> {
  const maxBytes = maxFileBytes + OVERHEAD_BYTES;
  requireLength(c, maxBytes);
  const form = createForm(c.req.header('content-type') ?? '');
  const fields: [string, string][] = [];
  const stop = new AbortController();
  let part: Part | undefined;
  let refusal: AppError | undefined;
  const refuse = (error: AppError): void => {
    refusal ??= error;
    stop.abort();
  };

  // The parser speaks of one failure several times, the last after the pipeline has stopped listening.
  form.on('error', () => {});
  form.on('file', (name, stream, filename, _encoding, contentType) => {
    if (name !== 'file')
      return refuse(
        invalidField('file', `expected one file, as part file; came one as ${name || 'a part without a name'}`),
      );
    stream.on('error', () => {});
    part = {
      stream,
      received: receive(stream),
      filename: filename || undefined,
      contentType: NO_TYPE.includes(contentType) ? undefined : contentType,
    };
    part.received.catch((error) => stop.abort(error));
  });
  form.on('field', (name, value, isNameCut, isValueCut) => {
    if (isNameCut || isValueCut) refuse(invalidField(name, `expected at most ${LIMITS.fieldSize} bytes; came more`));
    fields.push([name, value]);
  });
  form.on('filesLimit', () => refuse(invalidField('file', 'expected one file; came more')));
  for (const limit of ['fieldsLimit', 'partsLimit'] as const) {
    form.on(limit, () => refuse(new AppError('malformed-body', `expected at most ${LIMITS.fields} fields; came more`)));
  }

  try {
    await pipeline(Readable.from(requestBody(c, maxBytes)), form, { signal: stop.signal });
    if (refusal) throw refusal;
  } catch (error) {
    part?.stream.destroy(error instanceof Error ? error : undefined);
    const reason = await part?.received.then(
      (file) => file[Symbol.asyncDispose](),
      (receiving: unknown) => receiving,
    );
    throw refusal ?? [reason, error].find((one) => one instanceof AppError) ?? malformed(error);
  }
  if (!part) throw invalidField('file', 'expected the image as part file, with its file name; came none');
  const file = await part.received;
  return { ...part, fields, file, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
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
  return new AppError('malformed-body', `expected a multipart/form-data body; came one that breaks off: ${reason}`, {
    cause,
  });
};
