import { AppError } from '../../domain/errors.ts';
import { typeBySignature } from '../../domain/image/file-signature.ts';
import { acceptedType } from '../../domain/image/media-type.ts';
import { adviceFor, describeFormat } from '../../domain/image/other-formats.ts';

/** Runs `read`. If it refuses a type, the error also names the format of the first bytes. */
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

/** The error, which also names the format of the bytes if it is known and not yet named. */
export function toldByBytes(error: AppError, head: Uint8Array): AppError {
  const type = typeBySignature(head);
  return type && acceptedType(type)
    ? withFormat(error, type, `${type}: send them as that`)
    : toldOtherFormat(error, head);
}

/**
 * The error with the format of the bytes, for a route that accepts no image as its body. An image that other routes
 * accept isn't named: this route would refuse its own type too.
 */
export function toldOtherFormat(error: AppError, head: Uint8Array): AppError {
  const type = typeBySignature(head);
  if (type === undefined || acceptedType(type)) return error;
  const advice = adviceFor(type);
  const isNamed = advice !== undefined && adviceFor(error.params?.got ?? '') === advice;
  return isNamed ? error : withFormat(error, type, describeFormat(type));
}

function withFormat(error: AppError, got: string, bytes: string): AppError {
  const withBytes = (detail: string): string => `${detail}. The bytes are ${bytes}`;
  const errors = error.errors.map((one) => ({ ...one, detail: withBytes(one.detail) }));
  return new AppError(error.code, withBytes(error.detail), { cause: error, errors, params: { ...error.params, got } });
}
