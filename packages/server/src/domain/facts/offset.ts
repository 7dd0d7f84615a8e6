declare const brand: unique symbol;
/** The difference of a clock from UTC, `+02:00`. */
export type Offset = string & { readonly [brand]: 'Offset' };

export const UTC = '+00:00' as Offset;

/** Kiribati's, the largest in use. */
const MOST_MINUTES = 14 * 60;

const OFFSET = /^([+-])(\d\d):?(\d\d)$/;

/** `+02:00`, `+0200` or `Z`; undefined: it is none that a clock on earth has. */
export function parseOffset(text: string): Offset | undefined {
  if (text === 'Z') return UTC;
  const [, sign = '', hours = '', minutes = ''] = OFFSET.exec(text) ?? [];
  const all = Number(hours) * 60 + Number(minutes);
  if (sign === '' || Number(minutes) > 59 || all > MOST_MINUTES) return undefined;
  return all === 0 ? UTC : (`${sign}${hours}:${minutes}` as Offset);
}
