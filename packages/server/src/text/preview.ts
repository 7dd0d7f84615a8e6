const LONGEST = 60;

/** A client's text, unquoted, for an error message. */
export const truncated = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text);

/** A client's value for an error message: enough to recognize it, never a long text or a nested structure. */
export function preview(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `${value.length} values`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const written = typeof value === 'string' ? JSON.stringify(value.slice(0, LONGEST)) : String(value);
  return typeof value === 'string' && value.length > LONGEST ? `${written}...` : written;
}
