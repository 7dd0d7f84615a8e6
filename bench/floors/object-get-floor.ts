/** Reads one file for each request: `node object-get-floor.ts FILE`. */
import { readFile } from 'node:fs/promises';
import { listen } from './listen.ts';

const path = process.argv[2] ?? '';

listen(async (_request, response) => {
  const bytes = await readFile(path);
  response.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': bytes.length });
  response.end(bytes);
});
