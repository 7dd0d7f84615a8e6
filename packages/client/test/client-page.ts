import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';

/** A page that has the client as `client`, and a file input. */
export interface ClientPages extends AsyncDisposable {
  /** A secure context. */
  readonly origin: string;
  readonly port: number;
}

const HTML = '<!doctype html><title>Uploads</title><input type="file" multiple><script src="/client.js"></script>';

export async function serveClientPages(): Promise<ClientPages> {
  const { outputFiles } = await build({
    stdin: {
      contents: "import * as client from '@safelight/client'; globalThis.client = client;",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    write: false,
    conditions: ['safelight-source'],
  });
  const script = outputFiles[0]?.contents ?? new Uint8Array();
  const server = createServer(({ url }, response) => {
    const isScript = url === '/client.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html').end(isScript ? script : HTML);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Evaluates JavaScript in the page, with `client`, `files` (of the input) and `given`. */
export const inPage = <Result>(page: Page, script: string, given: object = {}): Promise<Result> =>
  page.evaluate(`(async () => {
    const { createClient } = client;
    const files = document.querySelector('input').files;
    const given = ${JSON.stringify(given)};
    ${script}
  })()`);

/** Waits until JavaScript is true in the page. */
export const untilTrue = async (page: Page, expression: string): Promise<void> => {
  await page.waitForFunction(expression, undefined, { timeout: 120_000 });
};
