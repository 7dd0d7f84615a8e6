import { createRenditionPlans, type RenditionPlans } from '../operations/renditions/rendition-plans.ts';
import type { Services } from '../services.ts';
import type { PasswordGuesses, RateLimited } from './admission/request-rates.ts';
import type { GuestPage } from './album-links/album-link-page.ts';
import type { LongAnswers } from './events/event-stream.ts';
import { createImageViews, type ImageViews, type PresetVersions } from './images/image-view.ts';
import { createGalleryFiles } from './pages/gallery-files.ts';
import { type GalleryParts, galleryPage, guestPage } from './pages/gallery-page.ts';
import type { Leaving, StartPage } from './service/service.ts';

/**
 * All that routes need: the services, and what one app keeps between requests. An image's entries are kept by its
 * object, which is immutable: a repository that answers it again spares the work (records/images/sqlite).
 */
export interface AppServices
  extends Services,
    RateLimited,
    PasswordGuesses,
    ImageViews,
    PresetVersions,
    RenditionPlans,
    GalleryParts,
    LongAnswers,
    StartPage,
    GuestPage,
    Leaving {}

export function createAppServices(
  services: Services,
  {
    rateLimiter,
    guesses,
    signIn,
    stopping,
    leaving,
    readmit,
  }: Pick<AppServices, 'rateLimiter' | 'guesses' | 'signIn' | 'leaving' | keyof LongAnswers>,
): AppServices {
  const gallery = createGalleryFiles();
  const { presigner } = services;
  return {
    ...services,
    ...createImageViews(services),
    ...createRenditionPlans(services.imaging.encoder, services.watermarks),
    rateLimiter,
    guesses,
    signIn,
    stopping,
    leaving,
    readmit,
    gallery,
    startPage: (c) => galleryPage(c, { gallery, presigner, signIn }),
    guestPage: (c, head) => guestPage(c, { gallery, presigner }, head),
  };
}
