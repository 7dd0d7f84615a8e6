import type { AttributeValue } from '@aws-sdk/client-dynamodb';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** An item's attributes as what they should be; anything else is a corrupt item. */
export const text = (item: Attributes, name: string): string => optionalText(item, name) ?? missing(name, 'text');

export const optionalText = (item: Attributes, name: string): string | null =>
  name in item ? (item[name]?.S ?? missing(name, 'text')) : null;

export const texts = (item: Attributes, name: string): string[] =>
  (item[name]?.L ?? missing(name, 'texts')).map(({ S }) => S ?? missing(name, 'texts'));

export const integer = (item: Attributes, name: string): number =>
  optionalInteger(item, name) ?? missing(name, 'an integer');

export const optionalInteger = (item: Attributes, name: string): number | null =>
  name in item ? Number(item[name]?.N ?? missing(name, 'an integer')) : null;

export const time = (item: Attributes, name: string): Date => new Date(integer(item, name));

export const optionalTime = (item: Attributes, name: string): Date | null => (name in item ? time(item, name) : null);

export const flag = (item: Attributes, name: string): boolean => item[name]?.BOOL ?? missing(name, 'a flag');

const missing = (name: string, kind: string): never => {
  throw new TypeError(`expected ${kind} in ${name}; came something else`);
};
