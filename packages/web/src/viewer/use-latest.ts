import { useCallback, useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useLibrary, useSnapshot } from '../library/source.tsx';

interface Latest {
  /** As it was changed since it was first shown. */
  readonly picture: Picture | undefined;
  /** Tells a change, also of a picture that the library hasn't loaded. */
  readonly changed: (picture: Picture) => void;
}

export function useLatest(shown: Picture | undefined): Latest {
  const library = useLibrary();
  useSnapshot(library);
  const [known, setKnown] = useState<Picture>();
  const changed = useCallback((picture: Picture) => setKnown(picture), []);
  if (!shown) return { picture: undefined, changed };
  const loaded = library.loaded(shown.image_id);
  if (loaded && loaded.status !== 'deleted') return { picture: loaded, changed };
  return { picture: known?.image_id === shown.image_id ? { ...shown, ...known } : shown, changed };
}
