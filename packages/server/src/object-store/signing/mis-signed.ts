import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { truncated } from '../../text/preview.ts';
import { type Refused, refuse } from './s3-error.ts';

/**
 * A parameter of a presigned PUT with its signed length, which can't be read from the signature. S3 would ignore it.
 */
export const SIGNED_LENGTH = 'x-length';

/** Values of signed headers, by lower-case name; undefined for one that wasn't sent. */
export type SignedValues = ReadonlyMap<string, string | undefined>;

export interface MisSigned {
  readonly method: string;
  readonly query: ReadonlyMap<string, string>;
  readonly sent: SignedValues;
  /** Whether the request would be the signed one with these values. */
  readonly isSigned: (values: SignedValues) => boolean;
}

/** Characters: those of all headers that are ever signed. The URL's sender may write more. */
const MAX_NAMES = 200;

const METHOD_OF: ReadonlyMap<string | undefined, string> = new Map([
  ['PutObject', 'PUT'],
  ['UploadPart', 'PUT'],
  ['GetObject', 'GET'],
]);

const DIFFERS = 'The request signature we calculated does not match the signature you provided';

/**
 * S3's refusal of a wrong signature, with more words than S3 has. The sentence names the signed values only if the
 * signature is right with them, so its sender has a URL of this service; otherwise it repeats the URL alone.
 */
export function misSigned({ method, query, sent, isSigned }: MisSigned): Refused {
  const tell = (more: string): Refused => refuse('SignatureDoesNotMatch', `${DIFFERS}${more}`);
  const signedMethod = METHOD_OF.get(query.get('x-id'));
  if (signedMethod !== undefined && signedMethod !== method)
    return tell(`: expected ${signedMethod}, as signed; got ${method}`);
  const names = [...sent.keys()].filter((name) => name !== 'host').join(', ');
  if (method !== 'PUT' || names === '')
    return tell(`: expected the URL as it was made, host and query included; got another`);
  const signed = candidates(sent, query.get(SIGNED_LENGTH)).find(isSigned);
  if (!signed)
    return tell(
      `: expected ${names.slice(0, MAX_NAMES)} as in the grant's headers, and its URL as it was made, host included; got others`,
    );
  const wrong = [...signed].filter(([name, value]) => sent.get(name) !== value);
  const got = wrong.map(([name]) => truncated(sent.get(name) ?? 'none'));
  return tell(`: expected ${wrong.map((one) => one.join(' ')).join(' and ')}, as signed; got ${got.join(' and ')}`);
}

/** Each accepted type, and the signed length: at most a dozen. The condition has one value. */
function candidates(sent: SignedValues, length: string | undefined): SignedValues[] {
  const isSigned = (name: string): boolean => sent.has(name);
  const types = isSigned('content-type') ? [sent.get('content-type'), ...MEDIA_TYPES] : [undefined];
  const lengths = isSigned('content-length') ? [sent.get('content-length'), length ?? ''] : [undefined];
  return [...new Set(lengths)].flatMap((size) =>
    [...new Set(types)].map(
      (type) =>
        new Map(
          [...sent].map(([name, value]): [string, string | undefined] => {
            if (name === 'content-type') return [name, type];
            if (name === 'content-length') return [name, size];
            return [name, name === 'if-none-match' ? '*' : value];
          }),
        ),
    ),
  );
}
