import '../styles/tokens.css';
import '../styles/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { SessionProvider } from '../session/session.tsx';
import { ErrorBoundary } from '../ui/error-boundary.tsx';
import { createGuestLink } from './guest-link.ts';
import { createGuestSession } from './guest-session.ts';
import { Guests } from './guests.tsx';

/** As the service has written them into this document; none in a document that it hasn't. */
const presets = document.querySelector<HTMLMetaElement>('meta[name="presets"]')?.content ?? '{}';
const session = createGuestSession(JSON.parse(presets));
const link = createGuestLink(session.client, new URL(location.href));

createRoot(document.querySelector('#guests') ?? document.body).render(
  <StrictMode>
    <ErrorBoundary>
      <SessionProvider value={session}>
        <Guests link={link} />
      </SessionProvider>
    </ErrorBoundary>
  </StrictMode>,
);
