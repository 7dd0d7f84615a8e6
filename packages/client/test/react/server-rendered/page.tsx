/** A server component: it asks the service, and the pictures are components of the page. */
import { createClient } from '@safelight/client';
import { Picture } from '@safelight/client/react';
import type { ReactNode } from 'react';
import { Album } from './album.tsx';
import { service } from './service.ts';

export async function Page({ tag }: { readonly tag: string }): Promise<ReactNode> {
  const images = await Array.fromAsync(createClient(service).images.list({ tag }));
  return (
    <html lang="en">
      <head>
        <title>An album</title>
        <link rel="icon" href="data:," />
      </head>
      <body>
        <Album images={images} picture={Picture} />
      </body>
    </html>
  );
}
