import { explain, type SafelightError } from '@safelight/client';

/** Why a picture wasn't added, for its guest: nothing of the owner's. */
export function reasonOf(error: SafelightError): string {
  switch (error.code) {
    case 'album-full':
      return 'This link takes no more pictures.';
    case 'quota-exceeded':
    case 'insufficient-storage':
      return 'There is no room for more pictures here.';
    case 'forbidden':
      return 'Pictures can’t be added by this link any more.';
    case 'link-not-found':
    case 'link-expired':
      return 'The link has ended.';
    case 'image-not-found':
      return 'This picture was removed.';
    default:
      return explain(error);
  }
}
