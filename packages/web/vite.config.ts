import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

/** `npm run build:web`: the gallery as files that the service serves. The same sources give the same bytes, without times and paths. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  resolve: { conditions: ['safelight-source', ...defaultClientConditions] },
  css: { modules: { generateScopedName: '[local]_[hash:base64:6]' } },
  build: {
    target: 'es2024',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // The policy allows no scripts or styles from data: URLs.
    reportCompressedSize: false, // scripts/build-web.ts prints what the first load needs.
    manifest: true,
  },
});
