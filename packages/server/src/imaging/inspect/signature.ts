import { open } from 'node:fs/promises';
import { SIGNATURE_BYTES, type SignatureType, typeBySignature } from '../../domain/image/file-signature.ts';
import type { Rejection } from '../../domain/image/image.ts';
import { acceptedType, type MediaType } from '../../domain/image/media-type.ts';
import { unsupported } from './structure/rejection.ts';

/** Why a file's first bytes are refused; undefined if they have the declared type. */
export async function refuseSignature(path: string, declaredType: MediaType): Promise<Rejection | undefined> {
  const head = await readHead(path);
  if (head.length === 0) return { code: 'empty-upload', detail: `expected ${declaredType}; got no bytes` };

  const got = typeBySignature(head);
  if (!got || !isAccepted(got)) return unsupported(got);
  if (got !== declaredType)
    return {
      code: 'type-mismatch',
      detail: `expected ${declaredType}, as declared; got ${got}`,
      params: { declared: declaredType, got },
    };
  return undefined;
}

async function readHead(path: string): Promise<Uint8Array> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(new Uint8Array(SIGNATURE_BYTES));
  return buffer.subarray(0, bytesRead);
}

const isAccepted = (type: SignatureType): boolean => acceptedType(type) !== undefined;
