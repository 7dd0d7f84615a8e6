import type { Image } from './image.ts';

/**
 * Work that is due, apart by who waits for it, so that a flood of one kind delays no other: uploads that a process or a decoder died
 * at; renditions; grants that nobody used, and objects of images that are over.
 */
export const LANES = ['recovery', 'renditions', 'removal'] as const;
export type Lane = (typeof LANES)[number];

export const laneOf = (image: Image): Lane => {
  switch (image.status) {
    case 'pending':
      return image.claim !== null || image.strikes > 0 ? 'recovery' : 'removal';
    case 'ready':
      return 'renditions';
    case 'rejected':
    case 'expired':
    case 'deleted':
      return 'removal';
  }
};
