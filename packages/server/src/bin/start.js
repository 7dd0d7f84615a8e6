// Plain JavaScript that old Node versions can read too, so that they get a sentence instead of a syntax error.
import * as nodeModule from 'node:module';

const OLDEST_NODE = 24;

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  console.error(`Safelight needs Node ${OLDEST_NODE} or later; this is ${process.version}. Start it by npm start.`);
  process.exit(1);
}
process.umask(0o077); // before any file is made: records, images and the secret are nobody else's
nodeModule.enableCompileCache();
await import('./serve.ts');
