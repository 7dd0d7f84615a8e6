import type { Image } from './image.ts';

/**
 * Lanes of due work, separated so that a flood of one kind delays no other: uploads interrupted by a process or decoder
 * crash; renditions; held images whose gate is asked again; unused grants, images whose time in the trash has ended,
 * and objects of ended images.
 */
export const LANES = ['recovery', 'renditions', 'screening', 'removal'] as const;
export type Lane = (typeof LANES)[number];

export const laneOf = (image: Image): Lane => {
  switch (image.status) {
    case 'pending':
      return image.claim !== null || image.crashes > 0 ? 'recovery' : 'removal';
    case 'held':
      return 'screening';
    case 'ready':
      return 'renditions';
    case 'trashed':
    case 'rejected':
    case 'expired':
    case 'deleted':
      return 'removal';
  }
};
