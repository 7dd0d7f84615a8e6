import { useEffect, useState } from 'react';
import { useSession } from '../session/session.tsx';
import { later } from '../ui/later.tsx';
import { whenQuiet } from '../ui/when-quiet.ts';
import { ASKED, WANTED } from './ask-for-files.ts';

const Uploads = later(() => import('./uploads.tsx').then(({ Uploads }) => Uploads));

/** What needs uploads at once. */
const CALLS = ['dragenter', 'paste', ASKED, WANTED] as const;

/** The part of the page that uploads: it is loaded after the first pictures, or when it is called. */
export function UploadsLater() {
  const { mayRead } = useSession();
  const [isWanted, setWanted] = useState(!mayRead);
  useEffect(() => {
    if (isWanted) return;
    const want = (): void => setWanted(true);
    const stopLooking = whenQuiet(want);
    for (const call of CALLS) addEventListener(call, want);
    return () => {
      stopLooking();
      for (const call of CALLS) removeEventListener(call, want);
    };
  }, [isWanted]);
  return isWanted && <Uploads />;
}
