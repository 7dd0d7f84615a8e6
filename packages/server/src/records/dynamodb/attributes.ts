import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { storedInteger, storedTime } from '../stored-values.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Parses an item's attributes. Other values mean a corrupt item. */
export const text = (item: Attributes, name: string): string => optionalText(item, name) ?? missing(item, name, 'text');

export const optionalText = (item: Attributes, name: string): string | null =>
  name in item ? (item[name]?.S ?? missing(item, name, 'text')) : null;

export const texts = (item: Attributes, name: string): string[] =>
  (item[name]?.L ?? missing(item, name, 'texts')).map(({ S }) => S ?? missing(item, name, 'texts'));

export const integer = (item: Attributes, name: string): number =>
  optionalInteger(item, name) ?? missing(item, name, 'an integer');

export const optionalInteger = (item: Attributes, name: string): number | null =>
  name in item ? storedInteger(Number(item[name]?.N ?? missing(item, name, 'an integer'))) : null;

export const time = (item: Attributes, name: string): Date => storedTime(integer(item, name));

export const optionalTime = (item: Attributes, name: string): Date | null => (name in item ? time(item, name) : null);

export const flag = (item: Attributes, name: string): boolean => item[name]?.BOOL ?? missing(item, name, 'a flag');

const missing = (item: Attributes, name: string, kind: string): never => {
  throw new TypeError(`expected ${kind} in ${name}; got ${name in item ? 'something else' : 'nothing'}`);
};
