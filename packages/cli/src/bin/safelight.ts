#!/usr/bin/env node
import * as nodeModule from 'node:module';

// The rest isn't imported before: an old Node would end with the first module that it can't read.
if (!nodeModule.isBuiltin?.('node:sqlite')) {
  console.error(`Safelight's command line needs Node 22.13, 23.4 or later; this is ${process.version}.`);
  process.exit(1);
}

// node:sqlite and fs.openAsBlob are stable enough for this program; other warnings are for its authors.
process.removeAllListeners('warning');

// A reader that has left, such as head(1): nothing more can be said. 128 + SIGPIPE, as the shell's own programs.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 141 : 1));

const { main } = await import('../main.ts');
process.exitCode = await main(process.argv.slice(2));
