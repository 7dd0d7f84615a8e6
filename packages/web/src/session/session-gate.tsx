import { createClient } from '@safelight/client';
import { type ReactNode, useEffect, useState } from 'react';
import type { AppInfo } from './app-info.ts';
import { type Session, SessionProvider } from './session.tsx';

/** Shows its children once it is known who is here. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const [info, setInfo] = useState<AppInfo>();
  const [user, setUser] = useState<string>();
  useEffect(() => {
    const controller = new AbortController();
    fetch('/app.json', { signal: controller.signal })
      .then((answer) => answer.json())
      .then(setInfo, () => {});
    return () => controller.abort();
  }, []);
  if (!info) return null;
  const session: Session = {
    info,
    client: createClient({ userId: user, presets: info.presets }),
    uploadClient: createClient({ userId: 'me', presets: info.presets, retries: 0 }),
    user,
    ownUser: 'me',
    canChooseUser: true,
    chooseUser: setUser,
  };
  return <SessionProvider value={session}>{children}</SessionProvider>;
}
