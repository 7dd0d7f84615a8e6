const LONGEST = 60;

/** Text of a client's as a refusal repeats it where quotes would only be in the way. */
export const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text);

/** A value as a refusal repeats it: enough to recognize, never all of it, and never a structure to its depth. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `${value.length} values`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const written = typeof value === 'string' ? JSON.stringify(value.slice(0, LONGEST)) : String(value);
  return typeof value === 'string' && value.length > LONGEST ? `${written}...` : written;
}
