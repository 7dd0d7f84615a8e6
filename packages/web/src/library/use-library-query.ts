import { acceptedTypes } from '@safelight/client';
import { useMemo, useRef } from 'react';
import { addressOf, queryIn, useRoute } from '../routes.ts';
import { type Session, useSession } from '../session/session.tsx';
import { ALL, type LibraryQuery } from './library-query.ts';

/**
 * The filters of the address, as far as the service has them: one object until they change. Another view than that of
 * the photos leaves them as they were.
 */
export function useLibraryQuery(): LibraryQuery {
  const route = useRoute();
  const { info, maySearch } = useSession();
  const latest = useRef(ALL);
  const given = route.view === 'photos' ? route.query : latest.current;
  latest.current = given;
  const text = String(addressOf(given));
  return useMemo(() => supported(queryIn(new URLSearchParams(text)), { info, maySearch }), [text, info, maySearch]);
}

export function supported(
  { words, visibility, type, ...others }: LibraryQuery,
  { info, maySearch }: Pick<Session, 'info' | 'maySearch'>,
): LibraryQuery {
  const hasType = type !== undefined && acceptedTypes(info.image_types).includes(type);
  return {
    ...others,
    words: maySearch ? words : undefined,
    visibility: maySearch ? visibility : undefined,
    type: hasType ? type : undefined,
  };
}
