/** A framework's part: the page as React's payload, or as HTML. */
import { renderToReadableStream } from '@vitejs/plugin-rsc/rsc/server';
import { Page } from './page.tsx';

declare global {
  interface ImportMeta {
    readonly viteRsc: { import<Module>(path: string, options: { readonly environment: string }): Promise<Module> };
  }
}

export default async function answer({ url }: Request): Promise<Response> {
  const payload = renderToReadableStream(<Page tag={new URL(url).searchParams.get('tag') ?? ''} />);
  if (new URL(url).pathname === '/payload')
    return new Response(payload, { headers: { 'Content-Type': 'text/x-component' } });
  const { render } = await import.meta.viteRsc.import<typeof import('./entry.ssr.tsx')>('./entry.ssr.tsx', {
    environment: 'ssr',
  });
  return new Response(await render(payload), { headers: { 'Content-Type': 'text/html; charset=utf-8' } });
}
