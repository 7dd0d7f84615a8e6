import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BuildOptions, build } from 'esbuild';

/** A page on an origin of its own that runs one bundled module. */
export interface PageServer extends AsyncDisposable {
  readonly origin: string;
}

interface ServedPage extends Pick<BuildOptions, 'entryPoints' | 'stdin'> {
  /** The JSON that the page's backend answers to a POST. */
  readonly answerPost?: () => Promise<object>;
}

export async function servePage({ answerPost, ...entry }: ServedPage): Promise<PageServer> {
  const { outputFiles } = await build({
    ...entry,
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    conditions: ['safelight-source'],
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  const script = outputFiles[0]?.text ?? '';
  const server = createServer(async ({ method, url }, response) => {
    if (method === 'POST' && answerPost) {
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(await answerPost()));
      return;
    }
    const isScript = url === '/page.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(
      isScript
        ? script
        : '<!doctype html><title>A page</title><link rel="icon" href="data:,"><body><script type="module" src="/page.js"></script>',
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
