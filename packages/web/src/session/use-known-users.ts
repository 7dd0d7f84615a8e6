import type { components } from '@safelight/client';
import { useEffect, useState } from 'react';
import type { Session } from './session.tsx';

/** More are typed. */
const MOST = 100;

/** Users to propose, where the service counts usage and says whose; none otherwise. */
export function useKnownUsers({ uploadClient, canChooseUser, users }: Session): readonly string[] {
  const [known, setKnown] = useState<readonly string[]>([]);
  useEffect(() => {
    if (!canChooseUser || users) return;
    const controller = new AbortController();
    uploadClient
      .request('/users', { query: { limit: MOST }, signal: controller.signal })
      .then((page) => setKnown((page as components['schemas']['UserUsageList']).users.map((one) => one.user_id)))
      .catch(() => setKnown([])); // a service that counts no usage, or a caller who isn't its administrator
    return () => controller.abort();
  }, [uploadClient, canChooseUser, users]);
  return known;
}
