import { z } from 'zod';
import type { Json } from '../../domain/image/image.ts';

/** An ISO 8601 time in UTC with milliseconds, and no other spelling of it. */
export const time = z.codec(z.string(), z.date('expected a time as 2026-11-20T12:00:00.000Z'), {
  decode: (text) => {
    const time = new Date(text);
    return Number.isNaN(time.getTime()) || time.toISOString() !== text ? new Date(Number.NaN) : time;
  },
  encode: (time) => time.toISOString(),
});

/** A count, a size, or a number of a version. */
export const whole = z.int().min(0);

/**
 * Four times what the service takes. Each byte of JSON may take twenty of memory, and many records are read at once.
 */
const MAX_OBJECT_LENGTH = 16_384;

/** An object of any members. Not a record of zod, which drops a member called `__proto__`. */
export const object = z.custom<{ readonly [name: string]: Json }>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && isShort(value),
  `expected an object of at most ${MAX_OBJECT_LENGTH} characters`,
);

function isShort(value: object): boolean {
  try {
    return JSON.stringify(value).length <= MAX_OBJECT_LENGTH;
  } catch {
    return false; // too deep for the stack
  }
}
