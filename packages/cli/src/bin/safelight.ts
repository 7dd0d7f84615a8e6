#!/usr/bin/env node
import { main } from '../main.ts';

// node:sqlite and fs.openAsBlob are stable enough for this program; other warnings are for its authors.
process.removeAllListeners('warning');

// A reader that has left, such as head(1): nothing more can be said. 128 + SIGPIPE, as the shell's own programs.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 141 : 1));

process.exitCode = await main(process.argv.slice(2));
