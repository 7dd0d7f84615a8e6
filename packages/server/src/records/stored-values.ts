/** Parse the values of a stored record, whatever the store. Errors: TypeError, whose message holds no client text. */
export const storedInteger = (value: number): number =>
  Number.isSafeInteger(value) ? value : unexpected('an integer');

export function storedTime(milliseconds: number): Date {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? unexpected('a time') : time;
}

export const unexpected = (expected: string, got = 'something else'): never => {
  throw new TypeError(`expected ${expected}; got ${got}`);
};
