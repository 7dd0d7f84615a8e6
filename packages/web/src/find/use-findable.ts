import { acceptedTypes } from '@safelight/client';
import { useMemo } from 'react';
import { useSession } from '../session/session.tsx';
import { type Findable, monthNames } from './find-text.ts';

/** What this service finds by. */
export function useFindable(): Findable {
  const { info, maySearch } = useSession();
  return useMemo(() => {
    const types = new Map<string, string>();
    const accepted = acceptedTypes(info.image_types);
    for (const type of accepted) types.set(type.slice('image/'.length), type);
    for (const { content_type: type, extensions } of info.image_types ?? [])
      if (accepted.includes(type)) for (const extension of extensions) types.set(extension, type);
    return { maySearch, types, months: monthNames([navigator.language, 'en']) };
  }, [info, maySearch]);
}
