/** A framework's part: HTML of the page. */
import { createFromReadableStream, getClientEntryUrl } from '@vitejs/plugin-rsc/ssr';
import type { ReactNode } from 'react';
import { renderToReadableStream } from 'react-dom/server.edge';

export async function render(payload: ReadableStream<Uint8Array>): Promise<ReadableStream> {
  return renderToReadableStream(await createFromReadableStream<ReactNode>(payload), {
    bootstrapModules: [getClientEntryUrl()],
  });
}
