import { unexpected } from '../http/answer.ts';
import { handedUrl } from '../http/handed-url.ts';

/** What an upload needs of the service's answer. */
export interface Grant {
  readonly id: string;
  /** Undefined if the service has the bytes already. */
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers of S3's grants. No other is sent on: it would go out in this user's name. The length is the body's. */
const SENT_ON = /^(?!content-length$)(?:content-[a-z-]+|x-amz-[a-z0-9-]+|if-none-match)$/i;

/** Errors: `unexpected-answer`. */
export function grantIn(answer: unknown, baseUrl: string): Grant {
  const { upload_url: url, headers } = Object(answer) as Readonly<Record<string, unknown>>;
  return {
    id: imageIdIn(answer),
    url: url === null ? undefined : handedUrl(url, baseUrl),
    headers: sentOn(headers),
  };
}

/** Errors: `unexpected-answer`. */
export function imageIdIn(answer: unknown): string {
  const { image_id: id } = Object(answer) as { readonly image_id?: unknown };
  if (typeof id !== 'string' || !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    throw unexpected('the id of an image in a grant');
  return id;
}

/** The headers that go to the store. */
export const sentOn = (headers: unknown): Grant['headers'] =>
  Object.fromEntries(
    Object.entries(Object(headers) as object).filter(
      (header): header is [string, string] =>
        SENT_ON.test(header[0]) && typeof header[1] === 'string' && /^[\t\x20-\x7e]*$/.test(header[1]),
    ),
  );
