import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

process.env['VITE_SAFELIGHT_URL'] ??= 'http://localhost:8000';

/** `npm run examples` serves the pages of this folder. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  // In this repository the client is used from its source. A product that installs @safelight/client doesn't need this
  // line.
  resolve: { conditions: ['safelight-source', ...defaultClientConditions] },
  // Prepared at once: found one by one, they would reload a page that is open.
  optimizeDeps: {
    include: ['react-dom/client', 'react/jsx-dev-runtime', '@uppy/core', '@uppy/aws-s3', '@uppy/dashboard'],
  },
});
