import './session/returned.ts';
import './styles/tokens.css';
import './styles/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ErrorBoundary } from './ui/error-boundary.tsx';

const place = document.querySelector('#gallery');
if (place === null) throw new Error('expected the element #gallery in index.html; got none');
createRoot(place).render(
  <StrictMode>
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
