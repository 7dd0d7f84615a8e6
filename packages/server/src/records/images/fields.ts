import { storedTime, unexpected } from '../stored-values.ts';

/** The content of a column or an attribute. */
export type Cell = string | number | boolean | readonly string[];

interface CellKinds {
  readonly text: string;
  /** Text without which a record is readable: in any other form it counts as absent. */
  readonly hint: string;
  readonly integer: number;
  readonly flag: boolean;
  readonly texts: readonly string[];
}

/** How a store reads the cell of a name. null: the record has none. */
export type CellReaders<Source> = {
  readonly [Kind in keyof CellKinds]: (name: string) => (source: Source) => CellKinds[Kind] | null;
};

/** Values that archives write without a schema of their own. */
export type Plain = 'text' | 'texts' | 'integer' | 'flag' | 'time';

/** How stores keep a field. They call `reader` and `writers` at their start, and the results for each record. */
export interface Field<Value, Owner = unknown> {
  reader<Source>(cells: CellReaders<Source>, name: string): (source: Source) => Value;
  /** By the names of cells. null: the record has none. */
  writers(name: string): Readonly<Record<string, (value: Value, owner: Owner) => Cell | null>>;
  readonly plain?: Plain | undefined;
  /** The value in records without the cell; undefined: all have it. */
  readonly none?: unknown;
}

/** The fields of an object: an image, or the parts of a value. */
export type FieldsOf<Owner> = { readonly [Name in keyof Owner]-?: Field<Owner[Name], Owner> };

/** A field in one cell, which has the field's name. */
export interface CellField<Value, Owner = unknown, Type extends Plain | undefined = undefined>
  extends Field<Value, Owner> {
  readonly plain: Type;
  /** The field without a cell where its value is `none`. */
  or<const None>(none: None): CellField<Value | None, Owner, Type>;
}

interface Form<Kind extends keyof CellKinds, Value, Owner, Type extends Plain | undefined> {
  readonly plain: Type;
  readonly kind: Kind;
  readonly read: (cell: CellKinds[Kind]) => Value;
  readonly write: (value: Value, owner: Owner) => CellKinds[Kind] | null;
  readonly none?: Value;
}

const cell = <Kind extends keyof CellKinds, Value, Owner, Type extends Plain | undefined>(
  form: Form<Kind, Value, Owner, Type>,
): CellField<Value, Owner, Type> => ({
  plain: form.plain,
  none: form.none,
  reader(cells, name) {
    const { kind, read, none } = form;
    const cellOf = cells[kind](name);
    return (source) => {
      const stored = cellOf(source);
      if (stored !== null) return read(stored);
      return none === undefined ? unexpected(`a value in ${name}`, 'nothing') : none;
    };
  },
  writers: (name) => ({ [name]: form.write }),
  or: <const None>(none: None) =>
    cell<Kind, Value | None, Owner, Type>({
      ...form,
      write: (value, owner) => (isNone(value, none) ? null : form.write(value, owner)),
      none,
    }),
});

const isNone = <Value, None>(value: Value | None, none: None): value is None =>
  value === none || (Array.isArray(none) && Array.isArray(value) && value.length === 0);

/** A field in several cells, one for each part of its value. */
export const composed = <Value, Parts extends object, Owner = unknown>(
  parts: FieldsOf<Parts>,
  form: { readonly read: (parts: Parts) => Value; readonly write: (value: Value, owner: Owner) => Parts },
): Field<Value, Owner> & { readonly parts: FieldsOf<Parts> } => ({
  parts,
  reader(cells) {
    const read = readerOf(cells, parts);
    return (source) => form.read(read(source));
  },
  writers: () =>
    Object.fromEntries(
      Object.entries(writersOf(parts)).map(([name, write]) => [
        name,
        (value: Value, owner: Owner) => write(form.write(value, owner)),
      ]),
    ),
});

/** Reads an object from its cells. */
export function readerOf<Source, Owner extends object>(
  cells: CellReaders<Source>,
  fields: FieldsOf<Owner>,
): (source: Source) => Owner {
  const names = Object.keys(fields) as (keyof Owner & string)[];
  const readers = names.map((name) => ({ name, read: fields[name].reader(cells, name) }));
  return (source) => {
    const owner = { ...fields } as unknown as Owner; // has every name already: objects that grow in a loop are slow
    for (const { name, read } of readers) owner[name] = read(source);
    return owner;
  };
}

/** The cells of an object, by name. */
export function writersOf<Owner extends object>(
  fields: FieldsOf<Owner>,
): Readonly<Record<string, (owner: Owner) => Cell | null>> {
  const names = Object.keys(fields) as (keyof Owner & string)[];
  return Object.fromEntries(
    names.flatMap((name) =>
      Object.entries(fields[name].writers(name)).map(([cellName, write]) => [
        cellName,
        (owner: Owner) => write(owner[name], owner),
      ]),
    ),
  );
}

const same = <Value>(value: Value): Value => value;
const plain = <Type extends Plain, Kind extends keyof CellKinds>(type: Type, kind: Kind) =>
  cell({ plain: type, kind, read: same<CellKinds[Kind]>, write: same<CellKinds[Kind]> });

export const TEXT = plain('text', 'text');
export const TEXTS = plain('texts', 'texts');
export const INTEGER = plain('integer', 'integer');
export const FLAG = plain('flag', 'flag');
export const TIME = cell({
  plain: 'time',
  kind: 'integer',
  read: storedTime,
  write: (time: Date) => time.getTime(),
});

/** Text that `read` parses and checks. */
export const textOf = <Value, Owner = unknown>(
  read: (text: string) => Value,
  write: (value: Value, owner: Owner) => string | null,
) => cell({ plain: undefined, kind: 'text', read, write });

/** Text without which the record is readable. */
export const hintOf = <Value>(read: (text: string) => Value, write: (value: Value) => string | null) =>
  cell({ plain: undefined, kind: 'hint', read, write });
