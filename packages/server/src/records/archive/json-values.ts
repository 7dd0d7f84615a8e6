import { z } from 'zod';

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
