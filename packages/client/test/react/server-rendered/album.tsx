'use client';

import { createClient, type Image } from '@safelight/client';
import type { Picture } from '@safelight/client/react';
import type { ReactNode } from 'react';
import { service } from './service.ts';

const client = createClient(service);

interface AlbumProps {
  readonly images: readonly Image[];
  /** From the server component: it can't hand over what isn't marked as the page's. */
  readonly picture: typeof Picture;
}

export const Album = ({ images, picture: Picture }: AlbumProps): ReactNode =>
  images.map((image) => (
    <Picture key={image.image_id} client={client} image={image} preset={['thumb', 'medium']} sizes="256px" />
  ));
