import { formatName } from '@safelight/client';

/** What people call a file of this type. */
export const fileKind = (type: string): string => (type.startsWith('video/') ? 'a video' : formatName(type));
