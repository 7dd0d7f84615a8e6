import type { Description, UploadRoute } from '@safelight/client';
import type { GuestLink } from '../guest-link.ts';
import type { GuestMemory } from './guest-memory.ts';

/** Further attempts of a request: the queue has a backoff of its own, which ends when the network is back. */
export const RETRIES = 1;

/** What a guest says of itself is kept with each picture: a repeat of its grant has to say the same. */
export function descriptionBy(text: string): Description {
  const name = acceptableName(text);
  return { metadata: name === '' ? {} : { name } };
}

/** Uploads by a link. Their requests wait while it is locked. */
export function linkRoute(
  link: Pick<GuestLink, 'request'>,
  { secret, written }: Pick<GuestMemory, 'secret' | 'written'>,
): UploadRoute {
  const own = { 'guest-secret': secret };
  return {
    grant({ body: { content_type, filename, size, sha256, metadata }, headers, signal }) {
      const { name } = Object(metadata) as { readonly name?: string };
      return link.request('/uploads', {
        method: 'POST',
        body: { content_type, filename, size, sha256, name },
        headers: { ...headers, ...own },
        signal,
        retries: RETRIES,
      });
    },
    async complete(imageId, signal) {
      const request = { method: 'POST', headers: own, signal, retries: RETRIES } as const;
      const found = await link.request(`/uploads/${imageId}/complete`, request);
      await written(); // the queue forgets the picture next
      return found as Awaited<ReturnType<UploadRoute['complete']>>;
    },
  };
}

/** Code points, as the service counts them. */
const MOST_OF_NAME = 100;

/** A name as the service takes it; empty: none. */
const acceptableName = (text: string): string =>
  Array.from(text.toWellFormed())
    .filter((point) => !/\p{Cc}|\p{Bidi_Control}|\p{Zl}|\p{Zp}/u.test(point))
    .slice(0, MOST_OF_NAME)
    .join('')
    .trim();
