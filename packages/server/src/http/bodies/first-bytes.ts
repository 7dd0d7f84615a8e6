import { open } from 'node:fs/promises';
import { SIGNATURE_BYTES } from '../../domain/image/file-signature.ts';
import type { RouteContext } from '../route.ts';
import { requestBody } from './request-body.ts';

/** The first bytes identify a refused body, whatever its length. */
const ANY_LENGTH = Number.POSITIVE_INFINITY;

/** Enough bytes to identify the body; fewer if it is shorter or can't be received. */
export async function firstBytesOfBody(c: RouteContext): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of requestBody(c, ANY_LENGTH)) {
      chunks.push(chunk.subarray(0, SIGNATURE_BYTES));
      sizeBytes += chunk.length;
      if (sizeBytes >= SIGNATURE_BYTES) break;
    }
  } catch {
    return new Uint8Array(); // the request is refused anyway, by its declared type
  }
  return Buffer.concat(chunks);
}

export async function firstBytesOfFile(path: string): Promise<Uint8Array> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(new Uint8Array(SIGNATURE_BYTES));
  return buffer.subarray(0, bytesRead);
}

const BASE64_PREFIX = /^data:[^,]{0,256},/i;

/** The beginning of `file` in a JSON body with arbitrary other content. */
export function firstBytesOfBase64(body: unknown): Uint8Array {
  const file = typeof body === 'object' && body !== null && 'file' in body ? body.file : undefined;
  if (typeof file !== 'string') return new Uint8Array();
  return Buffer.from(file.slice(0, 4 * SIGNATURE_BYTES).replace(BASE64_PREFIX, ''), 'base64');
}
