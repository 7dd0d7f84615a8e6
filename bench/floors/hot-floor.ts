/** Serves one buffer: `node hot-floor.ts FILE`. */
import { readFileSync } from 'node:fs';
import { listen } from './listen.ts';

const bytes = readFileSync(process.argv[2] ?? '');

listen((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': bytes.length });
  response.end(bytes);
});
