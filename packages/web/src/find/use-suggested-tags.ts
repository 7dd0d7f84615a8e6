import { useEffect, useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/source.tsx';
import { useSession } from '../session/session.tsx';
import type { SuggestedTag } from './suggestions.ts';

/** While somebody types the service isn't asked, in milliseconds. */
const REST_MS = 150;
const NONE: readonly SuggestedTag[] = [];

/**
 * Tags in use that begin so; undefined: none are wanted. Those of another beginning are shown until they are there.
 * `owner`: whose; absent: those of the user whose pictures are shown.
 */
export function useSuggestedTags(prefix: string | undefined, owner?: string): readonly SuggestedTag[] {
  const { client, user: shown, maySearch } = useSession();
  const user = owner ?? shown;
  const library = useLibrary();
  const [found, setFound] = useState(NONE);
  const isAsked = maySearch && user !== undefined;
  useEffect(() => {
    if (prefix === undefined || !isAsked) return;
    const controller = new AbortController();
    const { signal } = controller;
    const ask = async (): Promise<void> => {
      // They are only proposals: without an answer the latest stay.
      const tags = await client.images.tags({ prefix, user_id: user, signal }).catch(() => undefined);
      if (tags && !signal.aborted) setFound(tags.map(({ tag, images, more }) => ({ tag, images, isMore: more })));
    };
    const resting = setTimeout(() => void ask(), REST_MS);
    return () => {
      clearTimeout(resting);
      controller.abort();
    };
  }, [prefix, isAsked, client, user]);
  if (prefix === undefined) return NONE;
  const begun = isAsked ? found : tagsOf(library.snapshot().pictures);
  const [typed, exact] = [prefix.toLowerCase(), prefix.normalize('NFC')];
  return begun.filter(({ tag }) => (isAsked ? tag.startsWith(exact) : tag.toLowerCase().startsWith(typed)));
}

/** Those of loaded pictures, the most frequent first. */
function tagsOf(pictures: readonly Picture[]): readonly SuggestedTag[] {
  const counts = new Map<string, number>();
  for (const { tags = [] } of pictures) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .map(([tag]) => ({ tag, images: undefined, isMore: false }));
}
