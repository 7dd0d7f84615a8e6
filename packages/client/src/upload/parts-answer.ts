import { unexpected } from '../http/answer.ts';
import { handedUrl } from '../http/handed-url.ts';
import { imageIdIn, sentOn } from './grant.ts';
import type { PartRequest, PartsOptions } from './parts.ts';

/** What an answer about an upload in parts says. */
export interface PartsAnswer {
  readonly id: string;
  /** Undefined if the service needs no parts (any more): it has the bytes, or has given the upload up. */
  readonly parts: GrantedParts | undefined;
}

export interface GrantedParts extends PartsOptions {
  /** Whether a URL is for the SHA-256 of its part. */
  readonly checksums: boolean;
  readonly received: readonly number[];
  readonly urls: ReadonlyMap<number, PartRequest>;
}

/** S3's limit. */
const MOST_PARTS = 10_000;

/** Errors: `unexpected-answer`. */
export function partsIn(answer: unknown, size: number, baseUrl: string): PartsAnswer {
  const { parts } = Object(answer) as { readonly parts?: unknown };
  const id = imageIdIn(answer);
  if (parts === null || parts === undefined) return { id, parts: undefined };
  const { part_size: partSize, checksums, received, urls } = parts as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(partSize) || !(Number(partSize) >= size / MOST_PARTS)) throw unexpected('a size of parts');
  const requests = Array.isArray(urls)
    ? urls.map((part) => [Number(Object(part).number), requestIn(part, baseUrl)] as const)
    : [];
  return {
    id,
    parts: {
      size,
      partSize: Number(partSize),
      checksums: checksums === true,
      received: Array.isArray(received) ? received : [],
      urls: new Map(requests),
    },
  };
}

const requestIn = (part: unknown, baseUrl: string): PartRequest => {
  const { url, headers } = Object(part) as Readonly<Record<string, unknown>>;
  return { url: handedUrl(url, baseUrl), headers: sentOn(headers) };
};
