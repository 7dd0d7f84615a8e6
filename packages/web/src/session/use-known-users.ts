import type { components } from '@safelight/client';
import { useEffect, useState } from 'react';
import type { Session } from './session.tsx';

/** More are typed. */
const MOST = 100;

/** Users to propose, where the service knows them; none otherwise. */
export function useKnownUsers({ uploadClient, canListUsers }: Session): readonly string[] {
  const [known, setKnown] = useState<readonly string[]>([]);
  useEffect(() => {
    if (!canListUsers) return;
    const controller = new AbortController();
    uploadClient
      .request('/users', { query: { limit: MOST }, signal: controller.signal })
      .then((page) => setKnown((page as components['schemas']['UserUsageList']).users.map((one) => one.user_id)))
      .catch(() => setKnown([])); // they are only proposals
    return () => controller.abort();
  }, [uploadClient, canListUsers]);
  return known;
}
