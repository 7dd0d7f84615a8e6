import { AppError } from '../domain/errors.ts';

/** Trying again changes nothing: the image is gone, nothing came, or its record says when to try again. */
export const isSettled = (error: unknown): boolean =>
  error instanceof AppError && ['image-not-found', 'upload-missing', 'decoder-failed'].includes(error.code);
