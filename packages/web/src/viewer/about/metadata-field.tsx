import { Plus, X } from 'lucide-react';
import { useLayoutEffect, useRef } from 'react';
import { Button, IconButton } from '../../ui/button.tsx';
import style from './about.module.css';
import type { FieldEdit } from './field-edit.ts';
import { FieldFrame } from './field-frame.tsx';
import { asKind, type Kind, type MetadataRow } from './metadata-rows.ts';
import { useFieldState } from './use-edits.ts';

const KINDS: Readonly<Record<Kind, string>> = {
  text: 'Text',
  number: 'Number',
  boolean: 'Yes or no',
  empty: 'Empty',
  json: 'JSON',
};

const isKind = (text: string): text is Kind => Object.hasOwn(KINDS, text);

/** Members of the client's own data: a name, a value and its kind each. */
export function MetadataField({ edit }: { readonly edit: FieldEdit<readonly MetadataRow[]> }) {
  const { own: rows } = useFieldState(edit);
  const place = useRef<HTMLDivElement>(null);
  /** Where the focus belongs once the rows have changed. */
  const wanted = useRef<string>(undefined);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    place.current?.querySelector<HTMLElement>(wanted.current)?.focus();
    wanted.current = undefined;
  });
  const change = (key: number, next: (row: MetadataRow) => MetadataRow): void =>
    edit.type(rows.map((row) => (row.key === key ? next(row) : row)));
  const add = (): void => {
    const key = Math.max(-1, ...rows.map((row) => row.key)) + 1;
    wanted.current = `[data-row="${key}"] input`;
    edit.type([...rows, { key, name: '', kind: 'text', text: '' }]);
  };
  const remove = (index: number): void => {
    const next = rows[index + 1] ?? rows[index - 1];
    wanted.current = next ? `[data-row="${next.key}"] button` : '[data-adds]';
    edit.type(rows.toSpliced(index, 1));
    void edit.save();
  };
  return (
    <FieldFrame edit={edit} label="Metadata" isGroup>
      {({ describedBy }) => (
        <div ref={place} className={style['rows']}>
          {rows.map((row, index) => (
            // biome-ignore lint/a11y/useSemanticElements: a fieldset can't be a grid.
            <div key={row.key} role="group" aria-label={`Row ${index + 1}`} data-row={row.key}>
              <input
                aria-label="Name"
                aria-describedby={describedBy}
                dir="auto"
                value={row.name}
                onChange={({ target }) => change(row.key, (one) => ({ ...one, name: target.value }))}
              />
              <select
                aria-label="Kind of value"
                value={row.kind}
                onChange={({ target: { value } }) => {
                  if (isKind(value)) change(row.key, (one) => asKind(one, value));
                }}
              >
                {Object.entries(KINDS).map(([kind, text]) => (
                  <option key={kind} value={kind}>
                    {text}
                  </option>
                ))}
              </select>
              <IconButton icon={X} label={`Remove row ${index + 1}`} onClick={() => remove(index)} />
              <Value
                row={row}
                describedBy={describedBy}
                onChange={(text) => change(row.key, (one) => ({ ...one, text }))}
              />
            </div>
          ))}
          <Button data-adds icon={Plus} onClick={add}>
            Add a row
          </Button>
        </div>
      )}
    </FieldFrame>
  );
}

interface ValueProps {
  readonly row: MetadataRow;
  readonly describedBy: string;
  readonly onChange: (text: string) => void;
}

function Value({ row, describedBy, onChange }: ValueProps) {
  const common = { 'aria-label': 'Value', 'aria-describedby': describedBy, value: row.text } as const;
  switch (row.kind) {
    case 'empty':
      return null;
    case 'boolean':
      return (
        <select {...common} onChange={({ target }) => onChange(target.value)}>
          <option value="true">Yes</option>
          <option value="false">No</option>
        </select>
      );
    case 'number':
      return <input {...common} inputMode="decimal" onChange={({ target }) => onChange(target.value)} />;
    case 'text':
    case 'json':
      return <textarea {...common} rows={1} dir="auto" onChange={({ target }) => onChange(target.value)} />;
  }
}
