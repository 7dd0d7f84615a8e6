import type { AttributeValue } from '@aws-sdk/client-dynamodb';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** An item's attributes as what they should be; anything else is a corrupt item. */
export const text = (item: Attributes, name: string): string => optionalText(item, name) ?? missing(name, 'text');

export const optionalText = (item: Attributes, name: string): string | null => item[name]?.S ?? null;

export const texts = (item: Attributes, name: string): string[] =>
  (item[name]?.L ?? missing(name, 'texts')).map(({ S }) => S ?? missing(name, 'texts'));

export const integer = (item: Attributes, name: string): number =>
  optionalInteger(item, name) ?? missing(name, 'an integer');

export const optionalInteger = (item: Attributes, name: string): number | null => {
  const digits = item[name]?.N;
  return digits === undefined ? null : Number(digits);
};

export const time = (item: Attributes, name: string): Date => new Date(integer(item, name));

export const flag = (item: Attributes, name: string): boolean => item[name]?.BOOL ?? missing(name, 'a flag');

const missing = (name: string, kind: string): never => {
  throw new TypeError(`expected ${kind} in ${name}; came something else`);
};
