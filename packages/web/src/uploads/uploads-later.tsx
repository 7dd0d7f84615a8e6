import { useEffect, useState } from 'react';
import { useLibrary, useSnapshot } from '../library/source.tsx';
import { useSession } from '../session/session.tsx';
import { later } from '../ui/later.tsx';
import { whenQuiet } from '../ui/when-quiet.ts';
import { ASKED } from './ask-for-files.ts';

const Uploads = later(() => import('./uploads.tsx').then(({ Uploads }) => Uploads));

/** What needs uploads at once. */
const CALLS = ['dragenter', 'paste', ASKED] as const;
/** Uploads of an earlier visit go on after so long, also where no pictures come. */
const AT_LAST_MS = 5_000;

/** The part of the page that uploads: it is loaded after the first pictures, or when it is called. */
export function UploadsLater() {
  const { mayRead } = useSession();
  const { isEmpty } = useSnapshot(useLibrary());
  const [isWanted, setWanted] = useState(!mayRead);
  if (isEmpty && !isWanted) setWanted(true);
  useEffect(() => {
    if (isWanted) return;
    const want = (): void => setWanted(true);
    const stopLooking = whenQuiet(want);
    const timer = setTimeout(want, AT_LAST_MS);
    for (const call of CALLS) addEventListener(call, want);
    return () => {
      stopLooking();
      clearTimeout(timer);
      for (const call of CALLS) removeEventListener(call, want);
    };
  }, [isWanted]);
  return isWanted && <Uploads />;
}
