import { useEffect, useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useSession } from '../session/session.tsx';

/** Who looks through pictures quickly asks nothing about them. */
const REST_MS = 150;

/** Whether the picture says where it was taken; undefined: it isn't known yet, or isn't told to this caller. */
export function useHasPosition({ image_id: id }: Picture): boolean | undefined {
  const { client, mayReadFacts } = useSession();
  const [known, setKnown] = useState<{ readonly id: string; readonly has: boolean }>();
  useEffect(() => {
    if (!mayReadFacts) return;
    let isHere = true;
    const timer = setTimeout(async () => {
      const facts = await client.images.facts(id).catch(() => undefined);
      if (isHere && facts) setKnown({ id, has: facts.position !== null });
    }, REST_MS);
    return () => {
      isHere = false;
      clearTimeout(timer);
    };
  }, [client, mayReadFacts, id]);
  return known?.id === id ? known.has : undefined;
}
