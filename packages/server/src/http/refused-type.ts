import { AppError } from '../domain/errors.ts';
import { acceptedType, essence, MEDIA_TYPES, typeBySignature } from '../domain/media-type.ts';
import { adviceFor, describeFormat } from '../domain/other-formats.ts';
import { shown } from '../domain/shown.ts';

/** Of a declared type; parameters make it longer. */
const LONGEST_TYPE = 100;

/** Why a declared type is refused, and what to do with such a file. */
export function unsupportedType(declared: string | undefined): string {
  const advice = adviceFor(essence((declared ?? '').slice(0, LONGEST_TYPE)));
  const got = declared ? shown(declared) : 'no type';
  return `expected one of ${MEDIA_TYPES.join(', ')}; got ${got}${advice === undefined ? '' : `: ${advice}`}`;
}

/** What `read` answers. Where it refuses a type, the refusal also says what the bytes are, by their first ones. */
export async function tellingBytes<Value>(
  read: () => Value,
  head: () => Uint8Array | Promise<Uint8Array>,
): Promise<Value> {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unsupported-type') throw error;
    throw toldByBytes(error, await head());
  }
}

/** The same error, whose sentence says what the bytes are, where they are of a known kind and it doesn't yet. */
export function toldByBytes(error: AppError, head: Uint8Array): AppError {
  const type = typeBySignature(head);
  const advice = type && adviceFor(type);
  if (type === undefined || (advice !== undefined && error.detail.endsWith(advice))) return error;
  const bytes = acceptedType(type) ? `${type}: send them as that` : describeFormat(type);
  const withBytes = (detail: string): string => `${detail}. The bytes are ${bytes}`;
  const errors = error.errors.map((one) => ({ ...one, detail: withBytes(one.detail) }));
  return new AppError(error.code, withBytes(error.detail), { cause: error, errors });
}
